"""One OpenLineage event per beginning and end of a run and of each step (specification 2-0-2).

They hold names of steps, sources, tables and columns, types and row counts; no cell, no person, no path of a machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import Any, Literal
from uuid import UUID, uuid5

import pyarrow as pa

Kind = Literal["START", "COMPLETE", "FAIL"]
Event = dict[str, object]

_SPEC = "https://openlineage.io/spec"
_EVENT_SCHEMA = f"{_SPEC}/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = {
    "schema": "1-2-0/SchemaDatasetFacet",
    "parent": "1-2-0/ParentRunFacet",
    "outputStatistics": "1-0-2/OutputStatisticsOutputDatasetFacet",
    "errorMessage": "1-0-1/ErrorMessageRunFacet",
    "nominalTime": "1-0-1/NominalTimeRunFacet",
    "documentation": "1-1-0/DocumentationJobFacet",
    "jobType": "2-0-4/JobTypeJobFacet",
}
_RUNS = UUID("5a8d1c4e-7f0b-5d0e-9c3a-2b6f4e1d9a70")
"""The name space of this program's run ids: the same run and step have the same UUID whenever it is asked for."""
RUN_JOB = "run"


@dataclass(frozen=True)
class Dataset:
    """One table or set of files outside or inside the workspace; rows are known only of what was written."""

    name: str
    schema: pa.Schema | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Job:
    """A step of a run, or the run itself (`step` null), as events name it."""

    namespace: str
    run_id: str
    step: str | None = None
    title: str = ""

    @property
    def name(self) -> str:
        return f"{RUN_JOB}.{self.step}" if self.step else RUN_JOB

    @property
    def uuid(self) -> str:
        return str(uuid5(_RUNS, f"{self.run_id}/{self.step or ''}"))


@dataclass(frozen=True)
class Moment:
    """What happened when; a failure has the code of its rule, never its message."""

    kind: Kind
    at: datetime
    rule: str = ""


def event_of(job: Job, moment: Moment, inputs: Iterable[Dataset], outputs: Iterable[Dataset]) -> Event:
    """The event as the specification has it."""
    return {
        "eventType": moment.kind,
        "eventTime": moment.at.isoformat(),
        "producer": producer(),
        "schemaURL": _EVENT_SCHEMA,
        "run": {"runId": job.uuid, "facets": _run_facets(job, moment)},
        "job": {"namespace": job.namespace, "name": job.name, "facets": _job_facets(job)},
        "inputs": [_dataset(job, one) for one in inputs],
        "outputs": [
            {**_dataset(job, one), "outputFacets": _statistics(one)} if one.rows is not None else _dataset(job, one)
            for one in outputs
        ],
    }


def producer() -> str:
    """Who made the event: this program and its version, as a URN."""
    return f"urn:sanzhao:{version('sanzhao')}"


def _run_facets(job: Job, moment: Moment) -> Mapping[str, Any]:
    facets: dict[str, object] = {}
    if job.step:
        above = Job(job.namespace, job.run_id)
        facets["parent"] = _facet(
            "parent", run={"runId": above.uuid}, job={"namespace": above.namespace, "name": above.name}
        )
    if moment.rule:
        facets["errorMessage"] = _facet("errorMessage", message=f"rule {moment.rule}", programmingLanguage="python")
    return facets


def _job_facets(job: Job) -> Mapping[str, Any]:
    kind = {"processingType": "BATCH", "integration": "SANZHAO", "jobType": "TASK" if job.step else "DAG"}
    facets = {"jobType": _facet("jobType", **kind)}
    return facets | ({"documentation": _facet("documentation", description=job.title)} if job.title else {})


def _dataset(job: Job, one: Dataset) -> dict[str, object]:
    facets = {}
    if one.schema is not None:
        fields = [{"name": column.name, "type": str(column.type)} for column in one.schema]
        facets["schema"] = _facet("schema", fields=fields)
    return {"namespace": job.namespace, "name": one.name, "facets": facets}


def _statistics(one: Dataset) -> Mapping[str, Any]:
    return {"outputStatistics": _facet("outputStatistics", rowCount=one.rows)}


def _facet(name: str, **body: Any) -> dict[str, object]:
    place, title = _FACETS[name].split("/")
    return {"_producer": producer(), "_schemaURL": f"{_SPEC}/facets/{place}/{title}.json#/$defs/{title}", **body}
