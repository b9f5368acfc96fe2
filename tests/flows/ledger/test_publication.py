from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow.parquet as pq
import pytest
from sqlalchemy.orm import Session

from flows.home.store import Lead, opened_store
from flows.ledger import build_ledger, build_persons, diff, publish, show, verify
from flows.ledger.publish.read import current_version, kept_versions
from flows.scope import place_rows
from flows.units.build import build_step
from reports.ledger_lines import difference_lines, person_lines, version_lines
from schemas.errors import InputError
from schemas.policy import load_policy
from schemas.store import SourceNight
from tests.flows.ledger.district import AS_OF, KEY, District, build, context, first_night, ledger_of, night, number_of

NEXT = AS_OF + timedelta(days=1)


def small(**first: Any) -> District:
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for turn, name in enumerate(("李建国", "王秀英", "周海波"), start=1):
        person = made.member(name, number_of(turn), member_no=f"M{turn}", **(first if turn == 1 else {}))
        made.worker(name, number_of(turn), person, unit_name="澜江配送公司", record_id=f"W{turn}")
    return made


def changes(root: Path) -> list[dict[str, Any]]:
    current = current_version(context(root).home, KEY)
    assert current is not None
    rows: list[dict[str, Any]] = current.table("changes").to_pylist()
    return rows


def test_two_fresh_homes_publish_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        night(small(), context(tmp_path / name, run_id=name))
    one, two = ((tmp_path / name / "ledger" / "ledger.parquet").read_bytes() for name in ("a", "b"))
    assert one == two
    assert set(pq.read_schema(tmp_path / "a/ledger/ledger.parquet").metadata) >= {b"sanzhao.as_of", b"sanzhao.contract"}


