"""One table pair after another of growing size, linked: wall, processor seconds, peak memory, spilled bytes, pairs, F1.

Usage: python -m benchmarks.scale FOLDER... [--model people] [--memory 6GB] [--floor] [--out scale.json]; each FOLDER
holds left, right and truth.parquet as benchmarks.people_tables writes them. Every link is a process of its own, wall
from its start to its end; `--floor` runs the equi-joins of benchmarks.linking beside. Growth is wall per row beside the
first's.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.linking import FLOOR, timed

_CHILD = "from benchmarks.scale import linked; import sys; linked(*sys.argv[1:])"


@dataclass
class Run:
    """One size: rows of the left table, seconds of wall and processor, megabytes, pairs compared, F1."""

    rows: int
    wall: float
    cpu: float
    peak_mb: int
    spilled_mb: int
    pairs: int
    f1: float
    floor_ratio: float | None = None
    growth: float = 1.0

    @property
    def cpu_per_million_pairs(self) -> float:
        """Processor seconds per million pairs compared, whole process."""
        return self.cpu / max(self.pairs / 1e6, 1e-9)


def linked(folder: str, model: str, memory: str, report: str) -> None:
    """In a process of its own: link two files and write down what it took."""
    from flows.cli.linking import load_model
    from flows.tabular import open_table, write_table
    from matchers.engine import Options
    from matchers.engines.link import link_tables
    from matchers.linking import link
    from matchers.sides.spool import Spool

    pairs, spools = [0], list[Spool]()
    made = Spool.__init__

    def counted(spool: Spool, *args: object, **named: object) -> None:
        made(spool, *args, **named)  # type: ignore[arg-type]
        spools.append(spool)

    def progress(what: str, done: int, of: int) -> None:
        if "（对）" in what:
            pairs[0] = of

    Spool.__init__ = counted  # type: ignore[method-assign]
    loaded, sides = load_model(model), [open_table(Path(folder) / f"{side}.parquet") for side in ("left", "right")]
    with tempfile.TemporaryDirectory(prefix="sanzhao-scale-", dir=Path(report).parent) as spill:
        options, ids = Options(memory=memory, spill=Path(spill), progress=progress), ("row_id", "row_id")
        if loaded.finds_headers:
            from flows.tabular.people_cells import people_reading

            found = link(*sides, loaded, ids=ids, reading=people_reading, options=options)
        else:
            found = link_tables(*sides, loaded, ids=ids, options=options)
        write_table(found, Path(report).with_suffix(".parquet"))
    used = resource.getrusage(resource.RUSAGE_SELF)
    Path(report).write_text(json.dumps({
        "cpu": used.ru_utime + used.ru_stime, "peak_mb": used.ru_maxrss // 1024, "pairs": pairs[0],
        "spilled_mb": sum(spool.bytes_written for spool in spools) >> 20,
    }), "ascii")  # fmt: skip


def measured(folder: Path, model: str, memory: str, *, floor: bool, scratch: Path) -> Run:
    """One size's figures."""
    report = scratch / "report.json"
    start = time.perf_counter()
    subprocess.run([sys.executable, "-c", _CHILD, str(folder), model, memory, str(report)], check=True)
    wall = time.perf_counter() - start
    found = json.loads(report.read_text("ascii"))
    pairs, rows = report.with_suffix(".parquet"), pq.ParquetFile(folder / "left.parquet").metadata.num_rows
    ratio = wall / timed([sys.executable, "-c", FLOOR, str(folder)])[0] if floor else None
    return Run(rows=rows, wall=wall, f1=f1(pairs, folder / "truth.parquet"), floor_ratio=ratio, **found)


def f1(pairs: Path, truth: Path) -> float:
    """F1 of the linked pairs."""
    counts = duckdb.sql(f"""
        select count(*) filter (where t.left_id is not null) as true_links, count(*) as links,
            (select count(*) from '{truth}') as true_pairs
        from (select * from '{pairs}' where decision = 'link') p left join '{truth}' t using (left_id, right_id)
    """).fetchone()
    right, links, true_pairs = counts or (0, 0, 0)
    return 2 * right / max(links + true_pairs, 1)


def lines(runs: list[Run]) -> list[str]:
    """A Markdown table."""
    head = ["rows a side", "wall s", "CPU s", "peak MB", "spilled MB", "pairs compared", "CPU s per M pairs", "F1",
            "wall / floor", "growth"]  # fmt: skip
    rows = [
        [f"{one.rows:,}", f"{one.wall:.1f}", f"{one.cpu:.1f}", f"{one.peak_mb:,}", f"{one.spilled_mb:,}",
         f"{one.pairs:,}", f"{one.cpu_per_million_pairs:.2f}", f"{one.f1:.4f}",
         f"{one.floor_ratio:.2f}" if one.floor_ratio else "", f"{one.growth:.2f}"]
        for one in runs
    ]  # fmt: skip
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---:"] * len(head), *rows)]


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folders", type=Path, nargs="+")
    asked.add_argument("--model", default="people")
    asked.add_argument("--memory", default="6GB")
    asked.add_argument("--floor", action="store_true")
    asked.add_argument("--out", type=Path)
    given = asked.parse_args()
    runs: list[Run] = []
    for folder in given.folders:
        with tempfile.TemporaryDirectory(prefix="sanzhao-scale-", dir=folder) as scratch:
            runs.append(measured(folder, given.model, given.memory, floor=given.floor, scratch=Path(scratch)))
        runs[-1].growth = runs[-1].wall / runs[-1].rows / (runs[0].wall / runs[0].rows)
        print("\n".join(lines(runs[-1:])[2:]), flush=True)
    print("\n".join(lines(runs)))
    if given.out:
        given.out.write_text(json.dumps([asdict(run) for run in runs], indent=1), "ascii")


if __name__ == "__main__":
    main()
