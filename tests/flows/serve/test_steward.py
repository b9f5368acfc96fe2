"""The steward's decisions, against a stand-in for Prefect's server that keeps what it is asked (the real one is in
tests/prove): one run for many missed nights, a killed run taken up again a few times, the dead buried.
"""

from __future__ import annotations

import http.server
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import Settings
from flows.run.runs import RunRecord, create_run, load_record, run_lock, save_record
from flows.serve.prefect_api import PrefectApi
from flows.serve.steward import Steward, prune_logs
from schemas.nights import NightSettings

DUE = datetime(2026, 11, 19, 17, 30, tzinfo=UTC)


@dataclass
class Server:
    """What the stand-in holds and was asked for."""

    port: int = 0
    runs: list[dict[str, Any]] = field(default_factory=list)
    started: list[dict[str, Any]] = field(default_factory=list)
    set: dict[str, str] = field(default_factory=dict)
    busy: int = 0
    """So many questions are still answered that the server is too busy."""

    def answer(self, path: str, body: dict[str, Any]) -> Any:
        if path.endswith("/create_flow_run"):
            self.started.append(body)
            return {"id": "new"}
        if path.endswith("/set_state"):
            run = path.split("/")[-2]
            self.set[run] = str(body["state"]["type"])
            self.runs = [one for one in self.runs if one["id"] != run]
            return {}
        if path.endswith("/flow_runs/filter"):
            wanted = body["flow_runs"]["state"]["type"]["any_"]
            return [run for run in self.runs if run["state_type"] in wanted]
        return {"id": path.rsplit("/", 1)[-1]}


@pytest.fixture
def server() -> Iterator[Server]:
    state = Server()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if state.busy:
                state.busy -= 1
                self.send_error(503)
                return
            self._say(state.answer(self.path, asked))

        def do_GET(self) -> None:
            self._say(state.answer(self.path, {}))

        def _say(self, what: Any) -> None:
            body = json.dumps(what).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Quiet."""

    web = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.port = web.server_address[1]
    threading.Thread(target=web.serve_forever, args=(0.02,), daemon=True).start()
    yield state
    web.shutdown()
    web.server_close()


@dataclass
class Watch:
    """A steward whose time is the test's."""

    home: Home
    server: Server
    now: datetime = DUE - timedelta(hours=2)

    def __post_init__(self) -> None:
        self.home.make()
        api = PrefectApi(f"http://127.0.0.1:{self.server.port}/api", "admin:word")
        settings = Settings(night=NightSettings(resume_attempts=2, resume_after_seconds=60))
        self.steward = Steward(self.home, settings, api, now=lambda: self.now)
        self.steward.begin()

    def at(self, moment: datetime) -> list[dict[str, Any]]:
        """What the steward orders at a moment."""
        self.now = moment
        before = len(self.server.started)
        self.steward.look()
        return self.server.started[before:]

    def ran(self, started: datetime, state: str = "done", **about: Any) -> RunRecord:
        values = {"run_id": f"{started:%Y%m%dT%H%M%SZ}-ab12", "as_of": date(2026, 11, 20), "started_at": started}
        record = RunRecord.model_validate({**values, "state": state, **about})
        create_run(self.home, record, load_key(self.home, create=True))
        return record


@pytest.fixture
def watch(server: Server, tmp_path: Path) -> Watch:
    return Watch(Home(tmp_path / "home"), server)


def test_a_server_too_busy_to_answer_is_asked_again(watch: Watch) -> None:
    watch.server.busy = 2
    (order,) = watch.at(DUE + timedelta(hours=7))
    assert order["parameters"]["as_of"] == "2026-11-20" and watch.server.busy == 0


def test_nights_before_the_first_start_are_no_one_s(watch: Watch) -> None:
    assert watch.at(DUE - timedelta(hours=1)) == []


def test_a_night_that_took_place_is_not_missed_though_it_began_a_second_early(watch: Watch) -> None:
    watch.ran(DUE - timedelta(seconds=1))
    assert watch.at(DUE + timedelta(hours=1)) == []


