"""Self-declared people (`D1`) who prove to be one person, or to be a member: one key, their leads, their first day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.store import Lead, opened_store
from flows.ledger import show, verify
from flows.ledger.publish.read import current_version
from reports.causes import cause_text
from tests.flows.ledger.district import AS_OF, KEY, District, context, night, number_of

PHONE = "13800001234"


def table(root: Path, name: str = "ledger") -> list[dict[str, Any]]:
    current = current_version(context(root).home, KEY)
    assert current is not None
    rows: list[dict[str, Any]] = current.table(name).to_pylist()
    return rows


def play(root: Path, turn: int, district: District) -> list[dict[str, Any]]:
    """The ledger of the night `turn`, counted from 0."""
    night(district, context(root, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))
    return table(root)


def key_of(rows: list[dict[str, Any]], record: str) -> str:
    (row,) = [row for row in rows if record in {one["record_id"] for one in row["evidence"]}]
    return str(row["person_key"])


def accounts(*, same_id: bool, first: bool = True, second: bool = True) -> District:
    """One account with a phone and, once it is known, an ID; another with that ID and another phone."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    if first:
        number = number_of(1) if same_id else None
        made.worker("张甲一", number, phones=[PHONE], declared_member=True, record_id="A1")
    if second:
        made.worker("张甲一", number_of(1), phones=["13900005678"], declared_member=True, record_id="B1")
    return made


def test_two_self_declared_accounts_of_one_id_become_one_person_with_both_ones_past(tmp_path: Path) -> None:
    play(tmp_path, 0, accounts(same_id=False, second=False))
    rows = play(tmp_path, 1, accounts(same_id=False))
    old, kept = key_of(rows, "A1"), key_of(rows, "B1")
    assert old != kept
    with opened_store(context(tmp_path).home) as store:
        store.add_lead_event(Lead(old, "D1", "已确认", "街道甲", AS_OF + timedelta(days=1)))
    (row,) = play(tmp_path, 2, accounts(same_id=True))
    assert (row["person_key"], row["statuses"]) == (kept, ["D1"])
    assert [(one["old_key"], one["new_key"], one["event"]) for one in table(tmp_path, "aliases")] == [
        (old, kept, "merged")
    ]
    (lead,) = row["leads"]
    assert (lead["state"], lead["checked_by"], lead["opened_on"]) == ("已确认", "街道甲", AS_OF)
    assert row["first_seen"] == AS_OF, "the older one's first day"
    (merged,) = [one for one in table(tmp_path, "changes") if one["person_key"] == old]
    assert (merged["change"], merged["cause"]) == ("merged", "merged")
    assert cause_text(merged) == f"两个编号证实为同一人，合并：并入 {kept}"
    (again,) = play(tmp_path, 3, accounts(same_id=False, second=False))
    assert again["person_key"] == kept, "who bears only the merged one's evidence is still the person it led to"
    assert show(context(tmp_path).home, old)["row"]["person_key"] == kept
    assert verify(context(tmp_path).home, KEY) == []


def test_two_accounts_that_prove_to_be_two_after_all_have_their_keys_and_first_days_again(tmp_path: Path) -> None:
    rows = play(tmp_path, 0, accounts(same_id=False))
    old, kept = key_of(rows, "A1"), key_of(rows, "B1")
    play(tmp_path, 1, accounts(same_id=True))
    rows = play(tmp_path, 2, accounts(same_id=False))
    assert {key_of(rows, "A1"), key_of(rows, "B1")} == {old, kept}
    assert {row["first_seen"] for row in rows} == {AS_OF}
    events = [(one["old_key"], one["new_key"], one["event"]) for one in table(tmp_path, "aliases")]
    assert events == [(kept, old, "split")]
    (change,) = [one for one in table(tmp_path, "changes") if one["person_key"] == old]
    assert (change["change"], change["cause"]) == ("split", "split")
    assert cause_text(change) == f"一个编号证实为两人，拆分：原编号 {kept}"


def declared_and_member(*, on_roll: bool, tied: bool) -> District:
    """李乙二 declares herself by C1; a member of that name is at work by C2, and C1 proves to be hers or not."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    person = None
    if on_roll:
        person = made.member("李乙二", number_of(2), member_no="M2")
        made.worker("李乙二", number_of(2), person, record_id="C2")
    made.worker("李乙二", None, person if tied else None, phones=[PHONE], declared_member=True, record_id="C1")
    return made


def test_a_self_declared_person_found_to_be_a_member_of_the_ledger_is_merged_into_them(tmp_path: Path) -> None:
    (declared,) = play(tmp_path, 0, declared_and_member(on_roll=False, tied=False))
    rows = play(tmp_path, 1, declared_and_member(on_roll=True, tied=False))
    member = key_of(rows, "C2")
    assert {row["person_key"] for row in rows} == {declared["person_key"], member}
    (row,) = play(tmp_path, 2, declared_and_member(on_roll=True, tied=True))
    assert (row["person_key"], row["first_seen"]) == (member, AS_OF)
    (change,) = [one for one in table(tmp_path, "changes") if one["change"] == "merged"]
    assert change["person_key"] == declared["person_key"]
    assert [lead["cause"] for lead in row["leads"]] == ["on_roll"], "what was asked of the declaration is answered"
    assert verify(context(tmp_path).home, KEY) == []


@pytest.mark.parametrize("gone", ["A", "B"])
def test_an_account_that_went_is_not_the_other_one_that_is_alike_but_for_its_number(tmp_path: Path, gone: str) -> None:
    def alike(*records: str) -> District:
        made = District()
        for record in records:
            made.worker("杜文*", None, phones=["185****4051"], declared_member=True, record_id=record)
        return made

    rows = play(tmp_path, 0, alike("A", "B"))
    left = key_of(rows, "B" if gone == "A" else "A")
    rows = play(tmp_path, 1, alike(*({"A", "B"} - {gone})))
    assert left in {row["person_key"] for row in rows}
    assert table(tmp_path, "aliases") == []
