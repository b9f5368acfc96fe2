"""Ours and the peers on the same tables, under the same process conditions, in turns: a table and a chart.

Usage: python -m benchmarks.peers.compare [--sizes N …] [--rounds R] [--seed S] [--out DIR] [--without-febrl].
Wall is the median of R rounds in which every tool runs once; by default one, since Splink takes minutes a round.
Runs in an environment with the bench extra (`make bench` makes it). Writes DIR/peers.md and
DIR/peers.png after every pair of tables, so that a run broken off leaves what it measured.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.linking import FLOOR
from benchmarks.peers.febrl import febrl
from benchmarks.peers.runs import Measured, Tool, in_turns, table_lines
from benchmarks.people_tables import write_tables

PYTHON, SANZHAO = sys.executable, str(Path(sys.executable).parent / "sanzhao")


def people(size: int, seed: int, rounds: int, *, one_city: bool) -> list[Measured]:
    """The floor, ours with a stored model, ours with training, and Splink's configurations."""
    work = f"{size:,} × {size:,}" + (", one city" if one_city else "")
    with tempfile.TemporaryDirectory(prefix="sanzhao-bench-") as name:
        folder = Path(name)
        write_tables(size, seed, folder, one_city=one_city)
        sides = [str(folder / "left.parquet"), str(folder / "right.parquet")]
        model, ours = str(folder / "model.toml"), folder / "ours.parquet"
        train = [SANZHAO, "train", *sides, "--model", "people", "--out", model]
        link = [SANZHAO, "link", *sides, "--model", model, "--out", str(ours)]
        tools = [
            Tool("the floor, no model", ([PYTHON, "-c", FLOOR, name],), folder / "floor.parquet", all_link=True),
            Tool("sanzhao, train and link", (train, link), ours),
            Tool("sanzhao, stored model", (link,), ours),
            *(
                Tool(f"Splink {kind}", ([PYTHON, "-m", "benchmarks.peers.splink_people", name, kind, str(out)],), out)
                for kind in ("plain", "quick", "handmade")
                for out in (folder / f"{kind}.parquet",)
            ),
        ]
        return in_turns(work, tools, folder / "truth.parquet", rounds)


def draw(rows: list[Measured], out: Path) -> None:
    """F1 against wall seconds, a panel per work."""
    import altair as alt

    values = [
        {"work": row.work, "tool": row.tool, "wall": row.wall, "F1": row.result.at_decision.f1}
        for row in rows
        if row.result
    ]
    base = alt.Chart(alt.InlineData(values=values)).encode(
        x=alt.X("wall:Q", scale=alt.Scale(type="log"), title="wall seconds (log)"),
        y=alt.Y("F1:Q", scale=alt.Scale(zero=False)),
        shape="tool:N",
        color=alt.Color(
            "tool:N",
            scale=alt.Scale(range=["#999999", "#0072B2", "#56B4E9", "#E69F00", "#D55E00", "#009E73", "#CC79A7"]),
        ),
    )
    chart = base.mark_point(size=120, filled=True).properties(width=320, height=220)
    chart.facet("work:N", columns=2).resolve_scale(x="independent", y="independent").save(out, ppi=144)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="*", default=[100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--seed", type=int, default=70_001)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    parser.add_argument("--without-febrl", action="store_true")
    given = parser.parse_args()
    rows: list[Measured] = [] if given.without_febrl else febrl(given.rounds)
    for size in given.sizes:
        for one_city in (False, True):
            rows += people(size, given.seed, given.rounds, one_city=one_city)
            write(rows, given.out)
    print("\n".join(table_lines(rows)))


def write(rows: list[Measured], out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    (out / "peers.md").write_text("\n".join([*table_lines(rows), ""]), "utf-8")
    draw(rows, out / "peers.png")


if __name__ == "__main__":
    main()
