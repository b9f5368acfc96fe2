"""The 57,000 × 70,000 drop read and staged, against only reading the same cells with calamine and pyarrow.

Each is one process, three times in turn; the ratio is of the fastest of each, by the wall and by processor seconds.
"""

from __future__ import annotations

import datetime as dt
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time

from benchmarks.district import MEMBERS, SEED, WORKERS, timed

ROUNDS = 3


def only_read(drop: Path) -> int:
    """All cells of a drop as the readers give them."""
    from pyarrow import csv
    from python_calamine import CalamineWorkbook

    cells = 0
    for path in sorted(drop.rglob("*")):
        if path.suffix == ".xlsx":
            with CalamineWorkbook.from_filelike(io.BytesIO(path.read_bytes())) as book:
                cells += sum(len(row) for name in book.sheet_names for row in book.get_sheet_by_name(name).to_python())
        elif path.suffix == ".csv":
            data = path.read_bytes()
            table = csv.read_csv(
                io.BytesIO(data),
                read_options=csv.ReadOptions(encoding=_encoding(data), autogenerate_column_names=True),
                parse_options=csv.ParseOptions(newlines_in_values=True, invalid_row_handler=lambda _row: "skip"),
            )
            cells += table.num_rows * table.num_columns
    return cells


def _encoding(data: bytes) -> str:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "gb18030"
    return "utf-8"


def staged(drop: Path, folder: Path) -> int:
    """All rows of a drop, landed beforehand, in the staging relations."""
    import pandas  # noqa: F401  # pyarrow imports it with the first array; imports are no part of either figure

    from flows.home.folders import Home
    from flows.home.keys import DistrictKey
    from flows.home.settings import Settings
    from flows.landing import land
    from flows.run.context import RunContext
    from flows.run.workspace import open_workspace
    from flows.staging.step import stage
    from schemas.contracts import load_sources
    from schemas.policy import load_policy

    home = Home(folder)
    home.make()
    run = RunContext(
        home=home,
        run_id="20261119T013000Z-ab12",
        as_of=dt.date(2026, 11, 19),
        drop=drop,
        settings=Settings(),
        policy=load_policy(),
        contracts=load_sources(),
        key=DistrictKey(os.urandom(32)),
        started_at=dt.datetime(2026, 11, 19, 1, 30, tzinfo=dt.UTC),
    )
    with open_workspace(run.workspace, "k" * 32) as con:
        land(con, run)
        started, used = perf_counter(), process_time()
        con.begin()
        rows = int(stage(con, run)["accepted"])
        con.commit()
        print(perf_counter() - started, process_time() - used, rows, _peak())
    return rows


def _peak() -> int:
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def _child(what: str, drop: Path) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.reading", what, str(drop)]
    return [float(word) for word in subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()]


def main(words: list[str]) -> None:
    """`benchmarks.reading [DROP]`: without a drop one is made."""
    if words[:1] == ["read"]:
        import python_calamine  # noqa: F401
        from pyarrow import csv  # noqa: F401

        started, used = perf_counter(), process_time()
        cells = only_read(Path(words[1]))
        print(perf_counter() - started, process_time() - used, cells, _peak())
        return
    if words[:1] == ["stage"]:
        with tempfile.TemporaryDirectory(prefix="sanzhao-bench-") as folder:
            staged(Path(words[1]), Path(folder) / "home")
        return
    with tempfile.TemporaryDirectory(prefix="sanzhao-bench-") as folder:
        if words:
            drop = Path(words[0])
        else:
            size = ("--workers", str(WORKERS), "--members", str(MEMBERS), "--seed", str(SEED))
            timed("sample", *size, "--out", f"{folder}/made")
            drop = Path(folder) / "made" / "drop"
        rounds = [(_child("read", drop), _child("stage", drop)) for _ in range(ROUNDS)]
    report(rounds)


def report(rounds: list[tuple[list[float], list[float]]]) -> None:
    """Print the fastest of each and the ratios."""
    read, stage = ([min(one[side][at] for one in rounds) for at in (0, 1)] for side in (0, 1))
    cells, rows = rounds[0][0][2], rounds[0][1][2]
    print(f"only read        {read[0]:6.2f} s wall {read[1]:6.2f} s processor  {cells:,.0f} cells")
    print(f"read and staged  {stage[0]:6.2f} s wall {stage[1]:6.2f} s processor  {rows:,.0f} rows")
    print(f"ratio            {stage[0] / read[0]:6.2f}   wall {stage[1] / read[1]:6.2f}   processor")
    print(f"peak             {max(one[1][3] for one in rounds):6.0f} MB")


if __name__ == "__main__":
    main(sys.argv[1:])
