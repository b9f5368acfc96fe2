"""Person keys over many nights: kept, never swapped, never run out."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from tests.flows.ledger.district import AS_OF, District, build, context, ledger_of, night, number_of


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


@pytest.mark.parametrize("order", [("A", "B"), ("B", "A")])
def test_two_accounts_alike_but_for_their_number_keep_a_key_each(order: tuple[str, ...], tmp_path: Path) -> None:
    night(accounts("A", "B"), context(tmp_path))
    first = keys_by_record(accounts("A", "B"), tmp_path, "look-1", 1)
    for turn in range(1, 7):
        counts = night(accounts(*order), context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))
        assert not {"added", "removed"} & set(counts["changes"])
    assert keys_by_record(accounts(*order), tmp_path, "look-2", 7) == first


def test_more_alike_accounts_than_anyone_expected_get_a_key_each(tmp_path: Path) -> None:
    night(accounts(*"ABCDEFG"), context(tmp_path))
    first = keys_by_record(accounts(*"ABCDEFG"), tmp_path, "look-1", 1)
    assert len(set(first.values())) == 8
    night(accounts(*"GFEDCBA"), context(tmp_path, AS_OF + timedelta(days=1), run_id="run-2"))
    assert keys_by_record(accounts(*"GFEDCBA"), tmp_path, "look-2", 2) == first


def test_an_account_whose_evidence_all_belongs_to_another_key_takes_up_its_own_again(tmp_path: Path) -> None:
    night(accounts("A"), context(tmp_path))
    for turn in range(1, 7):
        counts = night(accounts("A", "A"), context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}"))
        assert counts["changes"].get("added", 0) == (1 if turn == 1 else 0)
        assert "removed" not in counts["changes"]
