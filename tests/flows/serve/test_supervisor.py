"""The supervisor with real processes: one log, the fallen started anew, a clean stop, nobody left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.serve.children import Child
from flows.serve.supervisor import Supervisor

STAYS = "import time, sys; print(sys.argv[1], flush=True); time.sleep(60)"


def child(name: str, code: str, *words: str, stop_seconds: float = 5) -> Child:
    return Child(name, (sys.executable, "-c", code, *words), dict(os.environ), stop_seconds)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.make()
    return place


def eventually(question: Callable[[], bool]) -> None:
    end = time.monotonic() + 15
    while not question():
        assert time.monotonic() < end
        time.sleep(0.05)


def lines(home: Home) -> list[tuple[str, str]]:
    text = "".join(path.read_text("utf-8") for path in home.logs.glob("*.jsonl"))
    return [(entry["who"], entry["line"]) for entry in map(json.loads, text.splitlines()) if entry["event"] == "serve"]


def test_what_the_children_say_stands_in_one_log_without_numbers_of_people(home: Home) -> None:
    supervisor = Supervisor(home, [child("a", STAYS, "证件 110101199003074258 手机 13812345679 端口 4200")])
    supervisor.start("a")
    eventually(lambda: any(who == "a" for who, _ in lines(home)))
    supervisor.stop()
    assert ("a", f"证件 {'*' * 18} 手机 {'*' * 11} 端口 4200") in lines(home)


def test_a_fallen_child_is_started_anew_and_each_time_later(home: Home) -> None:
    supervisor = Supervisor(home, [child("a", "raise SystemExit(3)")])
    supervisor.start("a")

    def falls() -> list[str]:
        supervisor.look()
        return [line for _, line in lines(home) if line.startswith("a ended with 3")]

    eventually(lambda: len(falls()) >= 2)
    supervisor.stop()
    assert falls()[:2] == ["a ended with 3; it is started again in 2 s", "a ended with 3; it is started again in 4 s"]


def test_a_killed_child_comes_back(home: Home) -> None:
    supervisor = Supervisor(home, [child("a", STAYS, "hier")])
    supervisor.start("a")
    first = supervisor.pids()["a"]
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        supervisor.look()
        return supervisor.pids().get("a", first) != first

    eventually(is_back)
    supervisor.stop()
    assert supervisor.pids() == {}


def test_who_does_not_end_is_killed(home: Home) -> None:
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    )
    supervisor = Supervisor(home, [child("deaf", deaf, stop_seconds=0.3)])
    supervisor.start("deaf")
    eventually(lambda: ("deaf", "deaf") in lines(home))
    supervisor.stop()
    assert supervisor.pids() == {}


def test_what_a_child_started_ends_with_it(home: Home, tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    inner = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    outer = f"import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', {inner!r}]); time.sleep(60)"
    supervisor = Supervisor(home, [child("runner", outer)])
    supervisor.start("runner")
    eventually(lambda: mark.exists() and mark.read_text() != "")
    supervisor.stop()
    assert not Path(f"/proc/{mark.read_text()}").exists() or _is_zombie(mark.read_text())


def test_a_service_killed_outright_leaves_no_process_behind(tmp_path: Path) -> None:
    mark = tmp_path / "pid"
    inner = f"import os, time; open({str(mark)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    words = [sys.executable, "-m", "flows.serve.child", "-c", inner]
    outer = f"import subprocess, time; subprocess.Popen({words!r}); time.sleep(60)"
    service = subprocess.Popen([sys.executable, "-c", outer])
    eventually(lambda: mark.exists() and mark.read_text() != "")
    service.kill()
    service.wait()
    eventually(lambda: not Path(f"/proc/{mark.read_text()}").exists() or _is_zombie(mark.read_text()))


def _is_zombie(pid: str) -> bool:
    return "Z (zombie)" in Path(f"/proc/{pid}/status").read_text()
