"""One sample per line in Prometheus's text format, read by node exporter's textfile collector; only counts and times.

The file is replaced by one rename, so that no half of it is ever read. It is 0640: the collector reads it by the group
of its folder.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from flows.home.folders import Home
from flows.home.runlog import log_event
from flows.run.runs import RunRecord, list_runs
from reports.summary import RunSummary

_MODE = 0o640


@dataclass(frozen=True)
class Sample:
    """One value under its name and labels."""

    value: float
    labels: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Metric:
    """One gauge: its name, what it says, its samples."""

    name: str
    about: str
    samples: Sequence[Sample] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"# HELP sanzhao_{self.name} {self.about}"
        yield f"# TYPE sanzhao_{self.name} gauge"
        for sample in self.samples:
            labels = ",".join(f'{name}="{_escaped(text)}"' for name, text in sample.labels)
            yield f"sanzhao_{self.name}{'{' + labels + '}' if labels else ''} {sample.value:.15g}"


def write_metrics(home: Home, path: Path, summary: RunSummary | None) -> None:
    """Replace the file. `summary` is of the last published run, none before the first; a full disk is only logged."""
    lines = [line for metric in metrics_of(list_runs(home), summary) for line in metric.lines()]
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), _MODE)
            file.write("\n".join(lines) + "\n")
        aside.replace(path)
    except OSError as error:
        log_event(home, "metrics_unwritten", error=type(error).__name__)


def metrics_of(runs: Sequence[RunRecord], summary: RunSummary | None) -> list[Metric]:
    """When the last runs were and how they ended; what the last published one counted."""
    done = [run for run in runs if run.state == "done"]
    last = [Sample(run.started_at.timestamp()) for run in runs[-1:]]
    ended = [Sample(float(run.state == "done"), (("rule", run.rule or ""),)) for run in runs[-1:]]
    return [
        Metric("build_info", "The program's version.", [Sample(1, (("version", version("sanzhao")),))]),
        Metric("last_run_start_seconds", "When the newest run began.", last),
        Metric("last_run_success", "Whether the newest run was published; the rule that stopped it.", ended),
        Metric(
            "last_published_start_seconds", "When the newest published run began.",
            [Sample(run.started_at.timestamp()) for run in done[-1:]],
        ),
        *(_run_metrics(summary) if summary else ()),
    ]  # fmt: skip


def _run_metrics(summary: RunSummary) -> list[Metric]:
    """What the last published run counted."""
    rows = [
        Sample(rows, (("source", line.source), ("state", state)))
        for line in summary.sources
        for state, rows in (("accepted", line.accepted), ("quarantined", line.quarantined))
    ]
    missing = [Sample(float(line.missing and line.had), (("source", line.source),)) for line in summary.sources]
    seconds = [Sample(step.seconds, (("step", step.name),)) for step in summary.steps]
    return [
        Metric("ledger_persons", "Persons in the ledger.", [Sample(summary.persons)]),
        Metric("review_pairs", "Pairs that wait for a person.", [Sample(summary.waiting_pairs)]),
        Metric("run_warnings", "Warnings of the last published run.", [Sample(len(summary.warnings))]),
        Metric("source_rows", "Rows read per source.", rows),
        Metric("source_missing", "Whether nothing came of a source the district has.", missing),
        Metric("step_seconds", "Seconds per step.", seconds),
    ]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
