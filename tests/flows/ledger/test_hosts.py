"""Search 3: who takes a member in, in the order of domain.md; the answers were written before the code ran."""

from __future__ import annotations

from pathlib import Path

from tests.flows.ledger.district import District, build, context, ledger_of, number_of

_ORGS = (
    ("01", "中共澜江区委员会", "党委", {}),
    ("02", "中共澜江区云溪街道工作委员会", "党委", {"street": "云溪街道"}),
    ("03", "中共澜江区石栈街道工作委员会", "党委", {"street": "石栈街道"}),
    ("04", "中共澜江区云溪街道东林社区支部委员会", "党支部", {"street": "云溪街道"}),
    ("05", "云溪街道机关党支部", "党支部", {"street": "云溪街道"}),
    ("06", "澜江区第一中学党支部", "党支部", {"street": "云溪街道"}),
    ("07", "澜江区人民医院党支部", "党支部", {"street": "石栈街道"}),
    ("08", "澜江水泥有限公司党支部", "党支部", {"street": "石栈街道", "linked_unit": "澜江水泥有限公司"}),
    ("09", "蓝骑党支部", "党支部", {"street": "云溪街道", "linked_unit": "蓝骑网络科技公司"}),
    ("10", "石栈街道流动党员党支部", "流动党员党支部", {"street": "石栈街道"}),
    ("11", "澜江区外卖行业联合党支部", "联合党支部", {"trade": "外卖配送"}),
    ("12", "澜江区交通运输行业党委", "行业党委", {"trade": "交通运输"}),
    ("13", "顺达速递有限公司党支部", "党支部", {"street": "云溪街道"}),
)


def _district() -> tuple[District, dict[str, str]]:
    """The district and, by roll number, the code of the organisation that should take each member in."""
    made = District()
    for code, name, kind, about in _ORGS:
        made.org(name, code, kind, **about)
    expected: dict[str, str] = {}

    def member(turn: int, host: str, work: dict[str, object], **roll: object) -> int:
        name, number = f"王{'甲乙丙丁戊己庚辛壬癸子丑'[turn]}", number_of(turn)
        person = made.member(name, number, member_no=f"H{turn:02d}", branch_name="长岭社区党支部", **roll) if (
            "branch_name" not in roll) else made.member(name, number, member_no=f"H{turn:02d}", **roll)  # fmt: skip
        made.worker(name, number, person, record_id=f"W{turn}", **work)
        expected[f"H{turn:02d}"] = host
        return person

    rider = {"platform": "美团", "job": "专送"}
    courier = {"platform": "中通", "job": "快递员"}
    member(0, "09", {**rider, "unit_name": "重庆蓝骑网络科技有限责任公司", "street": "云溪街道"})
    member(1, "11", {**rider, "street": "云溪街道"})
    member(2, "12", {"source": "transport", "unit_name": "顺途出行有限公司"})
    member(3, "10", {**rider, "street": "石栈街道"}, is_floating=True)
    named = member(4, "10", {**rider, "unit_name": "重庆蓝骑网络科技有限公司", "street": "云溪街道"})
    made.register("floating_members", named, flow_direction="流入", host_org="石栈街道流动党员支部委员会")
    moved = member(5, "04", {**courier, "street": "石栈街道"})
    made.register("party_transfers", moved, reception_state="已接收", to_org="云溪街道东林社区党支部")
    member(6, "03", {**courier, "street": "石栈街道"})
    member(7, "02", {**courier}, home_address="澜江区云溪街道滨溪路1号")
    member(8, "11", {**rider, "street": "石栈街道"}, branch_name="澜江区外卖行业联合党支部", branch_code="11")
    member(9, "02", {**courier, "street": "云溪街道"}, branch_name="澜江区第一中学党支部", branch_code="06")
    # Neither street nor trade is told: the district's own committee, not that of some street.
    member(11, "01", {"platform": "抖音", "job": "主播"})
    member(10, "03", {**courier, "street": "石栈街道"}, branch_name="澜江水泥有限公司党支部", branch_code="08")
    return made, expected


def test_hosts_follow_the_order_of_domain_md_and_no_office_school_or_strange_firm_takes_anybody_in(
    tmp_path: Path,
) -> None:
    made, expected = _district()
    ledger = ledger_of(build(made, context(tmp_path)))
    found = {row["member_no"]: row["host_org_code"] for row in ledger}
    assert found == expected


