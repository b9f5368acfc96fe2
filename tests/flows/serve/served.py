"""One home under the real `sanzhao serve`, as tests drive it: its records, its notices, Prefect's states."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from flows.home.folders import Home, write_private
from flows.home.keys import load_key
from flows.serve.children import auth_string
from flows.serve.prefect_api import PrefectApi
from tests.flows.command import SANZHAO, clean_environment
from tests.flows.notices.servers import PASSWORD, Hook

YEARLY = "0 0 1 1 *"
_CONFIG = """{top}
[night]
cron = "{cron}"
resume_after_seconds = 5
[night.sources.party_transfers]
missing = "stop"
[serve]
port = {port}
review = {review}
review_port = {review_port}
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
    process: subprocess.Popen[str] | None = None

    def orders(self) -> PrefectApi:
        """The steward's own way to Prefect's server."""
        return PrefectApi(f"http://127.0.0.1:{self.port}/api", auth_string(Home(self.home)))

    def api(self) -> httpx.Client:
        user, _, word = auth_string(Home(self.home)).partition(":")
        return httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", auth=(user, word), trust_env=False)

    def start(self) -> None:
        words = [str(SANZHAO), "serve", "--home", str(self.home)]
        self.process = subprocess.Popen(words, env=clean_environment(), stdout=subprocess.DEVNULL, text=True)
        ready = self.orders()
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


def prepared(home: Path, drop: Path, hook: Hook, **told: str) -> Served:
    """A fresh home with the drop in its place; `told` fills the configuration's gaps, without it nobody reviews and
    nothing is due.
    """
    place, port = Home(home), free_port()
    place.make()
    load_key(place, create=True)
    shutil.copytree(drop, home / "drop")
    write_private(place.keys / "hook.key", PASSWORD.encode())
    about = {"top": "", "cron": YEARLY, "review": "false", "database": "", "review_port": str(free_port()), **told}
    write_private(place.config, _CONFIG.format(port=port, hook=hook.url, **about).encode())
    return Served(home, port, hook)


def until(question: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not question():
        assert time.monotonic() < end, "not in time"
        time.sleep(0.1)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def below(pid: int) -> dict[int, str]:
    """Every process below one, with its words."""
    found: dict[int, str] = {}
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, children.read_text().split()):
                found[child] = Path(f"/proc/{child}/cmdline").read_text().replace("\0", " ")
                found |= below(child)
    return found


def left_behind(home: Path) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_text().replace("\0", " ")
            if str(home) in words and "pytest" not in words:
                found.append(words)
    return found
