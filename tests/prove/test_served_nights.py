"""Nights under the real `sanzhao serve`, its schedule shortened: a good one, one with a broken source, one with the
worker killed, one missed; on SQLite and with PostgreSQL under store and Prefect. And a dead run as Prefect sees it.
Half an hour together.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.run.runs import run_lock
from flows.serve.children import Child, children_of
from flows.serve.prefect_api import PrefectApi
from tests.flows.command import sanzhao
from tests.flows.connectors.servers import PASSWORD, postgres_server
from tests.flows.notices.servers import hook_server
from tests.flows.serve.served import Served, below, left_behind, prepared, until

pytestmark = pytest.mark.prove


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
        told = {"top": f'store_url = "{store}"', "database": database, "cron": "*/2 * * * *", "review": "true"}
        one = prepared(tmp_path / "home", small_district / "drop", hook, **told)
        one.start()
        yield one
        if one.process is not None and one.process.poll() is None:
            one.stop()


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
    assert not left_behind(served.home)


def _kill_the_next(served: Served, known: int) -> str:
    """SIGKILL to runner and night together, while the night's workspace stands."""
    until(lambda: len(served.records()) > known, 240)
    run_id = str(served.records()[known]["run_id"])
    until((served.home / "runs" / run_id / "workspace.duckdb").exists, 30)
    time.sleep(1)
    assert served.process is not None
    runner = next(pid for pid, words in below(served.process.pid).items() if "flows.serve.runner" in words)
    for pid in [runner, *below(runner)]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return run_id


def _wait_for_a_due_time() -> None:
    """Past the next even minute."""
    seconds = 120 - time.time() % 120
    time.sleep(seconds + 2)


def test_prefects_own_watch_finds_a_run_whose_process_is_gone(small_district: Path, tmp_path: Path) -> None:
    """Server and runner as the service starts them, without its steward, who would be the first to see it."""
    with hook_server() as hook, contextlib.ExitStack() as stack:
        one = prepared(tmp_path / "home", small_district / "drop", hook)
        home, orders = Home(one.home), one.orders()
        stack.enter_context(run_lock(home))  # the run waits for it, as long as it lives
        server, runner = children_of(home, load_settings(home))[:2]
        stack.enter_context(started(server))
        until(orders.is_ready, 180)
        process = stack.enter_context(started(runner))
        until(lambda: _deployed(orders), 180)
        orders.start_run("by-hand", {"home": str(one.home)}, once="watched")
        until(lambda: "RUNNING" in one.states(), 60)
        time.sleep(40)
        for pid in [process.pid, *below(process.pid)]:
            os.kill(pid, signal.SIGKILL)
        killed = time.monotonic()
        assert "RUNNING" in one.states()
        until(lambda: "CRASHED" in one.states(), 180)
        print(f"\nprocess gone   CRASHED by Prefect's watch over heartbeats {time.monotonic() - killed:.0f} s later")


@contextlib.contextmanager
def started(child: Child) -> Iterator[subprocess.Popen[bytes]]:
    """One process of the service by itself."""
    process = subprocess.Popen(child.command, env=dict(child.environment), stdout=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(60)


def _deployed(orders: PrefectApi) -> bool:
    return orders.is_ready() and orders.has_deployments()
