"""The register of units over nights: keys that stay, doubts asked once, a person's word, and counts that add up."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.keys import load_key
from flows.home.store import opened_store
from flows.ledger.publish.read import current_version
from flows.ledger.remits import remit_token
from flows.review.desk import OfficeDesk
from flows.review.office import Office
from flows.review.shelf import Shelf
from flows.run.context import RunContext
from flows.units.asking import Speaker, answer_doubt, doubts_waiting, join_units, split_unit
from flows.units.memory import read_register
from flows.units.remits import RemitAnswer, answer_remit, remits_waiting
from reports.reconcile import disagreeing, reconciled
from reports.workbench.access import Role, SignedInAccount
from reports.workbench.desk import Refused
from schemas.errors import InputError
from tests.flows.ledger.district import AS_OF, KEY, District, context, night, number_of

CLERK = Speaker("周科长", datetime(2026, 11, 20, 3, tzinfo=UTC))


def riders(*units: str, street: str = "云溪街道", **cells: Any) -> District:
    """One full member per unit named, each riding for it."""
    made = District()
    made.org("中共澜江区云溪街道工作委员会", "02", "党委", street="云溪街道")
    made.org("中共澜江区石栈街道工作委员会", "03", "党委", street="石栈街道")
    for turn, unit in enumerate(units):
        name = f"王{chr(0x4E00 + turn)}"
        person = made.member(name, number_of(turn), member_no=f"M{turn}")
        made.worker(
            name, number_of(turn), person, platform="美团", unit_name=unit, street=street, record_id=f"W{turn}", **cells
        )
    return made


def walked(district: District, root: Path, turn: int = 0) -> RunContext:
    run = context(root, AS_OF + timedelta(days=turn), run_id=f"run-{turn}")
    night(district, run)
    return run


def published(run: RunContext, name: str) -> list[dict[str, Any]]:
    version = current_version(run.home)
    assert version
    rows: list[dict[str, Any]] = version.table(name).to_pylist()
    return rows


def units_by_name(run: RunContext) -> dict[str, str]:
    return {row["name"]: row["unit_key"] for row in published(run, "units")}


def test_a_unit_keeps_its_key_when_its_licence_comes_and_when_its_rows_go(tmp_path: Path) -> None:
    first = units_by_name(walked(riders("蓝骑网络科技公司", "小甲配送部"), tmp_path))
    later = riders("蓝骑网络科技公司", "重庆蓝骑网络科技有限公司", "小甲配送部")
    second = units_by_name(walked(later, tmp_path, 1))
    assert second["重庆蓝骑网络科技有限公司"] == first["蓝骑网络科技公司"]
    third = units_by_name(walked(riders("小甲配送部"), tmp_path, 2))
    assert third == second


def test_a_doubt_is_asked_once_and_the_answer_stands(tmp_path: Path) -> None:
    made = riders("重庆蓝骑网络科技有限公司", "成都蓝骑网络科技有限公司", "蓝骑网络科技")
    run = walked(made, tmp_path)
    with opened_store(run.home) as store:
        doubts = doubts_waiting(KEY, store)
        assert {(one["left_text"], one["right_text"]) for one in doubts} == {
            ("蓝骑网络科技", "重庆蓝骑网络科技有限公司"), ("蓝骑网络科技", "成都蓝骑网络科技有限公司")
        }  # fmt: skip
        ours = next(one for one in doubts if "重庆" in one["right_text"])
        answer_doubt(KEY, store, ours["doubt_id"], "link", CLERK)
        other = next(one for one in doubts if "成都" in one["right_text"])
        answer_doubt(KEY, store, other["doubt_id"], "unsure", CLERK)
        assert doubts_waiting(KEY, store) == []
        with pytest.raises(InputError, match="没有这条待问的单位"):
            answer_doubt(KEY, store, ours["doubt_id"], "link", CLERK)
    run = walked(made, tmp_path, 1)
    assert len(published(run, "units")) == 2
    with opened_store(run.home) as store:
        assert doubts_waiting(KEY, store) == []


def test_two_licences_that_a_short_name_fits_are_asked_and_the_answer_gives_the_unit_its_code(tmp_path: Path) -> None:
    made = riders("蓝骑网络科技")
    codes = {"重庆蓝骑网络科技有限公司": "91500113MA5U0YJ12A", "成都蓝骑网络科技有限公司": "91510100MA6CTFB74L"}
    for turn, (name, code) in enumerate(codes.items(), 40):
        made.worker(
            f"店主{turn}", number_of(turn), source="market_regulation", unit_name=name, uscc=code, record_id=code
        )
    made.people = [row for row in made.people if row["source"] != "market_regulation"]
    run = walked(made, tmp_path)
    assert [row["name"] for row in published(run, "units")] == ["蓝骑网络科技"]
    with opened_store(run.home) as store:
        doubts = doubts_waiting(KEY, store)
        assert len(doubts) == 2
        ours = next(one for one in doubts if "重庆" in one["left_text"] + one["right_text"])
        answer_doubt(KEY, store, ours["doubt_id"], "link", CLERK)
    rows = published(walked(made, tmp_path, 1), "units")
    assert [(row["name"], row["credit_code"]) for row in rows] == [("重庆蓝骑网络科技有限公司", "91500113MA5U0YJ12A")]


def test_a_self_employed_persons_name_is_kept_nowhere_and_their_shop_keeps_its_key(tmp_path: Path) -> None:
    def night_of(turn: int) -> RunContext:
        made = riders("小甲配送部")
        made.worker("欧阳春来", number_of(33), unit_name="澜江区欧阳春来快递服务部", platform="中通", record_id="O")
        return walked(made, tmp_path, turn)

    run = night_of(0)
    before = units_by_name(run)
    assert set(before) == {"小甲配送部", "澜江区欧*快递服务部"}
    assert units_by_name(night_of(1)) == before
    with opened_store(run.home) as store:
        kept, doubts = read_register(KEY, store)
    assert "欧阳春来" not in f"{kept.units} {doubts}"
    assert units_by_name(walked(riders("小甲配送部"), tmp_path, 2)) == before


def test_the_workbench_asks_whoever_may_judge_the_whole_district(tmp_path: Path) -> None:
    run = walked(riders("重庆蓝骑网络科技有限公司", "成都蓝骑网络科技有限公司", "蓝骑网络科技"), tmp_path)
    load_key(run.home, create=True)
    opened = Office.open(run.home, clock=lambda: datetime(2026, 11, 20, 3, tzinfo=UTC))
    office = replace(opened, key=KEY, shelf=Shelf(run.home, KEY, opened.policy.statuses.order))
    desk = OfficeDesk(office)
    sessions = {}
    for account in (SignedInAccount("审核", Role.REVIEWER),
                    SignedInAccount("镇街", Role.REVIEWER, frozenset(["云溪街道"])),
                    SignedInAccount("只读", Role.READER), SignedInAccount("审计", Role.AUDITOR)):  # fmt: skip
        office.accounts.add(account, "Kezhang-2026", at=office.now(), by="test")
        sessions[account.name] = office.sessions.open(account, office.now())
    doubts = desk.unit_doubts(sessions["只读"])
    assert len(doubts) == 2
    for name in ("镇街", "只读", "审计"):
        with pytest.raises(Refused):
            desk.answer_unit(sessions[name], doubts[0]["doubt_id"], "link")
    desk.answer_unit(sessions["审核"], doubts[0]["doubt_id"], "not_link")
    assert [one["doubt_id"] for one in desk.unit_doubts(sessions["审核"])] == [doubts[1]["doubt_id"]]
    assert desk.units(sessions["审核"]).total == 3
    assert [desk.remit_doubts(sessions["只读"]), desk.occupation_groups(sessions["审核"])[0]] == [[], "外卖骑手"]
    with pytest.raises(Refused):
        desk.answer_remit(sessions["镇街"], "x", "street", None)
    sums = {row["项目"]: row["说明"] for row in desk.coverage(sessions["审核"]).sums}
    assert sums["各镇街合计"] == sums["各行业合计"] == "与全区相等"
    office.close()


def test_what_a_person_joined_or_took_apart_stays_so(tmp_path: Path) -> None:
    made = riders("重庆蓝骑网络科技有限公司", "重庆蓝骑网络科技有限责任公司", "蓝骑", "小甲配送部", "小乙配送部")
    run = walked(made, tmp_path)
    before = units_by_name(run)
    assert len(before) == 3
    with opened_store(run.home) as store:
        split_unit(KEY, store, "蓝骑", CLERK)
        join_units(KEY, store, "小甲配送部", "小乙配送部", CLERK)
        with pytest.raises(InputError, match="已是同一单位"):
            join_units(KEY, store, "重庆蓝骑网络科技有限公司", "重庆蓝骑网络科技有限责任公司", CLERK)
    for turn in (1, 2):
        after = units_by_name(walked(made, tmp_path, turn))
        assert len(after) == 3
        assert after["重庆蓝骑网络科技有限公司"] == before["重庆蓝骑网络科技有限公司"]
        assert "蓝骑" in after
        assert len({"小甲配送部", "小乙配送部"} & set(after)) == 1


def test_stations_lie_where_their_name_says_and_count_for_their_firm(tmp_path: Path) -> None:
    made = riders("重庆蓝骑网络科技有限公司", "重庆蓝骑网络科技有限公司（石栈东林站）", street=None, station=None)
    for turn in (7, 8, 9):
        person = made.member(f"李{turn}", number_of(turn), member_no=f"S{turn}")
        made.worker(f"李{turn}", number_of(turn), person, platform="饿了么", station="石栈北站", record_id=f"S{turn}")
    run = walked(made, tmp_path)
    units = {row["name"]: row for row in published(run, "units")}
    station = units["重庆蓝骑网络科技有限公司（石栈东林站）"]
    assert (station["street"], station["street_inferred"]) == ("石栈街道", True)
    assert station["parent"] == units["重庆蓝骑网络科技有限公司"]["unit_key"]
    cover = {(row["scope"], row["name"]): row for row in published(run, "coverage")}
    assert cover["unit", "重庆蓝骑网络科技有限公司"]["full_members"] == 2
    assert "应建党支部" in cover["unit", "石栈北站"]["suggestion"]
    assert all(row["units"] for row in published(run, "ledger"))


def test_everybody_is_counted_once_in_every_scope(tmp_path: Path) -> None:
    made = riders("重庆蓝骑网络科技有限公司", "小甲配送部", "小乙配送部")
    person = made.registry[min(made.registry)]["registry_id"]
    made.worker(
        "王一", number_of(0), person, platform="饿了么", unit_name="小甲配送部", street="石栈街道", record_id="X1"
    )
    own = made.member("赵四", number_of(30), member_no="OWN", unit_name="迅风快递龙洲网点", job="快递员")
    assert own
    signed = made.member("钱五", number_of(31), member_no="UP")
    made.worker("钱五", number_of(31), signed, source="self_reports", unit_name="小甲配送部", record_id="UP")
    # Nobody else knows this one: a lead of the ledger (D1) that no count of the coverage takes.
    made.worker("孙六", number_of(32), None, source="self_reports", unit_name="小甲配送部", record_id="ALONE")
    run = walked(made, tmp_path)
    version = current_version(run.home)
    assert version
    table = reconciled(version.table("ledger"), version.table("coverage"))
    assert disagreeing(table) == []
    district = next(row for row in published(run, "coverage") if row["scope"] == "district")
    assert (district["workers"], district["worker_rows"], district["full_members"]) == (3, 4, 5)
    full = dict(zip(table["项目"].to_pylist(), table["正式党员"].to_pylist(), strict=True))
    whole = ("全区", "各镇街合计", "各行业合计", "各单位合计", "一本账中应计入的")
    assert [full[name] for name in whole] == [5, 5, 5, 5, 5]
    assert full.get("写明镇街的", 0) + full.get("镇街不明的", 0) == 5
    leads = dict(zip(table["项目"].to_pylist(), table["有线索"].to_pylist(), strict=True))
    assert leads["一本账有线索的"] == sum(bool(row["leads"]) for row in published(run, "ledger"))
    alone = leads["有线索、覆盖未计：只有本人报到"]
    assert (alone, leads["全区"] + alone) == (1, leads["一本账有线索的"])
    said = dict(zip(table["项目"].to_pylist(), table["说明"].to_pylist(), strict=True))
    assert said["一本账有线索的"] == "与全区差 1 人，下面列出"


def test_offices_schools_and_hospitals_are_no_partners_host_nobody_and_get_no_branch(tmp_path: Path) -> None:
    kinds = {
        "澜江区财政局": "机关", "龙洲街道办事处": "机关", "石栈镇人民政府": "机关", "澜江区第一中学": "事业单位",
        "重庆市澜江区人民医院": "事业单位", "柳林社区卫生服务站": "事业单位", "澜江区快递行业协会": "社会团体",
        "东林社区居民委员会": "自治组织", "财政局印刷有限公司": "合作商", "澜江区邮政局": "合作商",
        "第一中学配送服务公司": "合作商",
    }  # fmt: skip
    made = riders(*kinds)
    for turn in (31, 32):
        person = made.member(f"李{turn}", number_of(turn), member_no=f"S{turn}", branch_name="澜江区第一中学党支部")
        made.worker(f"李{turn}", number_of(turn), person, platform="美团", unit_name="澜江区第一中学",
                    street="云溪街道", record_id=f"S{turn}")  # fmt: skip
    made.org("澜江区第一中学党支部", "21", street="云溪街道", linked_unit="澜江区第一中学")
    run = walked(made, tmp_path)
    assert {row["name"]: row["kind"] for row in published(run, "units")} == kinds
    cover = {row["name"]: row for row in published(run, "coverage") if row["scope"] == "unit"}
    assert cover["澜江区第一中学"]["full_members"] == 3
    assert {name for name, row in cover.items() if row["suggestion"]} == {
        name for name, kind in kinds.items() if kind == "合作商"
    }
    assert not any(
        name in (row["suggestion"] or "") for row in cover.values() for name in kinds if kinds[name] != "合作商"
    )
    assert {row["host_org_code"] for row in published(run, "ledger")} == {"02"}


def test_whom_a_branch_takes_in_that_nothing_tells_is_asked_once_and_until_then_it_hosts_nobody(tmp_path: Path) -> None:
    made = riders("小甲配送部", "小乙配送部")
    made.rows["party_organisations"] = []
    made.org("中共澜江区委员会", "01", "党委")
    made.org("红岩党支部", "007", street="云溪街道")
    made.org("先锋党支部", "08", None, street="石栈街道")
    made.org("云溪街道东林社区党支部", "09", street="石栈街道")

    def hosts(turn: int) -> set[str]:
        return {row["host_org_code"] for row in published(walked(made, tmp_path, turn), "ledger")}

    assert hosts(0) == {"01"}
    with opened_store(context(tmp_path).home) as store:
        waiting = remits_waiting(KEY, store)
        assert [(one["org_name"], one["since"]) for one in waiting] == [
            ("先锋党支部", "2026-11-20"), ("红岩党支部", "2026-11-20"),
        ]  # fmt: skip
        with pytest.raises(InputError, match="这个回答不能用"):
            answer_remit(KEY, store, waiting[1]["doubt_id"], RemitAnswer("trade", None), CLERK)
        answer_remit(KEY, store, waiting[1]["doubt_id"], RemitAnswer("trade", "外卖骑手"), CLERK)
        answer_remit(KEY, store, waiting[0]["doubt_id"], RemitAnswer("unsure", None), CLERK)
        assert remits_waiting(KEY, store) == []
    assert hosts(1) == {"007"}
    with opened_store(context(tmp_path).home) as store:
        assert remits_waiting(KEY, store) == []
        answered = next(one for one in made.rows["party_organisations"] if one["org_code"] == "007")
        store.judge_remit(remit_token(KEY, "7", answered["org_name"]), "street", None, CLERK.by, CLERK.on)
    assert hosts(2) == {"007"}