def test_an_unchanged_night_has_no_changes_and_keeps_changed_on(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    counts = night(small(), context(tmp_path, NEXT, run_id="run-2"))
    assert counts["changes"] == {}
    rows = ledger_of(build(small(), context(tmp_path, NEXT, run_id="run-3")))
    assert {(row["first_seen"], row["last_seen"], row["changed_on"]) for row in rows} == {(AS_OF, NEXT, AS_OF)}
    assert verify(context(tmp_path).home, KEY) == []


def test_a_corrected_id_keeps_the_key(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    corrected = small()
    person = next(iter(corrected.registry))
    corrected.registry[person]["id_number"] = number_of(30)
    night(corrected, context(tmp_path, NEXT, run_id="run-2"))
    (change,) = changes(tmp_path)
    assert change["change"] == "changed"
    assert "id_token" in change["columns"]
    assert change["cause"] == "roll_change"


def test_a_new_roll_number_keeps_the_key(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    renumbered = small()
    person = next(iter(renumbered.registry))
    for row in (*renumbered.people, *renumbered.rows["party_members"]):
        if row["row_key"] == person:
            row.update(member_no="N77", record_id="N77")
    renumbered.registry[person]["member_no"] = "N77"
    counts = night(renumbered, context(tmp_path, NEXT, run_id="run-2"))
    assert counts["changes"] == {"changed": 1}


def test_a_roll_number_given_to_somebody_else_does_not_take_the_key(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    reused = District()
    person = reused.member("赵明", number_of(40), member_no="M1")
    reused.worker("赵明", number_of(40), person, record_id="W9")
    counts = night(reused, context(tmp_path, NEXT, run_id="run-2"))
    assert counts["changes"] == {"added": 1, "removed": 3}


def test_two_keys_that_prove_to_be_one_person_are_merged_with_an_alias(tmp_path: Path) -> None:
    apart = small()
    apart.worker("李建国", None, phones=["13900000001"], declared_member=True, record_id="W8")
    again = apart.member("李建国", number_of(31), member_no="M9")
    apart.worker("李建国", number_of(31), again, record_id="W7")
    first_night(apart, context(tmp_path))
    joined = small()
    first = next(iter(joined.registry))
    key = joined.worker("李建国", number_of(31), first, record_id="W7")
    twin = joined.member("李建国", number_of(1), member_no="M9")
    joined.registry[first]["row_keys"].append(twin)
    del joined.registry[twin]
    assert key
    counts = night(joined, context(tmp_path, NEXT, run_id="run-2"))
    assert counts["changes"]["merged"] == 1
    current = current_version(context(tmp_path).home, KEY)
    assert current is not None
    (alias,) = current.table("aliases").to_pylist()
    assert show(context(tmp_path).home, alias["old_key"])["row"]["person_key"] == alias["new_key"]
    assert verify(context(tmp_path).home, KEY) == []


def test_an_absent_source_is_carried_forward_and_comes_back(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    counts = night(small().without("platform"), context(tmp_path, NEXT, run_id="run-2"))
    assert counts["persons"] == 3
    assert {row["cause"] for row in changes(tmp_path)} == {"source_absent"}
    night(small(), context(tmp_path, NEXT + timedelta(days=1), run_id="run-3"))
    assert {row["cause"] for row in changes(tmp_path)} == {"source_back"}
    assert verify(context(tmp_path).home, KEY) == []


def test_a_night_without_the_register_of_organisations_changes_nobody(tmp_path: Path) -> None:
    def moved(name: str) -> District:
        made = small(branch_name=name, branch_code="999", is_floating=True)
        return made

    first_night(moved("外地党支部"), context(tmp_path))
    home = context(tmp_path).home
    before = {row["person_key"]: row for row in pq.read_table(home.ledger / "ledger.parquet").to_pylist()}
    night(moved("外地党支部").without("party_organisations"), context(tmp_path, NEXT, run_id="run-2"))
    for row in pq.read_table(home.ledger / "ledger.parquet").to_pylist():
        landed = {piece["role"]: piece.pop("landed_on") for piece in row["evidence"]}
        assert landed == {"roll": NEXT, "worker": NEXT, "organisation": AS_OF}, "the night whose copies hold the row"
        for piece in before[row["person_key"]]["evidence"]:
            piece.pop("landed_on", None)
        for name in ("statuses", "host_org_code", "host_rule", "home_org_code", "evidence"):
            assert row[name] == before[row["person_key"]][name], name
    assert any("F2" in row["statuses"] for row in before.values())
    assert verify(home, KEY) == []


def test_a_person_who_left_goes_with_a_change_row(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    left = small()
    gone = next(row["row_key"] for row in left.people if row["record_id"] == "W1")
    left.decided = [row for row in left.decided if row["left_id"] != gone]
    left.people = [row for row in left.people if row["row_key"] != gone]
    left.rows["platform"] = [row for row in left.rows["platform"] if row["row_key"] != gone]
    night(left, context(tmp_path, NEXT, run_id="run-2"))
    (change,) = changes(tmp_path)
    assert (change["change"], change["cause"]) == ("changed", "left")
    row = show(context(tmp_path).home, change["person_key"])["row"]
    assert (row["flags"], row["last_seen"]) == (["not_seen"], AS_OF)
    night(left, context(tmp_path, AS_OF + timedelta(days=90), run_id="run-3"))
    assert changes(tmp_path) == []
    night(left, context(tmp_path, AS_OF + timedelta(days=91), run_id="run-4"))
    (change,) = changes(tmp_path)
    assert (change["change"], change["cause"]) == ("removed", "aged_out")
    assert verify(context(tmp_path).home, KEY) == []


def test_a_checked_lead_survives_and_an_objection_withholds(tmp_path: Path) -> None:
    first_night(small(lost_contact=True), context(tmp_path))
    home = context(tmp_path).home
    key = next(row["person_key"] for row in pq.read_table(home.ledger / "ledger.parquet").to_pylist() if row["leads"])
    with opened_store(home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", NEXT))
    night(small(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    assert show(home, key)["row"]["lead_state"] == "已确认"
    with opened_store(home) as store:
        store.raise_objection(key, NEXT, "本人")
    night(small(lost_contact=True), context(tmp_path, NEXT + timedelta(days=1), run_id="run-3"))
    row = show(home, key)["row"]
    assert (row["statuses"], row["primary_status"], row["leads"], row["objection"]) == ([], None, [], True)


def test_verify_finds_a_flipped_byte_in_any_file(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    home = context(tmp_path).home
    folder = home.ledger / "versions" / kept_versions(home)[0]
    for path in [*sorted(folder.iterdir()), home.ledger / "ledger.parquet", home.ledger / "index.json"]:
        whole = path.read_bytes()
        path.write_bytes(whole[:40] + bytes([whole[40] ^ 1]) + whole[41:])
        assert verify(home, KEY), path.name
        path.write_bytes(whole)
    assert verify(home, KEY) == []


def test_publishing_a_run_again_after_a_crash_is_once(tmp_path: Path) -> None:
    run = context(tmp_path)
    con = build(small(), run)
    first, second = publish(con, run), publish(con, run)
    assert first["version"] == second["version"]
    assert len(kept_versions(run.home)) == 1


def test_a_crash_before_the_index_leaves_nothing_in_the_store(tmp_path: Path) -> None:
    run = context(tmp_path)
    (run.home.ledger / "versions").mkdir(parents=True)
    (run.home.ledger / "versions").chmod(0o500)
    con = build(small(), run)
    keys = [row["person_key"] for row in ledger_of(con)]
    from flows.ledger.publish import step

    with opened_store(run.home) as store:
        store.write_pending(step._version_rows(con, run, "20261120T013000Z-dead"))
        assert store.minted(keys) == set(keys)
        assert store.settle(None) == 1
        assert store.minted(keys) == set()


def test_a_ledger_that_shrinks_beyond_policy_stops_the_run(tmp_path: Path) -> None:
    def of(count: int) -> District:
        made = District()
        for turn in range(count):
            made.member(f"李建{chr(0x4E00 + turn)}", None, member_no=f"M{turn}", job="外卖骑手")
        return made

    first_night(of(60), context(tmp_path))
    before = (tmp_path / "ledger" / "index.json").read_bytes()
    with pytest.raises(InputError, match="减少"):
        night(of(30), context(tmp_path, NEXT, run_id="run-2"))
    assert (tmp_path / "ledger" / "index.json").read_bytes() == before


def test_a_source_that_comes_for_the_first_time_may_grow_the_ledger_and_one_that_is_known_may_not(
    tmp_path: Path,
) -> None:
    def of(count: int, workers: int) -> District:
        made = District()
        for turn in range(count + workers):
            name, number = f"李建{chr(0x4E00 + turn)}", number_of(turn)
            person = made.member(name, number, member_no=f"M{turn}", **({"job": "外卖骑手"} if turn < count else {}))
            if turn >= count:
                made.worker(name, number, person, record_id=f"W{turn}")
        return made

    first_night(of(50, 0), context(tmp_path))
    with pytest.raises(InputError, match="增加到110人") as refused:
        night(of(110, 0), context(tmp_path, NEXT, run_id="run-2"))
    assert "放对了文件夹" in str(refused.value)
    night(of(50, 60), context(tmp_path, NEXT, run_id="run-3"))
    with opened_store(context(tmp_path).home) as store, Session(store.engine) as session, session.begin():
        session.add(SourceNight(source="platform", run_id="run-3", as_of=NEXT, quality={}, keys=None))
    with pytest.raises(InputError, match="增加到230人"):
        night(of(50, 180), context(tmp_path, NEXT + timedelta(days=1), run_id="run-4"))


def test_duckdb_pandas_and_polars_read_the_ledger(tmp_path: Path) -> None:
    first_night(small(joined_on=date(2010, 7, 1)), context(tmp_path))
    path = tmp_path / "ledger" / "ledger.parquet"
    types = dict(duckdb.sql(f"select column_name, column_type from (describe select * from '{path}')").fetchall())
    assert (types["birth_year"], types["joined_on"], types["statuses"]) == ("SMALLINT", "DATE", "VARCHAR[]")
    assert types["evidence"].startswith("STRUCT(")
    frame = pl.read_parquet(path)
    assert frame.schema["birth_year"] == pl.Int16
    assert frame.schema["leads"] == pl.List(
        pl.Struct(
            {
                "code": pl.String,
                "state": pl.String,
                "checked_by": pl.String,
                "checked_on": pl.Date,
                "opened_on": pl.Date,
                "closed_on": pl.Date,
                "cause": pl.String,
            }
        )
    )
    assert list(pd.read_parquet(path)["person_key"]) == sorted(frame["person_key"].to_list())


def test_diff_names_the_columns(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    night(small(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    home = context(tmp_path).home
    (row,) = diff(home, *kept_versions(home))
    assert row["change"] == "changed"
    assert {"statuses", "primary_status", "leads"} <= set(row["columns"])


def test_no_cell_holds_an_id_a_phone_or_a_clear_name(tmp_path: Path) -> None:
    made = small()
    person = made.member("欧阳春来", number_of(20), member_no=number_of(20), phones=["13900000007"])
    made.worker(
        "欧阳春来", number_of(20), person, source="market_regulation", file="欧阳春来名单13900000007.xlsx",
        unit_name="欧阳春来快递店", record_id=number_of(20), phones=["13900000007"],
    )  # fmt: skip
    made.decided[-1]["decision"] = "link"
    waiting = made.worker("李建国", None, phones=["13900000008"], unit_name="李建国配送店")
    made.decide(waiting, person, "review", None)
    first_night(made, context(tmp_path))
    home = context(tmp_path).home
    current = current_version(home, KEY)
    assert current is not None
    for name in ("ledger", "changes", "coverage", "review", "aliases"):
        text = json.dumps(current.table(name).to_pylist(), ensure_ascii=False, default=str)
        for secret in ("欧阳春来", "李建国", number_of(20), number_of(1), "13900000007", "13900000008"):
            assert secret not in text, (name, secret[:2])


def test_coverage_of_a_night_without_the_register_of_organisations_stands(tmp_path: Path) -> None:
    def organised() -> District:
        made = small()
        made.org("澜江配送公司党支部", "500113000002", street="云溪街道", linked_unit="澜江配送公司", full_members=3)
        return made

    def published() -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        current = current_version(context(tmp_path).home, KEY)
        assert current is not None
        return current.table("coverage").to_pylist(), current.table("ledger").to_pylist()

    first_night(organised(), context(tmp_path))
    before, _ = published()
    for turn in (1, 2):
        away, run = (
            organised().without("party_organisations"),
            context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"),
        )
        fresh = away.member("赵春来", number_of(7), member_no="M7")
        away.worker("赵春来", number_of(7), fresh, unit_name="澜江配送公司", record_id="W7")
        con = duckdb.connect()
        away.put(con)
        place_rows(con, run)
        assert any("沿用 2026-11-20 的名册（2 个党组织）" in text for text in build_step(con, run)["warnings"])
        build_persons(con, run)
        build_ledger(con, run)
        publish(con, run)
    after, ledger = published()
    assert any(row["coverage"] == "单独组建" and row["organisation"] == "澜江配送公司党支部" for row in before)
    kept = {(row["scope"], row["name"]): (row["organisation"], row["coverage"]) for row in after}
    assert kept == {(row["scope"], row["name"]): (row["organisation"], row["coverage"]) for row in before}
    assert {row["host_org_code"] for row in ledger} == {"500113000002"}
    assert len(ledger) == 4
    with opened_store(context(tmp_path).home) as store:
        found = store.last_register("party_organisations")
    assert found is not None
    assert found[0] == AS_OF


def test_who_merely_moved_is_folded_in_a_diff(tmp_path: Path) -> None:
    first_night(small(), context(tmp_path))
    moved = small(lost_contact=True)
    for row in moved.people:
        row["row"] = row["row"] + 100
    night(moved, context(tmp_path, NEXT, run_id="run-2"))
    home = context(tmp_path).home
    rows = diff(home, *kept_versions(home))
    assert sorted(row["change"] for row in rows) == ["changed", "moved", "moved"]
    folded, told = difference_lines(rows, moves=False), difference_lines(rows, moves=True)
    assert [line[1] for line in folded] == ["变更", "2 人"]
    assert "主状态" in folded[0][2]
    assert folded[0][3] == "党员名册有变动"
    assert len(told) == 3


def test_a_row_is_shown_in_chinese(tmp_path: Path) -> None:
    first_night(small(lost_contact=True), context(tmp_path))
    home = context(tmp_path).home
    key = next(row["person_key"] for row in pq.read_table(home.ledger / "ledger.parquet").to_pylist() if row["leads"])
    body = show(home, key)
    lines = person_lines(body["row"], body["aliases"], load_policy())
    assert ("主状态", "L1 失联党员") in lines
    assert not [title for title, _ in lines if title.isascii()]
    evidence = dict(lines)["来源行"]
    assert "党员名册 party_members/" in evidence
    assert "用到 失联标记" in evidence
    titles = dict(version_lines(json.loads((home.ledger / "index.json").read_text("utf-8")), load_policy()))
    assert titles["保留的版本"] == "1 个"
