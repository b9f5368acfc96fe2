"""Tables of growing size linked: wall, peak memory, spilled bytes, pairs, processor seconds, F1, and others beside.

Usage: python -m benchmarks.scale [SIZE...] [--tables DIR] [--model people] [--memory auto] [--rounds 3]
[--floor-to 10M] [--splink-to 10M] [--out DIR]. A SIZE is rows a side (100k, 30M) or of both sides (3Mx2.5M); its
tables stand in DIR/SIZE as benchmarks.people_tables writes them, and are made where they do not. By default the sizes
are those of the table that is asked for: 100k 1M 3Mx2.5M 10M 30M 100M.

Every link is a process of its own, wall from its start to its end, the median of the rounds up to a million rows a side
and once beyond. Growth is wall per row beside that of 1M. The floor (equi-joins of benchmarks.linking) and Splink (in
.venv-bench, which `make bench` makes) run beside up to the sizes given; where one fails no larger one is tried. Writes
OUT/scale.md, .json and .png after every size, so that a run broken off leaves what it measured.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.linking import FLOOR, timed

SIZES = ("100k", "1M", "3Mx2.5M", "10M", "30M", "100M")
SEED = 4
_UNITS = {"k": 1_000, "M": 1_000_000}
_MEMORY = ((10_000_000, "6GB"), (30_000_000, "8GB"))
_MOST_MEMORY = "12GB"
_SEVERAL_ROUNDS = 1_000_000
_CHILD = "from benchmarks.scale_link import linked; import sys; linked(*sys.argv[1:])"
_SPLINK = Path(".venv-bench/bin/python")


@dataclass
class Run:
    """One size: rows of both tables, wall and processor seconds, megabytes, pairs compared, F1, and others beside."""

    size: str
    rows: tuple[int, int]
    memory: str
    wall: float
    cpu: float
    peak_mb: int
    spilled_mb: int
    pairs: int
    f1: float
    floor_wall: float | None = None
    splink_wall: float | None = None
    splink_peak_mb: int | None = None
    splink_f1: float | None = None
    growth: float | None = None

    @property
    def cpu_per_million_pairs(self) -> float:
        """Processor seconds per million pairs compared, whole process."""
        return self.cpu / max(self.pairs / 1e6, 1e-9)


def rows_of(size: str) -> tuple[int, int]:
    """Rows of both sides: `3Mx2.5M`, or `100k` of each."""
    sides = [round(float(text.rstrip("kM")) * _UNITS.get(text[-1], 1)) for text in size.split("x")]
    return sides[0], sides[-1]


def tables(folder: Path, size: str) -> Path:
    """The folder of one size's tables, made by a process of its own where there are none."""
    found = folder / size
    if not (found / "truth.parquet").is_file():
        left, right = rows_of(size)
        print(f"making tables of {size} in {found}", file=sys.stderr, flush=True)
        words = [str(left), str(SEED), str(found), "--right", str(right)]
        subprocess.run([sys.executable, "-m", "benchmarks.people_tables", *words], check=True)
    return found


def memory_of(size: str, given: str) -> str:
    """The memory a link of this size is given: what the issue allows it, unless it was set."""
    if given != "auto":
        return given
    return next((memory for most, memory in _MEMORY if max(rows_of(size)) <= most), _MOST_MEMORY)