def test_a_branch_with_two_places_left_takes_two_and_the_third_goes_on(tmp_path: Path) -> None:
    made = District()
    made.org("外卖行业联合党支部", "11", "联合党支部", trade="外卖配送", full_members=98)
    made.org("中共澜江区云溪街道工作委员会", "02", "党委", street="云溪街道")
    for turn in range(3):
        person = made.member(f"王{'甲乙丙'[turn]}", number_of(turn), member_no=f"H{turn}", branch_name="长岭社区党支部")
        made.worker(
            f"王{'甲乙丙'[turn]}", number_of(turn), person, platform="美团", street="云溪街道", record_id=f"W{turn}"
        )
    ledger = ledger_of(build(made, context(tmp_path)))
    assert {row["member_no"]: row["host_org_code"] for row in ledger} == {"H0": "11", "H1": "11", "H2": "02"}


def test_a_branch_named_after_a_firm_is_that_firms_without_a_linked_unit(tmp_path: Path) -> None:
    made = District()
    made.org("中共重庆蓝鲸供应链支部委员会", "09", street="云溪街道")
    made.org("澜江区外卖行业联合党支部", "11", "联合党支部", trade="外卖配送")
    for turn, unit in enumerate(("重庆蓝鲸供应链管理有限公司", "重庆白鲸供应链管理有限公司")):
        person = made.member(f"王{'甲乙'[turn]}", number_of(turn), member_no=f"H{turn}", branch_name="长岭社区党支部")
        made.worker(f"王{'甲乙'[turn]}", number_of(turn), person, platform="美团", unit_name=unit, record_id=f"W{turn}")
    con = build(made, context(tmp_path))
    assert {row["member_no"]: row["host_org_code"] for row in ledger_of(con)} == {"H0": "09", "H1": "11"}
    cover = dict(con.execute("select name, coverage from coverage where scope = 'unit'").fetchall())
    assert cover == {"重庆蓝鲸供应链管理有限公司": "单独组建", "重庆白鲸供应链管理有限公司": "未覆盖"}


def test_a_joint_branch_that_names_its_firms_takes_in_their_people_alone(tmp_path: Path) -> None:
    made = District()
    made.org("中共澜江区云溪街道工作委员会", "02", "党委", street="云溪街道")
    made.org(
        "云溪外卖联合党支部",
        "10",
        "联合党支部",
        trade="外卖配送",
        linked_unit="蓝骑网络科技公司、橙团配送有限公司等2家企业",
    )
    made.org("橙团配送有限公司流动党员党支部", "11", "流动党员党支部", linked_unit="橙团配送有限公司")
    made.org("迅风快递党支部", "12", linked_unit="迅风快递有限公司")
    made.org("快递行业联合党支部", "13", "联合党支部", trade="快递")
    made.org("云溪快递联合党支部", "14", "联合党支部", trade="快递", linked_unit="迅风快递有限公司\n捷达速递有限公司")
    expected = {}
    people: tuple[tuple[str, str, str, bool], ...] = (
        ("重庆蓝骑网络科技有限公司", "美团", "10", False),
        ("橙团配送有限公司", "美团", "10", False),
        ("橙团配送有限公司", "美团", "10", True),
        ("云达配送有限公司", "美团", "02", False),
        ("迅风快递有限公司", "中通", "12", False),
        ("捷达速递有限公司", "中通", "14", False),
        ("海棠速递有限公司", "中通", "13", False),
    )
    for turn, (unit, platform, host, floating) in enumerate(people):
        name, number, code = f"王{'甲乙丙丁戊己庚'[turn]}", number_of(turn), f"H{turn}"
        person = made.member(name, number, member_no=code, branch_name="长岭社区党支部", is_floating=floating)
        made.worker(name, number, person, platform=platform, unit_name=unit, street="云溪街道", record_id=f"W{turn}")
        expected[code] = host
    con = build(made, context(tmp_path))
    assert {row["member_no"]: row["host_org_code"] for row in ledger_of(con)} == expected


def test_a_branch_with_one_place_left_gives_it_to_whom_it_has_not_yet(tmp_path: Path) -> None:
    made = District()
    made.org("外卖行业联合党支部", "11", "联合党支部", trade="外卖配送", full_members=99)
    made.org("中共澜江区云溪街道工作委员会", "02", "党委", street="云溪街道")
    for turn in range(4):
        home = (
            {"branch_name": "外卖行业联合党支部", "branch_code": "11"}
            if turn < 2
            else {"branch_name": "长岭社区党支部"}
        )
        person = made.member(f"王{'甲乙丙丁'[turn]}", number_of(turn), member_no=f"H{turn}", **home)
        made.worker(
            f"王{'甲乙丙丁'[turn]}", number_of(turn), person, platform="美团", street="云溪街道", record_id=f"W{turn}"
        )
    hosts = {row["member_no"]: row["host_org_code"] for row in ledger_of(build(made, context(tmp_path)))}
    assert hosts == {"H0": "11", "H1": "11", "H2": "11", "H3": "02"}
