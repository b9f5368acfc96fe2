"""Person keys over many nights: kept, never swapped, never run out."""

from __future__ import annotations

from datetime import timedelta
from importlib import resources
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

from flows.home.database import engine_of
from flows.home.folders import Home
from flows.home.store import opened_store
from flows.ledger import ErasureOrder, erase, show, verify
from flows.ledger.keys_moved import follow, merges
from flows.ledger.publish.read import current_version
from tests.flows.ledger.district import AS_OF, KEY, District, build, context, first_night, ledger_of, night, number_of


def accounts(*records: str) -> District:
    """One member at work, and self-declared riders alike in all but the account number, in this order."""
    made = District()
    person = made.member("李建国", number_of(1), member_no="M1")
    made.worker("李建国", number_of(1), person, record_id="W1")
    for record in records:
        made.worker("杜文*", None, phones=["185****4051"], declared_member=True, record_id=record)
    return made


def keys_by_record(made: District, root: Path, run_id: str, later: int) -> dict[str, str]:
    rows = ledger_of(build(made, context(root, AS_OF + timedelta(days=later), run_id=run_id)))
    return {one["record_id"]: row["person_key"] for row in rows for one in row["evidence"] if one["role"] == "worker"}


def brothers(*, one_person: bool) -> District:
    """Two members of one name, or one member whom a second number and a second roll number turn out to be."""
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    first = made.member("李建国", number_of(1), member_no="M1", lost_contact=True)
    made.worker("李建国", number_of(1), first, record_id="W1")
    second = made.member("李建国", number_of(1 if one_person else 31), member_no="M9")
    if one_person:
        made.registry[first]["row_keys"].append(second)
        del made.registry[second]
    made.worker("李建国", number_of(31), first if one_person else second, record_id="W7")
    return made


def told(root: Path) -> tuple[dict[str, bool], list[tuple[str, str, str]]]:
    """Objection per key of the current version, and its aliases."""
    current = current_version(Home(root), KEY)
    assert current is not None
    rows = {row["person_key"]: row["objection"] for row in current.table("ledger").to_pylist()}
    return rows, [(row["old_key"], row["new_key"], row["event"]) for row in current.table("aliases").to_pylist()]


def test_two_merged_split_and_merged_again_keep_their_keys_and_only_the_right_one_is_frozen(tmp_path: Path) -> None:
    def next_night(turn: int, *, one_person: bool) -> None:
        night(brothers(one_person=one_person), context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))

    home = Home(tmp_path)
    next_night(0, one_person=False)
    both, _ = told(tmp_path)
    next_night(1, one_person=True)
    rows, ((lost, kept, event),) = told(tmp_path)
    assert (list(rows), event) == ([kept], "merged")
    assert show(home, lost)["row"]["person_key"] == kept
    next_night(2, one_person=False)
    rows, aliases = told(tmp_path)
    assert (rows, aliases) == (both, [(kept, lost, "split")])
    assert show(home, lost)["row"]["person_key"] == lost
    with opened_store(home) as store:
        store.raise_objection(lost, AS_OF, "本人")
    next_night(3, one_person=True)
    assert told(tmp_path) == ({kept: True}, [(lost, kept, "merged")])
    next_night(4, one_person=False)
    assert told(tmp_path) == ({kept: False, lost: True}, [(kept, lost, "split")])
    erase(home, KEY, lost, ErasureOrder("甲", "本人要求"))
    next_night(5, one_person=False)
    assert told(tmp_path) == ({kept: False}, [])
    assert verify(home, KEY) == []


def test_a_store_of_the_first_schema_keeps_its_merges(tmp_path: Path) -> None:
    home = context(tmp_path).home
    engine = engine_of(home)
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(resources.files("schemas") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        connection.execute(text("insert into versions values ('20260101T000000Z-aaaa', '2026-01-01', 'published')"))
        for old, new in (("p-b", "p-a"), ("p-c", "p-b")):
            connection.execute(
                text(
                    "insert into key_events (old_key, new_key, event, happened_on, version) "
                    "values (:old, :new, 'merged', '2026-01-01', '20260101T000000Z-aaaa')"
                ),
                {"old": old, "new": new},
            )
    engine.dispose()
    with opened_store(home) as store:
        assert [event[:3] for event in store.key_events()] == [("p-b", "p-a", "merged"), ("p-c", "p-b", "merged")]
        assert follow(merges(store), "p-c") == "p-a"
        assert merges(store, [("p-a", "p-b", "split")]) == {"p-c": "p-b"}


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_two_accounts_alike_but_for_their_number_keep_a_key_each(order: tuple[str, ...], tmp_path: Path) -> None:
    first_night(accounts("A", "B"), context(tmp_path))
    first = keys_by_record(accounts("A", "B"), tmp_path, "look-1", 1)
    for turn in range(1, 4):
        counts = night(accounts(*order), context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))
        assert not {"added", "removed"} & set(counts["changes"])
    assert keys_by_record(accounts(*order), tmp_path, "look-2", 4) == first


def test_more_alike_accounts_than_anyone_expected_get_a_key_each(tmp_path: Path) -> None:
    first_night(accounts(*"ABCDEFG"), context(tmp_path))
    first = keys_by_record(accounts(*"ABCDEFG"), tmp_path, "look-1", 1)
    assert len(set(first.values())) == 8
    night(accounts(*"GFEDCBA"), context(tmp_path, AS_OF + timedelta(days=1), run_id="run-2"))
    assert keys_by_record(accounts(*"GFEDCBA"), tmp_path, "look-2", 2) == first


def test_an_account_whose_evidence_all_belongs_to_another_key_takes_up_its_own_again(tmp_path: Path) -> None:
    first_night(accounts("A"), context(tmp_path))
    for turn in range(1, 4):
        counts = night(accounts("A", "A"), context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))
        assert counts["changes"].get("added", 0) == (1 if turn == 1 else 0)
        assert "removed" not in counts["changes"]
