"""What a person said: honoured, frozen, not asked again, and asked again with the reason when the evidence changed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.store import Judged, Lead, opened_store
from flows.ledger import show, verify
from flows.ledger.checks import LeadAnswer, record_answer
from flows.ledger.judging import judged_pairs
from flows.ledger.publish import withheld
from flows.ledger.publish.read import current_version
from reports.causes import cause_text
from schemas.errors import InputError
from tests.flows.ledger.district import AS_OF, KEY, District, build, context, first_night, night, number_of

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


@dataclass
class Cases:
    """One district of members with rows that wait for a person; a member per case, told by the roll number."""

    district: District = field(default_factory=District)
    turn: int = 0

    def member(self, title: str) -> tuple[int, str, str]:
        """A member of a name of their own: the person, the name and the ID number."""
        self.turn += 1
        name, number = f"李建{chr(0x5200 + self.turn)}", number_of(self.turn)
        return self.district.member(name, number, member_no=title), name, number

    def waiting(self, person: int, name: str, record: str, **pair: Any) -> None:
        """A worker row of that name that waits for a person."""
        phones = [f"139{self.turn:04d}{int(record[1:]):04d}"] if pair.pop("own_phone", True) else ["13900000001"]
        self.district.decide(self.district.worker(name, None, record_id=record, phones=phones), person, "review", None)
        decided = self.district.decided[-1]
        decided |= {**pair, "levels": {**decided["levels"], **pair.get("levels", {})}}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """Roll number: the record numbers of the rows that are asked about."""
    some = Cases()
    some.district.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for title, found in (("thin", False), ("found", True)):
        person, name, number = some.member(title)
        some.waiting(person, name, "W2")
        some.waiting(person, name, "W3", match_weight=39.0)
        if found:
            some.district.worker(name, number, person, record_id="W1")
    for title in ("one_digit", "conflict", "full"):
        person, name, number = some.member(title)
        some.waiting(person, name, "W2", doubt="conflict", levels={"id_number": title})
        some.district.worker(name, number, person, record_id="W1")
    person, name, _ = some.member("twice")
    for record in ("W2", "W3"):
        some.waiting(person, name, record, own_phone=False, doubt="conflict", levels={"id_number": "one_digit"})
    for title, name_alone in (("letter", False), ("letter of a name", True)):
        person, name, number = some.member(title)
        some.district.worker(name, number, person, record_id="W1")
        letter = some.district.inflow("party_transfers", name, None, record_id="T1")
        del some.district.registry[letter]
        some.district.doubt(letter, person, name_alone=name_alone)
    with build(some.district, context(tmp_path_factory.mktemp("asked"))) as con:
        found = con.execute("select member_no, list(record_id order by record_id) from review group by 1").fetchall()
    return dict(found)


def test_a_member_already_found_is_not_asked_about_and_one_thin_row_at_a_time(asked: dict[str, list[str]]) -> None:
    assert asked["thin"] == ["W2"]
    assert "found" not in asked


@pytest.mark.parametrize(("id_number", "rows"), [("one_digit", None), ("conflict", None), ("full", ["W2"])])
def test_an_id_mistyped_is_no_matter_once_the_member_is_found_but_one_id_of_two_names_is(
    asked: dict[str, list[str]], id_number: str, rows: list[str] | None
) -> None:
    assert asked.get(id_number) == rows


def test_a_member_whose_id_two_rows_mistype_is_asked_about_once(asked: dict[str, list[str]]) -> None:
    assert asked["twice"] == ["W2"]


@pytest.mark.parametrize(("title", "rows"), [("letter", ["T1"]), ("letter of a name", None)])
def test_a_letter_that_shares_no_more_than_the_name_is_asked_of_nobody(
    asked: dict[str, list[str]], title: str, rows: list[str] | None
) -> None:
    assert asked.get(title) == rows
    assert set(asked) == {"thin", "full", "twice", "letter"}, "and nobody else"


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


@pytest.fixture(scope="module")
def waiting_pair(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The identity of the pair that waits in `waiting()`, the same in every night."""
    with build(waiting(), context(tmp_path_factory.mktemp("waiting"))) as con:
        (pair,) = con.execute("select pair_id from review").fetchall()
    return str(pair[0])