def measured(folder: Path, size: str, model: str, memory: str, rounds: int) -> Run:
    """One size's figures: the median round by its wall."""
    with tempfile.TemporaryDirectory(prefix="sanzhao-scale-", dir=folder) as name:
        runs = [_once(folder, size, (model, memory), Path(name)) for _ in range(rounds)]
    return sorted(runs, key=lambda run: run.wall)[len(runs) // 2]


def _once(folder: Path, size: str, how: tuple[str, str], scratch: Path) -> Run:
    report = scratch / "report.json"
    wall, peak = timed([sys.executable, "-c", _CHILD, str(folder), *how, str(report)])
    found = json.loads(report.read_text("ascii"))
    rows = [pq.ParquetFile(folder / f"{side}.parquet").metadata.num_rows for side in ("left", "right")]
    truth = f1(report.with_suffix(".parquet"), folder / "truth.parquet")
    return Run(size, (rows[0], rows[1]), how[1], wall, peak_mb=round(peak), f1=truth, **found)


def f1(pairs: Path, truth: Path) -> float:
    """F1 of the linked pairs."""
    counts = duckdb.sql(f"""
        select count(*) filter (where t.left_id is not null) as true_links, count(*) as links,
            (select count(*) from '{truth}') as true_pairs
        from (select * from '{pairs}' where decision = 'link') p left join '{truth}' t using (left_id, right_id)
    """).fetchone()
    right, links, true_pairs = counts or (0, 0, 0)
    return 2 * right / max(links + true_pairs, 1)


def floor(folder: Path, rounds: int) -> float:
    """Wall of the equi-joins, the median of the rounds."""
    return statistics.median(timed([sys.executable, "-c", FLOOR, str(folder)])[0] for _ in range(rounds))


def splink(folder: Path, run: Run) -> bool:
    """Splink's figures put beside, training included, once; whether it came to its end."""
    with tempfile.TemporaryDirectory(prefix="sanzhao-splink-", dir=folder) as name:
        out = Path(name) / "splink.parquet"
        command = [str(_SPLINK.absolute()), "-m", "benchmarks.peers.splink_people", str(folder), "plain", str(out)]
        try:
            run.splink_wall, peak = timed(command)
        except SystemExit:
            print(f"Splink did not come to its end at {run.size}", file=sys.stderr)
            return False
        run.splink_peak_mb, run.splink_f1 = round(peak), f1(out, folder / "truth.parquet")
    return True


def lines(runs: list[Run]) -> list[str]:
    """A Markdown table."""
    head = ["rows", "memory set", "wall s", "CPU s", "peak MB", "spilled MB", "pairs compared", "CPU s per M pairs",
            "F1", "growth per row", "wall / floor", "Splink wall s", "Splink peak MB", "Splink F1"]  # fmt: skip
    cells = [
        [f"{one.rows[0]:,} × {one.rows[1]:,}", one.memory, f"{one.wall:.1f}", f"{one.cpu:.1f}", f"{one.peak_mb:,}",
         f"{one.spilled_mb:,}", f"{one.pairs:,}", f"{one.cpu_per_million_pairs:.2f}", f"{one.f1:.4f}",
         _shown(one.growth, ".2f"), _shown(one.floor_wall and one.wall / one.floor_wall, ".2f"),
         _shown(one.splink_wall, ".1f"), _shown(one.splink_peak_mb, ","), _shown(one.splink_f1, ".4f")]
        for one in runs
    ]  # fmt: skip
    return [f"| {' | '.join(row)} |" for row in (head, ["---:"] * len(head), *cells)]


def _shown(value: float | None, form: str) -> str:
    return "" if value is None else format(value, form)


def draw(runs: list[Run], out: Path) -> None:
    """Wall and peak memory against rows of both sides, logarithmic, with 1.15 × linear from 1M beside."""
    import altair as alt

    base = next((run for run in runs if run.size == "1M"), runs[0])
    points = []
    for run in runs:
        rows = sum(run.rows)
        walls = {"sanzhao": run.wall, "floor, no model": run.floor_wall, "Splink": run.splink_wall}
        walls["1.15 × linear from 1M"] = 1.15 * base.wall * rows / sum(base.rows)
        peaks = {"sanzhao": run.peak_mb, "Splink": run.splink_peak_mb}
        for measure, found in (("wall, seconds", walls), ("peak memory, MB", peaks)):
            points += [
                {"rows": rows, "tool": tool, "of": measure, "value": value} for tool, value in found.items() if value
            ]
    chart = (
        alt.Chart(alt.InlineData(values=points))
        .mark_line(point=True)
        .encode(
            x=alt.X("rows:Q", scale=alt.Scale(type="log"), title="rows of both sides"),
            y=alt.Y("value:Q", scale=alt.Scale(type="log"), title=None),
            color=alt.Color("tool:N", scale=alt.Scale(range=["#999999", "#D55E00", "#56B4E9", "#0072B2"])),
        )
        .properties(width=340, height=260)
    )
    chart.facet(alt.Facet("of:N", title=None), columns=2).resolve_scale(y="independent").save(out, ppi=144)


def write(runs: list[Run], out: Path) -> None:
    """The table, the figures and the picture of what was measured so far."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "scale.md").write_text("\n".join([*lines(runs), ""]), "utf-8")
    (out / "scale.json").write_text(json.dumps([asdict(run) for run in runs], indent=1), "utf-8")
    draw(runs, out / "scale.png")


def asked() -> argparse.Namespace:
    """What the command was given."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", default=SIZES, metavar="SIZE")
    parser.add_argument("--tables", type=Path, default=Path("build/scale"))
    parser.add_argument("--model", default="people")
    parser.add_argument("--memory", default="auto")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--floor-to", default="10M")
    parser.add_argument("--splink-to", default="10M")
    parser.add_argument("--out", type=Path, default=Path("build/scale"))
    return parser.parse_args()


def main() -> None:
    given = asked()
    peer = _SPLINK.is_file()
    if not peer:
        print(f"no {_SPLINK}: Splink is left out; make bench makes it", file=sys.stderr)
    runs: list[Run] = []
    for size in given.sizes:
        folder, rows = tables(given.tables, size), max(rows_of(size))
        rounds = given.rounds if rows <= _SEVERAL_ROUNDS else 1
        run = measured(folder, size, given.model, memory_of(size, given.memory), rounds)
        runs.append(run)
        base = next((one for one in runs if one.size == "1M"), None)
        run.growth = run.wall / sum(run.rows) / (base.wall / sum(base.rows)) if base else None
        if rows <= max(rows_of(given.floor_to)):
            run.floor_wall = floor(folder, rounds)
        peer = peer and rows <= max(rows_of(given.splink_to)) and splink(folder, run)
        write(runs, given.out)
        print("\n".join(lines(runs)[-1:]), flush=True)
    print("\n".join(lines(runs)))


if __name__ == "__main__":
    main()
