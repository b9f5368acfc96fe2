"""Twenty-five SIGKILLs at moments no one chose: the ledger is whole after each, and the next run ends as ever."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from flows.home import Home
from flows.runs import last_unfinished
from tests.flows.command import DAY, SANZHAO, clean_environment, sanzhao

pytestmark = pytest.mark.prove

KILLS = 25
EARLIER = "2026-11-18"


def start(home: Path, drop: Path) -> subprocess.Popen[bytes]:
    words = [str(SANZHAO), "run", "--home", str(home), "--drop", str(drop), "--as-of", DAY.isoformat()]
    return subprocess.Popen(words, env=clean_environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def test_the_ledger_is_whole_after_every_kill(small_district: Path, tmp_path: Path) -> None:
    drop, before = small_district / "drop", tmp_path / "before"
    assert sanzhao("run", "--home", before, "--drop", drop, "--as-of", EARLIER).code in (0, 3)
    whole = Path(shutil.copytree(before, tmp_path / "whole"))
    begun = time.monotonic()
    assert start(whole, drop).wait() in (0, 3)
    length = time.monotonic() - begun
    wanted = {EARLIER: _ledger(before), "after": _ledger(whole)}
    moments, landed = random.Random(25), 0  # noqa: S311
    for turn in range(KILLS):
        home = Path(shutil.copytree(before, tmp_path / f"home-{turn}"))
        child = start(home, drop)
        time.sleep(moments.uniform(0.3, 1.0) * length)
        os.kill(child.pid, signal.SIGKILL)
        landed += child.wait() == -signal.SIGKILL
        assert _ledger(home) in wanted.values(), turn
        assert sanzhao("ledger", "verify", "--home", home).code == 0, turn
        resumable = last_unfinished(Home(home)) is not None and turn % 2 == 0
        words = ("--resume",) if resumable else ("--drop", drop, "--as-of", DAY)
        answer = sanzhao("run", "--home", home, *words)
        assert answer.code in (0, 3), (turn, answer.err)
        assert _ledger(home) == wanted["after"], turn
        assert sanzhao("ledger", "verify", "--home", home).code == 0, turn
        assert not list((home / "runs").rglob("workspace*")), turn
        shutil.rmtree(home)
    print(f"\n{landed} of {KILLS} runs died by the kill")
    assert landed >= KILLS - 3


def _ledger(home: Path) -> bytes:
    return (home / "ledger" / "ledger.parquet").read_bytes()
