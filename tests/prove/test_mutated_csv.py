"""Three hundred mutated CSV files in one night: rows in = rows read + rows named, file by file and all together."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.staging.readers import read_file
from tests.flows.delimited.mutating import Mutated, mutated
from tests.flows.staging.night import Staged, staged

pytestmark = pytest.mark.prove
FILES = 300


def named(made: Mutated, rows: list[int]) -> str:
    """The text of the rows that are in quarantine."""
    (grid,) = read_file(made.data, "x.csv")
    return "".join("".join(map(str, grid.rows[row - 1])) for row in rows)


def accounted(night: Staged, file: str, made: Mutated) -> tuple[int, int]:
    """How many of a file's riders were read, and how many named."""
    read = {one for (one,) in night.rows(f"select record_id from stage_platform where file = '{file}'")}
    text = named(made, [row for (row,) in night.rows(f"select \"row\" from quarantine where file = '{file}'")])
    missing = [rider for rider in made.rows if rider not in read]
    assert [rider for rider in missing if rider not in text] == [], (made.seed, made.faults)
    names = dict(night.rows(f"select record_id, name from stage_platform where file = '{file}'"))
    assert all(made.rows[rider][2] == name for rider, name in names.items()), (made.seed, made.faults)
    return len(read), len(missing)


def test_three_hundred_mutated_files(tmp_path: Path) -> None:
    made = {f"{seed:03d}.csv": mutated(seed) for seed in range(FILES)}
    with staged(tmp_path, {f"platform/{file}": one.data for file, one in made.items()}) as night:
        books = night.rows(
            "select count(distinct file), sum(rows_in), sum(accepted), sum(quarantined) from stage_files "
            "where source = 'platform'"
        )
        files, rows_in, accepted, quarantined = books[0]
        assert (files, rows_in) == (FILES, accepted + quarantined)
        found = [accounted(night, file, one) for file, one in made.items()]
        read, missing = (sum(column) for column in zip(*found, strict=True))
        written = sum(len(one.rows) for one in made.values())
        assert read + missing == written
        print(f"\n{FILES} files, {written} rows: {read} read, {missing} named ({quarantined} rows in quarantine)")
