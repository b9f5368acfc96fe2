"""A district whose numbers fill more than one row group of the library: nobody's number is lost on the way.

Must show 2 of the issue on lost rows: numbers that hold no ID or phone went missing for everybody from 122,880 on.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from benchmarks.district import timed
from tests.flows.staging.night import staged

pytestmark = pytest.mark.prove

WORKERS, MEMBERS, SEED = 57_000, 110_000, 7
ROW_GROUP = 122_880
_PERSONAL = re.compile(r"[0-9]{11}")
"""Digits enough for a phone or an ID, which are published nowhere."""
_PEOPLE = ("party_members", "party_transfers", "floating_members", "platform", "transport")


@pytest.fixture(scope="module")
def drop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("numbers")
    size = ("--workers", str(WORKERS), "--members", str(MEMBERS), "--seed", str(SEED))
    timed("sample", *size, "--out", str(out))
    return out / "drop"


def numbers_of(drop: Path, root: Path) -> dict[tuple[str, str, int], tuple[str | None, str | None]]:
    """(source, file, row) -> the record's and the member's number, as the files of people have them."""
    files = {
        str(path.relative_to(drop)): path.read_bytes() for path in drop.glob("*/*") if path.name != "provenance.toml"
    }
    with staged(root, files) as night:
        parts = [
            f"select '{source}', file, \"row\", record_id, "
            f"{'member_no' if source == 'party_members' else 'null'} from stage_{source}"
            for source in _PEOPLE
        ]
        return {
            (source, file, row): (own, member) for part in parts for source, file, row, own, member in night.rows(part)
        }


def public(number: str | None) -> bool:
    return number is not None and _PERSONAL.search(number) is None


def test_every_number_that_a_file_has_is_in_the_ledger(drop: Path, tmp_path: Path) -> None:
    read = numbers_of(drop, tmp_path / "read")
    distinct = {number for pair in read.values() for number in pair if public(number)}
    assert len(distinct) > ROW_GROUP

    home = tmp_path / "home"
    seconds, memory, text = timed("run", "--home", str(home), "--drop", str(drop), "--as-of", "2026-11-19", "--json")
    assert json.loads(text)["steps"]
    ledger = pq.read_table(home / "ledger" / "ledger.parquet").to_pylist()
    rolled = [row for row in ledger if any(one["source"] == "party_members" for one in row["evidence"])]
    evidence = [one for row in ledger for one in row["evidence"]]
    due = [one for one in evidence if public(read.get((one["source"], one["file"], one["row"]), (None, None))[0])]
    print(
        f"\n{len(distinct):,} distinct numbers without an ID or a phone; {len(ledger):,} people in the ledger, "
        f"{sum(row['member_no'] is not None for row in rolled):,} of {len(rolled):,} on a roll with member_no; "
        f"{sum(one['record_id'] is not None for one in due):,} of {len(due):,} pieces of evidence with record_id "
        f"(run {seconds:.0f} s, {memory} MB)"
    )
    assert len(rolled) > 500 and all(row["member_no"] for row in rolled)
    assert len(due) > 1_000
    wrong = [one for one in due if one["record_id"] != read[one["source"], one["file"], one["row"]][0]]
    assert wrong == []
