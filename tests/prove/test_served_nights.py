"""Nights under the real `sanzhao serve`, its schedule shortened: a good one, one with a broken source, one with the
worker killed, one missed; on SQLite and with PostgreSQL under store and Prefect. About twelve minutes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.home import Home
from flows.serve.children import auth_string
from flows.serve.prefect_api import PrefectApi
from tests.flows.command import SANZHAO, clean_environment, sanzhao
from tests.flows.connectors.servers import PASSWORD, postgres_server
from tests.flows.notices.servers import Hook, hook_server

pytestmark = pytest.mark.prove

CONFIG = """
[night]
cron = "{cron}"
resume_after_seconds = 5
[night.sources.party_transfers]
missing = "stop"
[serve]
port = {port}
review_port = {review}
database_url = "{database}"
[notices.webhook]
url = "{hook}"
secret_file = "keys/hook.key"
"""


@dataclass
class Served:
    """One home under a running service, with the notices it sends."""

    home: Path
    port: int
    hook: Hook
    cron: str
    process: subprocess.Popen[str] | None = None

    def api(self) -> httpx.Client:
        user, _, word = auth_string(Home(self.home)).partition(":")
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", auth=(user, word), trust_env=False)

    def start(self) -> None:
        words = [str(SANZHAO), "serve", "--home", str(self.home)]
        self.process = subprocess.Popen(words, env=clean_environment(), stdout=subprocess.DEVNULL, text=True)
        ready = PrefectApi(f"http://127.0.0.1:{self.port}/api", auth_string(Home(self.home)))
        until(lambda: ready.is_ready() and ready.has_deployments(), 180)

    def stop(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(120) == 0

    def records(self) -> list[dict[str, Any]]:
        return [json.loads(path.read_text("utf-8")) for path in sorted(self.home.glob("runs/*/run.json"))]

    def told(self, run_id: str) -> list[str]:
        return [body["ending"] for body in self.hook.bodies() if body["about"] == run_id]

    def states(self) -> dict[str, list[str]]:
        with self.api() as api:
            runs = api.post("/flow_runs/filter", json={"sort": "EXPECTED_START_TIME_ASC"}).json()
        found: dict[str, list[str]] = {}
        for run in runs:
            found.setdefault(run["state_type"], []).append(run["name"])
        return found

    def next_ended(self, known: int) -> dict[str, Any]:
        """The first run after so many known ones, once it has ended."""
        until(lambda: len(self.records()) > known and self.records()[known]["state"] != "running", 240)
        return self.records()[known]


def until(question: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)


@pytest.fixture(params=["sqlite", "postgresql"])
def served(
    request: pytest.FixtureRequest, small_district: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Served]:
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with contextlib.ExitStack() as stack:
        hook = stack.enter_context(hook_server())
        store, database = "", ""
        if request.param == "postgresql":
            server = stack.enter_context(postgres_server())
            server.sql("create database store")
            server.sql("create database prefect")
            store = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/store"
            database = f"postgresql+asyncpg://postgres@127.0.0.1:{server.port}/prefect"
        home = tmp_path / "home"
        assert sanzhao("init", "--home", home).code == 0
        shutil.copytree(small_district / "drop", home / "drop")
        (home / "keys" / "hook.key").write_text(PASSWORD, "utf-8")
        (home / "keys" / "hook.key").chmod(0o600)
        port, review = free_port(), free_port()
        about = {"port": port, "review": review, "database": database, "hook": hook.url, "cron": "*/2 * * * *"}
        text = (home / "config.toml").read_text("utf-8")
        head, _, rest = text.partition("[night]")
        tail = rest[rest.index("# 每个来源的出处") :].replace("[", "#[")
        head = head.replace('store_url = ""', f'store_url = "{store}"')
        (home / "config.toml").write_text(head + CONFIG.format(**about) + tail, "utf-8")
        one = Served(home, port, hook, about["cron"])
        one.start()
        yield one
        if one.process is not None and one.process.poll() is None:
            one.stop()


def free_port() -> int:
    import socket

    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_nights_without_anyone_watching(served: Served, small_district: Path) -> None:
    first = served.next_ended(0)
    assert first["state"] == "done"
    until(lambda: served.told(first["run_id"]) != [], 30)
    assert served.told(first["run_id"]) in (["published"], ["warnings"])
    ledger = (served.home / "ledger" / "ledger.parquet").read_bytes()
    print(f"\ngood night     {first['run_id']} {first['state']}, told {served.told(first['run_id'])}")

    for path in (served.home / "drop" / "party_transfers").iterdir():
        if path.name != "provenance.toml":
            path.write_bytes(os.urandom(3000))
    broken = served.next_ended(1)
    assert (broken["state"], broken["rule"]) == ("refused", "source_required")
    until(lambda: served.told(broken["run_id"]) == ["failed"], 30)
    assert (served.home / "ledger" / "ledger.parquet").read_bytes() == ledger
    print(
        f"broken source  {broken['run_id']} {broken['state']} ({broken['rule']}), told {served.told(broken['run_id'])}"
    )

    shutil.rmtree(served.home / "drop")
    shutil.copytree(small_district / "drop", served.home / "drop")
    killed = _kill_the_next(served, 2)
    until(lambda: served.records()[2]["state"] == "done", 240)
    assert served.told(killed)[0] == "failed"
    until(lambda: served.told(killed)[-1] in ("published", "warnings"), 30)
    assert (served.home / "ledger" / "ledger.parquet").read_bytes() == ledger
    assert sanzhao("ledger", "verify", "--home", served.home).code == 0
    until(lambda: len(served.states().get("CRASHED", [])) == 1, 240)
    print(f"worker killed  {killed} done by a second process, told {served.told(killed)}; Prefect: CRASHED 1")

    served.stop()
    known = len(served.records())
    _wait_for_a_due_time()
    _wait_for_a_due_time()
    served.start()
    caught_up = served.next_ended(known)
    assert caught_up["state"] == "done"
    until(lambda: [body for body in served.hook.bodies() if body["ending"] == "missed"] != [], 60)
    missed = [body for body in served.hook.bodies() if body["ending"] == "missed"]
    assert len(missed) == 1
    assert missed[0]["nights"] >= 2
    print(f"missed         {missed[0]['nights']} nights, one run: {caught_up['run_id']}, told once")
    endings = [(body["about"], body["ending"]) for body in served.hook.bodies()]
    assert len(endings) == len(set(endings))
    served.stop()
    assert not _left_behind(served.home)


def _kill_the_next(served: Served, known: int) -> str:
    """SIGKILL to runner and night together, while the night's workspace stands."""
    until(lambda: len(served.records()) > known, 240)
    run_id = str(served.records()[known]["run_id"])
    until((served.home / "runs" / run_id / "workspace.duckdb").exists, 30)
    time.sleep(1)
    assert served.process is not None
    below = _below(served.process.pid)
    runner = next(pid for pid, words in below.items() if "flows.serve.runner" in words)
    for pid in [runner, *_below(runner)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return run_id


def _below(pid: int) -> dict[int, str]:
    """Every process below one, with its words."""
    found: dict[int, str] = {}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                found |= _below(child)
    return found


def _wait_for_a_due_time() -> None:
    """Past the next even minute."""
    seconds = 120 - time.time() % 120
    time.sleep(seconds + 2)


def _left_behind(home: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_text().replace("\0", " ")
            if str(home) in words and "pytest" not in words:
                found.append(words)
    return found
