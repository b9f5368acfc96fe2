"""What a run tells of itself: OpenLineage events and figures for a monitoring system, and never a person."""

from __future__ import annotations

import csv
import json
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from flows.home.folders import Home, write_private
from flows.home.settings import Settings, load_settings, parse_settings
from flows.lineage.outbox import deliver
from flows.pipeline.driver import drive
from flows.pipeline.request import RunRequest
from flows.pipeline.steps import STEPS
from flows.run.runs import list_runs
from schemas.errors import ContractError, SanzhaoError
from tests.flows.notices.servers import Hook, hook_server
from tests.golden.golden import DROP

NIGHT, NEXT = date(2026, 11, 20), date(2026, 11, 21)
CONFIG = """reports = []
[lineage]
folder = "{folder}/events"
url = "{url}"
namespace = "district"
secret_file = "lineage.token"
[metrics]
textfile = "{folder}/sanzhao.prom"
"""
FACETS = {"type": "object", "additionalProperties": {"type": "object", "required": ["_producer", "_schemaURL"]}}
NAMED = {"type": "object", "required": ["namespace", "name"], "properties": {"facets": FACETS}}
# What the specification (2-0-2) asks of a run event, in our own words.
EVENT = {
    "type": "object",
    "required": ["eventTime", "eventType", "producer", "schemaURL", "run", "job", "inputs", "outputs"],
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "eventType": {"enum": ["START", "RUNNING", "COMPLETE", "ABORT", "FAIL", "OTHER"]},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"},
        "run": {
            "type": "object",
            "required": ["runId"],
            "properties": {"runId": {"type": "string", "format": "uuid"}, "facets": FACETS},
        },
        "job": NAMED,
        "inputs": {"type": "array", "items": NAMED},
        "outputs": {"type": "array", "items": {**NAMED, "properties": {"facets": FACETS, "outputFacets": FACETS}}},
    },
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Told:
    """Two runs, one published and one refused, and what they left."""

    home: Home
    hook: Hook
    waiting: list[str]
    metrics: list[str]

    @property
    def files(self) -> list[list[dict[str, Any]]]:
        folder = self.home.root / "aside" / "events"
        return [
            [json.loads(line) for line in path.read_text("utf-8").splitlines()] for path in sorted(folder.iterdir())
        ]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    home = Home(tmp_path_factory.mktemp("lineage") / "home")
    empty = home.root / "empty"
    (home.root / "aside").mkdir(parents=True)
    empty.mkdir()
    with hook_server() as hook:
        write_private(home.config, CONFIG.format(folder="aside", url=hook.url).encode())
        write_private(home.root / "lineage.token", b"secret-token")
        hook.refuse_next = 1
        drive(RunRequest(home, drop=DROP, as_of=NIGHT))
        waiting = [path.name for path in (home.root / "aside" / "events").iterdir()]
        metrics = [(home.root / "aside" / "sanzhao.prom").read_text("utf-8")]
        with pytest.raises(SanzhaoError):
            drive(RunRequest(home, drop=empty, as_of=NEXT))
        metrics.append((home.root / "aside" / "sanzhao.prom").read_text("utf-8"))
        yield Told(home, hook, waiting, metrics)


def test_every_event_is_as_the_specification_asks(told: Told) -> None:
    checker = jsonschema.Draft202012Validator(EVENT, format_checker=jsonschema.FormatChecker())
    events = [event for file in told.files for event in file]
    assert len(events) > 2 * len(STEPS)
    for event in events:
        checker.validate(event)
        assert datetime.fromisoformat(event["eventTime"]).tzinfo


def test_each_job_begins_and_ends_and_a_refused_run_fails_by_its_rule(told: Told) -> None:
    published, refused = told.files
    ended = [(event["job"]["name"], event["eventType"]) for event in published]
    assert ended[0] == ("run", "START")
    assert ended[-1] == ("run", "COMPLETE")
    steps = [(f"run.{step.name}", kind) for step in STEPS for kind in ("START", "COMPLETE")]
    assert ended[1:-1] == steps
    assert [event["eventType"] for event in refused] == ["START", "START", "FAIL", "FAIL"]
    rule = list_runs(told.home)[-1].rule
    assert refused[-1]["run"]["facets"]["errorMessage"]["message"] == f"rule {rule}"
    parents = {event["run"]["facets"]["parent"]["run"]["runId"] for event in published[1:-1]}
    assert parents == {published[0]["run"]["runId"]}


