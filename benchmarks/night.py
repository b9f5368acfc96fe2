"""One night of 57,000 × 70,000 under `sanzhao serve`: wall seconds from order to report, and memory of every process.

Usage: python -m benchmarks.night [DROP]; without a drop one is made. Asks for the night through the by-hand form's way.
"""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.district import MEMBERS, SEED, WORKERS, timed
from flows.home.folders import Home
from flows.serve.children import auth_string
from flows.serve.prefect_api import PrefectApi

_NAMES = {
    "prefect server": "prefect server",
    "uvicorn": "prefect server",
    "flows.serve.runner": "runner",
    "sanzhao serve": "supervisor",
    "review": "review workbench",
}
SANZHAO = Path(sys.executable).with_name("sanzhao")


def main(words: list[str]) -> None:
    """Make or take a drop, serve it, print the figures."""
    with tempfile.TemporaryDirectory(prefix="sanzhao-bench-") as folder:
        drop = Path(words[0]) if words else Path(folder) / "made" / "drop"
        if not words:
            size = ("--workers", str(WORKERS), "--members", str(MEMBERS), "--seed", str(SEED))
            timed("sample", *size, "--out", str(drop.parent))
        _measure(Path(folder) / "home", drop)


def _measure(home: Path, drop: Path) -> None:
    port, review = _free_port(), _free_port()
    subprocess.run([SANZHAO, "init", "--home", home], check=True, stdout=subprocess.DEVNULL)
    config = home / "config.toml"
    text = config.read_text("utf-8").replace("port = 4200", f"port = {port}")
    text = text.replace("review_port = 8480", f"review_port = {review}").replace(
        'cron = "30 1 * * *"', 'cron = "0 0 1 1 *"'
    )
    config.write_text(text, "utf-8")
    service = subprocess.Popen([SANZHAO, "serve", "--home", home], stdout=subprocess.DEVNULL)
    try:
        _night(home, drop, PrefectApi(f"http://127.0.0.1:{port}/api", auth_string(Home(home))), service.pid)
    finally:
        service.send_signal(signal.SIGTERM)
        service.wait(120)


def _night(home: Path, drop: Path, api: PrefectApi, service: int) -> None:
    while not (api.is_ready() and api.has_deployments()):
        time.sleep(0.5)
    time.sleep(5)
    idle = sum(_memory(pid, "VmRSS") for pid in _tree(service))
    began = time.monotonic()
    api.start_run("by-hand", {"home": str(home), "drop": str(drop), "as_of": "2026-11-20"}, once="bench")
    peaks: dict[str, int] = {}
    together = 0
    while not _done(home):
        pids = _tree(service)
        together = max(together, sum(_memory(pid, "VmRSS") for pid in pids))
        for pid in pids:
            peaks[_name(pid)] = max(peaks.get(_name(pid), 0), _memory(pid, "VmHWM"))
        time.sleep(0.2)
    wall = time.monotonic() - began
    record = json.loads(next(home.glob("runs/*/run.json")).read_text("utf-8"))
    summary = json.loads(next(home.glob("runs/*/summary.json")).read_text("utf-8"))
    for step in summary["steps"]:
        print(f"  {step['name']:<12}{step['seconds']:6.1f} s")
    ending = f"{record['state']}, {summary['persons']} persons"
    print(f"night         {wall:6.1f} s from the order to the closed run ({ending})")
    for name, peak in sorted(peaks.items(), key=lambda item: -item[1]):
        print(f"  {name:<24}{peak:6d} MB at its peak")
    print(f"all processes {together:6d} MB together at their peak, {idle} MB idle")


def _done(home: Path) -> bool:
    for path in home.glob("runs/*/run.json"):
        state = json.loads(path.read_text("utf-8"))["state"]
        if state in ("failed", "refused"):
            sys.exit(f"the night ended {state}")
        if state == "done":
            return True
    return False


def _tree(pid: int) -> list[int]:
    """A process and all below it."""
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        for children in Path(f"/proc/{one}/task").glob("*/children"):
            try:
                waiting += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def _memory(pid: int, field: str) -> int:
    """MB of one process; nothing when it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) >> 10 for line in lines if line.startswith(f"{field}:")), 0)


def _name(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return "gone"
    text = " ".join(words)
    for mark, name in _NAMES.items():
        if mark in text:
            return name
    return "night" if "prefect" in text or "python" in words[0] else Path(words[0]).name


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


if __name__ == "__main__":
    main(sys.argv[1:])
