"""One row per tool on one work: median wall and peak memory of whole processes in turns, and pairs against truth."""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq

from benchmarks.linking import timed
from flows.evaluate.pairs import PairsEvaluation, evaluate_pairs

Command = list[str]


@dataclass(frozen=True)
class Tool:
    """What is run, in order, for one result; the pairs it leaves."""

    name: str
    commands: tuple[Command, ...]
    pairs: Path | None
    all_link: bool = False


@dataclass(frozen=True)
class Measured:
    """One row of the table."""

    work: str
    tool: str
    wall: float
    memory: float
    result: PairsEvaluation | None


def in_turns(work: str, tools: list[Tool], truth: Path, rounds: int) -> list[Measured]:
    """Every tool once per round, so that what else the machine does falls on all alike."""
    taken: dict[str, list[tuple[float, float]]] = {tool.name: [] for tool in tools}
    for number in range(rounds):
        for tool in tools:
            parts = [timed(command) for command in tool.commands]
            taken[tool.name].append((sum(wall for wall, _ in parts), max(memory for _, memory in parts)))
            print(
                f"  {work}, round {number + 1}: {tool.name} {taken[tool.name][-1][0]:.1f} s",
                file=sys.stderr,
                flush=True,
            )
    return [_measured(work, tool, taken[tool.name], truth) for tool in tools]


def _measured(work: str, tool: Tool, runs: list[tuple[float, float]], truth: Path) -> Measured:
    walls, memories = [wall for wall, _ in runs], [memory for _, memory in runs]
    result = evaluate_pairs(_pairs(tool), pq.read_table(truth)) if tool.pairs else None
    return Measured(work, tool.name, statistics.median(walls), max(memories), result)


def _pairs(tool: Tool) -> pq.Table:
    table = pq.read_table(tool.pairs)
    if not tool.all_link:
        return table
    rows = table.num_rows
    filled: Mapping[str, list[object]] = {
        "match_weight": [1.0] * rows, "match_probability": [1.0] * rows, "decision": ["link"] * rows,
    }  # fmt: skip
    for name, values in filled.items():
        table = table.append_column(name, [values])
    return table


def table_lines(rows: list[Measured]) -> list[str]:
    """The table as Markdown."""
    lines = [
        "Of the pairs a tool links: right/links, right/true pairs, F1 (precision, recall). Of its pairs of probability",
        ".2–.5 and .5–.8: true/pairs. Wall: whole processes, median of the rounds; memory: the peak of any.",
        "",
        "| work | tool | P / R / F1 at its default | .2–.5 true | .5–.8 true | wall s | of Splink plain | RSS MB |",
        "|---|---|---|---|---|---:|---:|---:|",
    ]
    for row in rows:
        base = next((one.wall for one in rows if one.work == row.work and one.tool == "Splink plain"), None)
        share = f"{row.wall / base:.3f}" if base else "–"
        lines.append(f"| {row.work} | {row.tool} | {_rates(row)} | {_band(row, '0.2-0.5')} | {_band(row, '0.5-0.8')} "
                     f"| {row.wall:.2f} | {share} | {row.memory:,.0f} |")  # fmt: skip
    return lines


def _rates(row: Measured) -> str:
    if row.result is None:
        return "–"
    point = row.result.at_decision
    return (
        f"{point.precision.right}/{point.precision.of} / {point.recall.right}/{point.recall.of} / {point.f1:.4f} "
        f"({point.precision.rate or 0:.4f} / {point.recall.rate or 0:.4f})"
    )


def _band(row: Measured, name: str) -> str:
    share = row.result.calibration[name] if row.result else None
    return f"{share.right}/{share.of}" if share and share.of else "–"