def test_what_a_step_reads_another_wrote_and_the_ledger_goes_out(told: Told) -> None:
    done = {event["job"]["name"]: event for event in told.files[0] if event["eventType"] == "COMPLETE"}
    written = {one["name"] for event in done.values() for one in event["outputs"]}
    read = {one["name"] for event in done.values() for one in event["inputs"]}
    assert {name for name in read if not name.startswith("drop.")} <= written
    assert {"drop.platform", "landing.platform"} <= read
    assert "ledger.ledger" in {one["name"] for one in done["run.published"]["outputs"]}
    ledger = next(one for one in done["run.ledger"]["outputs"] if one["name"] == "workspace.ledger")
    assert ledger["outputFacets"]["outputStatistics"]["rowCount"] > 0
    assert "person_key" in [column["name"] for column in ledger["facets"]["schema"]["fields"]]


def test_no_person_and_no_path_of_the_machine_is_told(told: Told) -> None:
    text = json.dumps(told.files, ensure_ascii=False) + "".join(told.metrics)
    assert str(told.home.root) not in text
    assert not re.search(r"\d{15}|1[3-9]\d{9}", re.sub(r"\d{10}\.?\d* *\n|[0-9a-f]{8}-[0-9a-f-]{27}", "", text))
    with (DROP / "party_members" / "党员名册.csv").open(encoding="gb18030") as file:
        names = {row["姓名"] for row in csv.DictReader(file)}
    assert names
    assert not [name for name in names if name and name in text]


def test_what_a_server_refused_goes_out_with_the_next_run(told: Told) -> None:
    assert [name.endswith(".events.jsonl") for name in told.waiting] == [True]
    assert told.hook.bodies() == [event for file in told.files for event in file]
    assert {headers["Authorization"] for headers, _ in told.hook.calls} == {"Bearer secret-token"}
    folder = told.home.root / "aside" / "events"
    assert all(path.name.endswith(".sent.jsonl") for path in folder.iterdir())
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}


def test_the_figures_say_what_was_published_and_how_the_last_run_ended(told: Told) -> None:
    good, bad = told.metrics
    assert 'sanzhao_last_run_success{rule=""} 1\n' in good
    assert f'sanzhao_last_run_success{{rule="{list_runs(told.home)[-1].rule}"}} 0\n' in bad
    persons = re.findall(r"^sanzhao_ledger_persons (\d+)$", good, re.MULTILINE)
    index = json.loads((told.home.ledger / "index.json").read_text("utf-8"))
    assert (
        persons == [str(index["counts"]["persons"])] == re.findall(r"^sanzhao_ledger_persons (\d+)$", bad, re.MULTILINE)
    )
    line = re.compile(r'(# (HELP|TYPE) sanzhao_\w+ .+|sanzhao_\w+(\{\w+="[^"\n]*"(,\w+="[^"\n]*")*\})? -?[\d.e+]+)')
    assert not [text for text in (good + bad).splitlines() if not line.fullmatch(text)]
    left = [path.name for path in (told.home.root / "aside").iterdir()]
    assert sorted(left) == ["events", "sanzhao.prom"]
    assert stat.S_IMODE((told.home.root / "aside" / "sanzhao.prom").stat().st_mode) == 0o640


def test_files_past_their_term_go(tmp_path: Path) -> None:
    home = Home(tmp_path)
    settings = parse_settings('[lineage]\nfolder = "events"', tmp_path / "config.toml")
    for name in ("a.events.jsonl", "b.sent.jsonl", "other.txt"):
        write_private(tmp_path / "events" / name, b"")
    assert deliver(home, settings, datetime.now(UTC) + timedelta(days=settings.night.log_days - 1)) == 0
    assert len(list((tmp_path / "events").iterdir())) == 3
    deliver(home, settings, datetime.now(UTC) + timedelta(days=settings.night.log_days + 1))
    assert [path.name for path in (tmp_path / "events").iterdir()] == ["other.txt"]


def test_nothing_is_told_unless_asked_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (tmp_path / "empty").mkdir()
    with pytest.raises(SanzhaoError):
        drive(RunRequest(home, drop=tmp_path / "empty", as_of=NIGHT))
    assert not Settings().lineage.on
    assert not load_settings(home).lineage.on
    assert not (home.root / "lineage").exists()


@pytest.mark.parametrize("text", ['[lineage]\nurl = "http://elsewhere.cn/api"', '[metrics]\ntextfile = "figures.txt"'])
def test_an_open_address_or_a_file_nobody_reads_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ContractError):
        parse_settings(text, tmp_path / "config.toml")