@pytest.mark.parametrize(
    ("verdict", "now", "asked_again"),
    [
        ("link", {"phone": "conflict"}, True),
        ("link", {"phone": "full"}, False),
        ("not_link", {"phone": "full"}, True),
        ("not_link", {"phone": "conflict"}, False),
        ("link", {}, False),
    ],
)
def test_a_judged_pair_is_asked_again_only_when_the_evidence_turned(
    tmp_path: Path, waiting_pair: str, verdict: str, now: dict[str, str], asked_again: bool
) -> None:
    made = waiting(now)
    made.decided[-1]["decision"] = "link" if verdict == "link" else "reject"
    made.decided[-1]["match_class"] = "confirmed" if verdict == "link" else None
    made.decided[-1]["doubt"] = None
    run = context(tmp_path)
    levels = {"name": "exact", "id_number": "exact"}
    with opened_store(run.home) as store:
        store.judge(waiting_pair, Judged(verdict, levels), "甲", AS_OF)
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
    assert bool(found) == asked_again
    if asked_again:
        assert "电话有变，请再核" in found[0][0]


def test_a_move_the_rules_do_not_allow_is_refused(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    key, home = key_of(tmp_path), context(tmp_path).home
    with opened_store(home) as store, pytest.raises(InputError, match="不能由“线索”改为“已纳管”"):
        store.add_lead_event(Lead(key, "L1", "已纳管", "街道甲", AS_OF))
    with opened_store(home) as store:
        for state in ("待核查", "已确认", "已纳管"):
            store.add_lead_event(Lead(key, "L1", state, "街道甲", AS_OF))
        with pytest.raises(InputError):
            store.add_lead_event(Lead(key, "L1", "线索", "街道甲", AS_OF))


def test_an_answer_the_policy_does_not_know_or_a_lead_that_is_not_there_is_refused(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    rules = context(tmp_path).policy.leads
    with opened_store(context(tmp_path).home) as store:
        for code, answer in (("L1", "也许"), ("P1", "属实")):
            with pytest.raises(InputError):
                record_answer(store, rules, row, code, LeadAnswer(answer, "街道甲", NEXT))
        assert record_answer(store, rules, row, "L1", LeadAnswer("属实", "街道甲", NEXT)).state == "已确认"


def test_rows_found_not_to_be_the_person_are_untied_and_later_rows_are_not(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    with opened_store(context(tmp_path).home) as store:
        record_answer(store, context(tmp_path).policy.leads, row, "L1", LeadAnswer("非本人", "街道甲", AS_OF))
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
    first_night(one(lost_contact=True), context(tmp_path))
    key = key_of(tmp_path)
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", NEXT))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    (row,) = rows(tmp_path, "ledger")
    (lead,) = row["leads"]
    assert (row["statuses"], row["lead_state"]) == (["N0"], None)
    assert (lead["state"], lead["closed_on"], lead["cause"]) == ("已办结", NEXT, "contact_restored")
    (change,) = rows(tmp_path, "changes")
    assert change["cause"] == "lead_settled"


def test_an_unchecked_lead_ends_with_its_cause(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    (row,) = rows(tmp_path, "ledger")
    (lead,) = row["leads"]
    assert (row["statuses"], row["lead_state"], lead["checked_by"]) == (["N0"], None, None)
    assert (lead["state"], lead["closed_on"], lead["cause"]) == ("已办结", NEXT, "contact_restored")
    (change,) = rows(tmp_path, "changes")
    assert (change["cause"], cause_text(change)) == (
        "lead_settled", "登记已了结，线索办结或终止：L1 名册已不标失联",
    )  # fmt: skip
    published = current_version(context(tmp_path).home, KEY)
    assert published is not None
    assert (change["version"], change["as_of"]) == (published.version, NEXT)
    night(one(), context(tmp_path, NEXT + timedelta(days=31), run_id="run-3"))
    assert rows(tmp_path, "ledger")[0]["leads"] == [], "one that nobody checked stays a month"
    (change,) = rows(tmp_path, "changes")
    assert change["cause"] == "time_passed"


def test_a_matter_that_comes_back_is_a_new_lead(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    key = key_of(tmp_path)
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(key, "L1", "已确认", "街道甲", AS_OF))
    night(one(), context(tmp_path, NEXT, run_id="run-2"))
    for on in (LATER, LATER + timedelta(days=1)):
        night(one(lost_contact=True), context(tmp_path, on, run_id=f"run-{on}"))
        (lead,) = rows(tmp_path, "ledger")[0]["leads"]
        assert (lead["state"], lead["checked_by"], lead["opened_on"], lead["closed_on"]) == ("线索", None, LATER, None)


def test_a_confirmed_person_without_rows_ages_out_like_everybody(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
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
    first_night(one(lost_contact=True), context(tmp_path))
    (row,) = rows(tmp_path, "ledger")
    with opened_store(context(tmp_path).home) as store:
        record_answer(store, context(tmp_path).policy.leads, row, "L1", LeadAnswer("已转", "街道甲", NEXT))
    night(one(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    assert rows(tmp_path, "ledger")[0]["lead_state"] == "排除"
    more = one(lost_contact=True)
    more.worker("李建国", number_of(1), next(iter(more.registry)), source="transport", record_id="T9")
    night(more, context(tmp_path, LATER, run_id="run-3"))
    assert rows(tmp_path, "ledger")[0]["lead_state"] == "线索"
    (change,) = rows(tmp_path, "changes")
    assert change["cause"] == "recheck"
    assert any("transport/" in place for place in change["source_rows"]), "the row that came is named"
    assert verify(context(tmp_path).home, KEY) == []


def test_nothing_is_told_of_who_leaves_on_the_night_of_their_objection(tmp_path: Path) -> None:
    def of(*, declared: bool) -> District:
        made = one(lost_contact=True)
        if declared:
            made.worker("王小明", number_of(9), source="self_reports")
        return made

    night(of(declared=True), context(tmp_path))
    declared = next(row for row in rows(tmp_path, "ledger") if row["statuses"] == ["D1"])
    member = next(row for row in rows(tmp_path, "ledger") if row["statuses"] == ["L1"])
    with opened_store(context(tmp_path).home) as store:
        for row in (declared, member):
            store.raise_objection(row["person_key"], NEXT, "本人")
    night(of(declared=False), context(tmp_path, NEXT, run_id="run-2"))
    changes = {row["person_key"]: row for row in rows(tmp_path, "changes")}
    assert {changes[one["person_key"]]["cause"] for one in (declared, member)} == {"objection"}
    assert changes[declared["person_key"]]["change"] == "removed"
    for word in ("D1", "L1", "自报", "lost_contact", "declared", "名册", "roll"):
        assert word not in str(changes), word
    assert set(withheld.WITHHELD) <= set(changes[member["person_key"]]["columns"])


def test_an_objection_withholds_the_statuses_from_every_output(tmp_path: Path) -> None:
    first_night(one(lost_contact=True), context(tmp_path))
    key, home = key_of(tmp_path), context(tmp_path).home
    with opened_store(home) as store:
        store.raise_objection(key, NEXT, "本人")
    night(one(lost_contact=True), context(tmp_path, NEXT, run_id="run-2"))
    assert "L1" not in str(rows(tmp_path, "changes"))
    assert "lost_contact" not in str(rows(tmp_path, "ledger"))
    [row] = rows(tmp_path, "ledger")
    told = {name: row[name] for name in withheld.WITHHELD if row[name]}
    assert told == {"match_class": "withheld", "match_reason": withheld.no_evidence_rows()[0], "lead_state": "异议"}
    gone = District()
    gone.member("李建国", number_of(1), member_no="M1")
    night(gone, context(tmp_path, LATER, run_id="run-3"))
    assert show(home, key)["row"]["objection"]
    with opened_store(home) as store:
        store.answer_objections(key, LATER, "已更正")
    night(one(lost_contact=True), context(tmp_path, LATER, run_id="run-4"))
    assert show(home, key)["row"]["statuses"] == ["L1"]
    assert verify(home, KEY) == []
