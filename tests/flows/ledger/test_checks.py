"""What a person said: honoured, frozen, not asked again, and asked again with the reason when the evidence changed."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.ledger import show, verify
from flows.ledger.checks import record_answer
from flows.ledger.judging import judged_pairs
from flows.ledger.publish.read import current_version
from flows.ledger.store import Judged, Lead, opened_store
from schemas.errors import InputError
from tests.flows.ledger.district import AS_OF, KEY, District, build, context, night, number_of

NEXT = AS_OF + timedelta(days=1)
LATER = AS_OF + timedelta(days=2)


def one(**cells: Any) -> District:
    """A member with a worker row of class exact."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    person = made.member("李建国", number_of(1), member_no="M1", **cells)
    made.worker("李建国", number_of(1), person, record_id="W1")
    return made


def waiting(levels: dict[str, str] | None = None) -> District:
    """A member and a worker row of their name that waits for a person."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    person = made.member("李建国", number_of(1), member_no="M1")
    row = made.worker("李建国", None, record_id="W2", phones=["13900000001"])
    made.decide(row, person, "review", None)
    if levels:
        made.decided[-1]["levels"] = {**made.decided[-1]["levels"], **levels}
    return made


def test_a_member_already_found_is_not_asked_about_and_one_thin_row_at_a_time(tmp_path: Path) -> None:
    made = waiting()
    person = next(iter(made.registry))
    thinner = made.worker("李建国", None, record_id="W3", phones=["13900000002"])
    made.decide(thinner, person, "review", None)
    made.decided[-1]["match_weight"] = made.decided[-2]["match_weight"] - 1
    (asked,) = build(made, context(tmp_path / "a")).execute("select record_id from review").fetchall()
    assert asked == ("W2",)
    made.worker("李建国", number_of(1), person, record_id="W1")
    assert not build(made, context(tmp_path / "b")).execute("select record_id from review").fetchall()


@pytest.mark.parametrize(("id_number", "asked"), [("one_digit", []), ("conflict", []), ("full", ["W2"])])
def test_an_id_mistyped_is_no_matter_once_the_member_is_found_but_one_id_of_two_names_is(
    tmp_path: Path, id_number: str, asked: list[str]
) -> None:
    made = waiting({"id_number": id_number})
    made.decided[-1]["doubt"] = "conflict"
    made.worker("李建国", number_of(1), next(iter(made.registry)), record_id="W1")
    assert build(made, context(tmp_path)).execute("select record_id from review").fetchall() == [(w,) for w in asked]


def test_a_member_whose_id_two_rows_mistype_is_asked_about_once(tmp_path: Path) -> None:
    made = waiting({"id_number": "one_digit"})
    again = made.worker("李建国", None, record_id="W3", phones=["13900000001"])
    made.decide(again, next(iter(made.registry)), "review", None)
    for pair in made.decided:
        pair |= {"doubt": "conflict", "levels": {**pair["levels"], "id_number": "one_digit"}}
    assert build(made, context(tmp_path)).execute("select record_id from review").fetchall() == [("W2",)]


@pytest.mark.parametrize(("name_alone", "asked"), [(False, 1), (True, 0)])
def test_a_letter_that_shares_no_more_than_the_name_is_asked_of_nobody(
    tmp_path: Path, name_alone: bool, asked: int
) -> None:
    made = one()
    person = next(iter(made.registry))
    letter = made.inflow("party_transfers", "李建国", None)
    del made.registry[letter]
    made.doubt(letter, person, name_alone=name_alone)
    assert build(made, context(tmp_path)).execute("select count(*) from review").fetchone() == (asked,)


def rows(root: Path, name: str) -> list[dict[str, Any]]:
    current = current_version(context(root).home, KEY)
    assert current is not None
    found: list[dict[str, Any]] = current.table(name).to_pylist()
    return found


def key_of(root: Path) -> str:
    (row,) = rows(root, "ledger")
    return str(row["person_key"])


def test_a_judgement_by_pair_id_finds_its_pair_again_and_the_newest_holds(tmp_path: Path) -> None:
    run = context(tmp_path)
    con = build(waiting(), run)
    pair = con.execute("select pair_id from review").fetchone()
    assert pair
    con.execute("create table scored as select left_id, right_id from decided")
    with opened_store(run.home) as store:
        store.judge(pair[0], Judged("not_link", {"name": "exact"}), "甲", AS_OF)
        store.judge(pair[0], Judged("link", {"name": "exact"}), "乙", AS_OF)
    found = judged_pairs(con, run).to_pylist()
    assert [row["verdict"] for row in found] == ["link"]
    with opened_store(run.home) as store:
        store.judge(pair[0], Judged("unsure"), "乙", NEXT)
    assert judged_pairs(con, run).num_rows == 0


@pytest.mark.parametrize(
    ("verdict", "now", "asked"),
    [
        ("link", {"phone": "conflict"}, True),
        ("link", {"phone": "full"}, False),
        ("not_link", {"phone": "full"}, True),
        ("not_link", {"phone": "conflict"}, False),
        ("link", {}, False),
    ],
)
def test_a_judged_pair_is_asked_again_only_when_the_evidence_turned(
    tmp_path: Path, verdict: str, now: dict[str, str], asked: bool
) -> None:
    made = waiting(now)
    made.decided[-1]["decision"] = "link" if verdict == "link" else "reject"
    made.decided[-1]["match_class"] = "confirmed" if verdict == "link" else None
    made.decided[-1]["doubt"] = None
    run = context(tmp_path)
    levels = {"name": "exact", "id_number": "exact"}
    con = build(waiting(), run)
    pair = con.execute("select pair_id from review").fetchone()
    assert pair
    with opened_store(run.home) as store:
        store.judge(pair[0], Judged(verdict, levels), "甲", AS_OF)
    con.close()
    import duckdb

    from flows.ledger import build_ledger, build_persons
    from flows.scope import place_rows
    from flows.units.build import build_step

    again = duckdb.connect()
    made.put(again)
    again.execute("create table scored as select left_id, right_id from decided")
    judged_pairs(again, run)
    place_rows(again, run)
    build_step(again, run)
    build_persons(again, run)
    build_ledger(again, run)
    found = again.execute("select reason from review").fetchall()
    assert bool(found) == asked
    if asked:
        assert "电话有变，请再核" in found[0][0]


def test_a_move_the_rules_do_not_allow_is_refused(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    key, home = key_of(tmp_path), context(tmp_path).home
    with opened_store(home) as store, pytest.raises(InputError, match="不能由“线索”改为“已纳管”"):
        store.add_lead_event(Lead(key, "L1", "已纳管", "街道甲", AS_OF))
    with opened_store(home) as store:
        for state in ("待核查", "已确认", "已纳管"):
            store.add_lead_event(Lead(key, "L1", state, "街道甲", AS_OF))
        with pytest.raises(InputError):
            store.add_lead_event(Lead(key, "L1", "线索", "街道甲", AS_OF))


def test_an_answer_the_policy_does_not_know_or_a_lead_that_is_not_there_is_refused(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    rules = context(tmp_path).policy.leads
    with opened_store(context(tmp_path).home) as store:
        for code, answer in (("L1", "也许"), ("P1", "属实")):
            with pytest.raises(InputError):
                record_answer(store, rules, row, code, answer, by="街道甲", on=NEXT)
        assert record_answer(store, rules, row, "L1", "属实", by="街道甲", on=NEXT).state == "已确认"


def test_rows_found_not_to_be_the_person_are_untied_and_later_rows_are_not(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    with opened_store(context(tmp_path).home) as store:
        record_answer(store, context(tmp_path).policy.leads, row, "L1", "非本人", by="街道甲", on=AS_OF)
    more = one(lost_contact=True)
    person = next(iter(more.registry))
    later = more.worker("李建国", number_of(1), person, source="transport", record_id="T9")
    for name, run_id in (("tonight", "run-2"), ("after it was published", "run-3")):
        run = context(tmp_path, NEXT, run_id=run_id)
        con = build(more, run)
        con.execute("create or replace table scored as select left_id, right_id from decided")
        denied = {(one["left_id"], one["verdict"]) for one in judged_pairs(con, run).to_pylist()}
        assert len(denied) == 1, name
        assert later not in {left for left, _ in denied}, name
        from flows.ledger import publish

        publish(con, run)


def test_a_confirmed_lead_is_closed_when_the_registers_settle_it(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    key = key_of(tmp_path)
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", NEXT))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    (row,) = rows(tmp_path, "ledger")
    (lead,) = row["leads"]
    assert (row["statuses"], row["lead_state"]) == (["N0"], None)
    assert (lead["state"], lead["closed_on"], lead["cause"]) == ("已办结", NEXT, "contact_restored")
    (change,) = rows(tmp_path, "changes")
    assert change["cause"].startswith("lead_settled ")


def test_an_unchecked_lead_ends_with_its_cause(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    (row,) = rows(tmp_path, "ledger")
    assert (row["statuses"], row["leads"]) == (["N0"], [])
    (change,) = rows(tmp_path, "changes")
    assert change["cause"].startswith("lead_settled ")
    assert "名册已不标失联" in change["cause"]


def test_a_matter_that_comes_back_is_a_new_lead(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    key = key_of(tmp_path)
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", AS_OF))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    for on in (LATER, LATER + timedelta(days=1)):
        night(one(lost_contact=True), context(tmp_path, on, run_id=f"run-{on}"))
        (lead,) = rows(tmp_path, "ledger")[0]["leads"]
        assert (lead["state"], lead["checked_by"], lead["opened_on"], lead["closed_on"]) == ("线索", None, LATER, None)


def test_a_confirmed_person_without_rows_ages_out_like_everybody(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    key = key_of(tmp_path)
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", NEXT))
    night(one(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    alone = District()
    alone.member("李建国", number_of(1), member_no="M1")
    night(alone, context(tmp_path, LATER, run_id="run-3"))
    (row,) = rows(tmp_path, "ledger")
    assert (row["person_key"], row["flags"], row["last_seen"]) == (key, ["not_seen"], NEXT)
    night(alone, context(tmp_path, AS_OF + timedelta(days=400), run_id="run-4"))
    assert rows(tmp_path, "ledger") == []


def test_an_excluded_lead_is_asked_again_only_with_new_evidence_and_says_which(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    with opened_store(context(tmp_path).home) as store:
        record_answer(store, context(tmp_path).policy.leads, row, "L1", "已转", by="街道甲", on=NEXT)
    night(one(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    assert rows(tmp_path, "ledger")[0]["lead_state"] == "排除"
    more = one(lost_contact=True)
    more.worker("李建国", number_of(1), next(iter(more.registry)), source="transport", record_id="T9")
    night(more, context(tmp_path, LATER, run_id="run-3"))
    assert rows(tmp_path, "ledger")[0]["lead_state"] == "线索"
    (change,) = rows(tmp_path, "changes")
    assert change["cause"].startswith("recheck ")
    assert "transport|T9" in change["cause"]
    assert verify(context(tmp_path).home, KEY) == []


def test_an_objection_withholds_the_statuses_from_every_output(tmp_path: Path) -> None:
    night(one(lost_contact=True), context(tmp_path))
    key, home = key_of(tmp_path), context(tmp_path).home
    with opened_store(home) as store:
        store.raise_objection(key, NEXT, "本人")
    night(one(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    assert "L1" not in str(rows(tmp_path, "changes"))
    assert "lost_contact" not in str(rows(tmp_path, "ledger"))
    gone = District()
    gone.member("李建国", number_of(1), member_no="M1")
    night(gone, context(tmp_path, LATER, run_id="run-3"))
    assert show(home, key)["row"]["objection"]
    with opened_store(home) as store:
        store.answer_objections(key, LATER, "已更正")
    night(one(lost_contact=True), context(tmp_path, LATER, run_id="run-4"))
    assert show(home, key)["row"]["statuses"] == ["L1"]
    assert verify(home, KEY) == []