def test_many_missed_nights_are_made_up_for_by_one_run_of_the_last(watch: Watch) -> None:
    (order,) = watch.at(DUE + timedelta(days=4, hours=7))
    assert order["parameters"]["as_of"] == "2026-11-24"
    assert watch.at(DUE + timedelta(days=4, hours=8)) == []
    log = "".join(path.read_text("utf-8") for path in watch.home.logs.glob("*.jsonl"))
    assert '"nights": 5' in log


def test_a_night_still_in_the_queue_is_left_to_its_turn(watch: Watch) -> None:
    watch.server.runs = [{"id": "q", "state_type": "SCHEDULED", "expected_start_time": DUE.isoformat()}]
    assert watch.at(DUE + timedelta(minutes=30)) == []
    watch.server.runs = []
    assert len(watch.at(DUE + timedelta(minutes=31))) == 1


def test_a_night_that_is_only_just_due_is_given_time(watch: Watch) -> None:
    assert watch.at(DUE + timedelta(seconds=30)) == []


def test_what_was_due_while_nobody_was_there_is_not_run_late_too(watch: Watch) -> None:
    watch.server.runs = [
        {"id": "late", "state_type": "SCHEDULED", "expected_start_time": DUE.isoformat()},
        {"id": "future", "state_type": "SCHEDULED", "expected_start_time": (DUE + timedelta(days=9)).isoformat()},
        {"id": "dead", "state_type": "RUNNING"},
    ]
    watch.now = DUE + timedelta(hours=7)
    watch.steward.begin()
    assert watch.server.set == {"late": "CANCELLED", "dead": "CRASHED"}


def test_a_killed_run_is_taken_up_again_each_time_later_and_not_for_ever(watch: Watch) -> None:
    watch.ran(DUE, "running")
    moments = [DUE + timedelta(seconds=20 * n) for n in range(60)]
    ordered = [moment for moment in moments for _ in watch.at(moment)]
    assert len(ordered) == 2
    assert ordered[0] - DUE >= timedelta(seconds=60)
    assert ordered[1] - ordered[0] >= timedelta(seconds=240)
    assert watch.server.started[0]["parameters"]["start_from"] == "resume"


def test_a_run_that_someone_is_at_is_left_alone(watch: Watch) -> None:
    watch.ran(DUE, "running")
    with run_lock(watch.home):
        assert [watch.at(DUE + timedelta(minutes=n)) for n in range(5)] == [[]] * 5


@pytest.mark.parametrize(("rule", "orders"), [("store", 1), ("disk_full", 1), ("ledger_shrink", 0), ("books", 0)])
def test_only_trouble_that_may_pass_is_tried_again(watch: Watch, rule: str, orders: int) -> None:
    watch.ran(DUE, "failed", failed_step="published", rule=rule)
    assert sum(len(watch.at(DUE + timedelta(seconds=n))) for n in (1, 62)) == orders


def test_attempts_are_counted_anew_after_a_good_end(watch: Watch) -> None:
    record = watch.ran(DUE, "running")
    assert len(watch.at(DUE + timedelta(seconds=1)) + watch.at(DUE + timedelta(seconds=62))) == 1
    save_record(watch.home, load_record(watch.home, record.run_id).model_copy(update={"state": "done"}))
    watch.at(DUE + timedelta(seconds=70))
    assert '"resumptions": {}' in (watch.home.state / "serve.json").read_text("utf-8")


def test_a_run_without_a_process_is_buried_and_a_living_one_is_not(watch: Watch) -> None:
    watch.server.runs = [{"id": "5a-dead", "state_type": "RUNNING"}, {"id": "5a-alive", "state_type": "RUNNING"}]
    environment = {**os.environ, "PREFECT__FLOW_RUN_ID": "5a-alive"}
    alive = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], env=environment)
    try:
        watch.at(DUE)
    finally:
        alive.kill()
        alive.wait()
    assert watch.server.set == {"5a-dead": "CRASHED"}


def test_logs_go_after_their_time_and_proofs_of_destruction_stay(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    for name in ("sanzhao-20260101.jsonl", "sanzhao-20261119.jsonl", "destroyed.jsonl"):
        (home.logs / name).write_text("{}\n", "utf-8")
    prune_logs(home, 200, DUE)
    assert sorted(path.name for path in home.logs.iterdir()) == ["destroyed.jsonl", "sanzhao-20261119.jsonl"]
