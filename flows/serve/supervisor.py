"""Keeps the service's processes going: starts them, gathers what they say in one log, starts the fallen anew, stops
them in order.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from flows.home.folders import Home
from flows.home.runlog import log_event
from flows.serve.children import Child

_FIRST_WAIT, _LONGEST_WAIT, _STEADY_SECONDS = 1.0, 60.0, 120.0
_NUMBERS = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")


@dataclass
class _Kept:
    """One child as it stands: its process, when it began, when it may begin again."""

    child: Child
    process: subprocess.Popen[str] | None = None
    began: float = 0.0
    wait: float = _FIRST_WAIT
    again_at: float = 0.0
    readers: list[threading.Thread] = field(default_factory=list)


class Supervisor:
    """The processes of one home. Call `look` every second or so; `stop` at the end."""

    def __init__(self, home: Home, children: Sequence[Child]) -> None:
        self.home = home
        self._kept = [_Kept(child) for child in children]

    def add(self, child: Child) -> None:
        """One more child, not started yet."""
        self._kept.append(_Kept(child))

    def start(self, name: str) -> None:
        """Start one child."""
        self._begin(next(kept for kept in self._kept if kept.child.name == name))

    def names(self) -> list[str]:
        """The children in the order they are started."""
        return [kept.child.name for kept in self._kept]

    def look(self) -> None:
        """Start anew whatever has ended, each time with a longer wait, up to a minute."""
        now = time.monotonic()
        for kept in self._kept:
            if kept.process is None or kept.process.poll() is None:
                continue
            if not kept.again_at:
                self._fell(kept, now)
            elif now >= kept.again_at:
                self._begin(kept)

    def pids(self) -> dict[str, int]:
        """The living processes by name."""
        return {
            kept.child.name: kept.process.pid for kept in self._kept if kept.process and kept.process.poll() is None
        }

    def tell(self) -> None:
        """Ask every child to end, without waiting for it; `stop` waits."""
        for kept in self._kept:
            if kept.process is not None and kept.process.poll() is None:
                kept.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End them, last started first, each with what it started itself; who does not end in time is killed."""
        for kept in reversed(self._kept):
            if kept.process is None:
                continue
            end = time.monotonic() + kept.child.stop_seconds
            kept.process.send_signal(signal.SIGTERM)
            while kept.process.poll() is None and time.monotonic() < end:
                time.sleep(0.05)
            _signal_group(kept.process.pid, signal.SIGTERM)  # a night that its runner left alone
            while _group_lives(kept.process) and time.monotonic() < end:
                time.sleep(0.05)
            if _group_lives(kept.process):
                say(self.home, "serve", f"{kept.child.name} did not end in time and is killed")
                _signal_group(kept.process.pid, signal.SIGKILL)
            kept.process.wait()
            for reader in kept.readers:
                reader.join(2)

    def _begin(self, kept: _Kept) -> None:
        kept.began, kept.again_at = time.monotonic(), 0.0
        kept.process = subprocess.Popen(  # noqa: S603  our own commands, no shell
            kept.child.command,
            env=dict(kept.child.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,  # a Ctrl-C at the terminal comes to the supervisor alone, which stops them in order
        )
        say(self.home, "serve", f"{kept.child.name} started, process {kept.process.pid}")
        reader = threading.Thread(target=self._read, args=(kept.child.name, kept.process), daemon=True)
        reader.start()
        kept.readers = [reader]

    def _read(self, name: str, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            if line.strip():
                say(self.home, name, line.rstrip())

    def _fell(self, kept: _Kept, now: float) -> None:
        code = kept.process.returncode if kept.process else None
        kept.wait = _FIRST_WAIT if now - kept.began > _STEADY_SECONDS else min(kept.wait * 2, _LONGEST_WAIT)
        kept.again_at = now + kept.wait
        say(self.home, "serve", f"{kept.child.name} ended with {code}; it is started again in {kept.wait:g} s")


def _signal_group(pid: int, number: signal.Signals) -> None:
    """To a child and all it started: it leads a session of its own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, number)


def _group_lives(process: subprocess.Popen[str]) -> bool:
    process.poll()  # a dead child that no one has asked for would count
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def say(home: Home, who: str, line: str) -> None:
    """One line of the service's log, on standard output and in `H/logs`; anything like an ID or a phone is hidden."""
    hidden = _NUMBERS.sub(lambda result: "*" * len(result.group()), line)
    print(f"{time.strftime('%H:%M:%S')} {who:<8}{hidden}", flush=True)
    log_event(home, "serve", who=who, line=hidden)
