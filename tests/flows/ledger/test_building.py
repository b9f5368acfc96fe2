"""应建尽建 over one hand-made district; the right answer of every unit was written before the code ran."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from tests.flows.ledger.district import District, build, context, number_of

_SEVEN = ("甲盛", "乙盛", "丙盛", "丁盛", "戊盛", "己盛", "庚盛")


class _Builder:
    """Adds full members with the work they do, one after the other."""

    def __init__(self) -> None:
        self.made = District()
        self.turn = 0

    def member(self, *work: dict[str, Any], **roll: Any) -> None:
        turn, self.turn = self.turn, self.turn + 1
        name, number = f"王{chr(0x4E00 + turn)}", number_of(turn % 50, year=1970 + turn // 50)
        roll.setdefault("branch_name", "长岭社区党支部")
        person = self.made.member(name, number, member_no=f"H{turn:03d}", **roll)
        for at, one in enumerate(work):
            self.made.worker(name, number, person, record_id=f"W{turn}-{at}", **one)


def _district() -> District:
    here = _Builder()
    here.made.org("中共澜江区云溪街道工作委员会", "02", "党委", street="云溪街道")
    here.made.org("中共澜江区石栈街道工作委员会", "03", "党委", street="石栈街道")
    here.made.org(
        "云溪外卖联合党支部", "10", "联合党支部", street="云溪街道", trade="外卖配送", linked_unit="橙团配送有限公司"
    )
    here.made.org("蓝鲸供应链党支部", "11", street="云溪街道", linked_unit="蓝鲸供应链管理有限公司")
    here.made.org("澜江区第一中学党支部", "12", street="云溪街道", linked_unit="澜江区第一中学")
    driver = {"platform": "滴滴", "unit_name": "顺途出行有限公司"}
    for fleet in ("第一车队", "第二车队", "第三车队"):
        for _ in range(4):
            here.member({**driver, "station": fleet}, is_floating=True)
    rider, courier = {"platform": "美团", "street": "云溪街道"}, {"platform": "中通", "street": "石栈街道"}
    for unit in ("蓝骑网络科技公司", "重庆蓝骑网络科技有限公司"):
        here.member({**rider, "unit_name": unit})
    for name in _SEVEN:
        here.member({**courier, "unit_name": f"{name}速递部"})
    for branch in ("蓝鲸供应链党支部", "蓝鲸供应链党支部", "澜江区第一中学党支部", "长岭社区党支部"):
        here.member({"platform": "中通", "unit_name": "迅风快递有限公司"}, branch_name=branch)
    for _ in range(3):
        here.member({"platform": "饿了么", "station": "石栈北站", "street": "石栈街道"})
    for _ in range(3):
        here.member(unit_name="捷达速递有限公司", job="快递员")
    here.member(
        {**rider, "unit_name": "旧日配送有限公司", "started_on": date(2024, 1, 1)},
        {**rider, "unit_name": "今日配送有限公司", "started_on": date(2026, 1, 1)},
    )
    return here.made


@pytest.fixture(scope="module")
def cover(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    con = build(_district(), context(tmp_path_factory.mktemp("building")))
    rows = con.execute("select * from coverage").to_arrow_table().to_pylist()
    assert [row["full_members"] for row in rows if row["scope"] == "district"] == [20]
    return {row["name"]: row for row in rows if row["scope"] == "unit"}


@pytest.mark.parametrize(
    ("unit", "full", "suggestion"),
    [
        (
            "顺途出行有限公司", 0,
            "流动党员12名，应按业务线组建流动党员党支部3个（第一车队4名、第三车队4名、第二车队4名）",
        ),
        ("重庆蓝骑网络科技有限公司", 2, "加入云溪外卖联合党支部（正式党员2名、预备党员0名；同在云溪街道）"),
        ("石栈北站", 3, "应建党支部（正式党员3名、预备党员0名）"),
        ("捷达速递有限公司", 3, "应建党支部（正式党员3名、预备党员0名）"),
        ("今日配送有限公司", 1, "加入云溪外卖联合党支部（正式党员1名、预备党员0名；同在云溪街道）"),
    ],
)  # fmt: skip
def test_each_unit_is_advised_as_domain_md_says(
    cover: dict[str, dict[str, Any]], unit: str, full: int, suggestion: str
) -> None:
    assert (cover[unit]["full_members"], cover[unit]["suggestion"]) == (full, suggestion)


def test_who_stands_in_another_units_branch_is_not_counted_and_who_stands_in_a_schools_is(
    cover: dict[str, dict[str, Any]],
) -> None:
    assert cover["迅风快递有限公司"]["full_members"] == 4
    assert "正式党员2名、预备党员0名；另有2名已在相关党支部" in cover["迅风快递有限公司"]["suggestion"]


def test_seven_neighbours_of_one_member_each_are_two_joint_branches_and_none_is_left_out(
    cover: dict[str, dict[str, Any]],
) -> None:
    texts = [cover[f"{name}速递部"]["suggestion"] for name in _SEVEN]
    assert all("组建联合党支部" in text for text in texts)
    assert all(int(text.split("合计正式党员")[1][0]) >= 3 and text.count("、") <= 4 for text in texts)
    assert all(name not in row["suggestion"] for name, row in cover.items() if row["suggestion"])


def test_who_works_in_two_units_counts_in_the_newer_one_alone(cover: dict[str, dict[str, Any]]) -> None:
    assert "旧日配送有限公司" not in cover
