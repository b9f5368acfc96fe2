"""Runs that are killed: a real process each, forked from one that has all imported, the command line inside."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from flows.home.folders import Home
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import load_settings
from flows.home.store import Judged, opened_store
from flows.ledger import verify
from flows.ledger.audit_log import examine
from flows.pipeline.steps import STEP_NAMES
from flows.run.runs import last_unfinished, list_runs
from tests.flows.command import DAY, FORKING

EARLIER = DAY - timedelta(days=1)
TABLES = ("ledger", "changes", "coverage", "review", "aliases")
PAIRS = tuple(f"{turn:064x}" for turn in range(20))


class Process(Protocol):
    """A run under way."""

    @property
    def pid(self) -> int | None: ...
    def wait(self, timeout: float) -> int | None: ...
    def stop(self) -> None: ...


@dataclass
class Forked:
    """A run in a forked process."""

    process: Any

    @property
    def pid(self) -> int | None:
        return int(self.process.pid)

    def wait(self, timeout: float) -> int | None:
        self.process.join(timeout)
        return None if self.process.exitcode is None else int(self.process.exitcode)

    def stop(self) -> None:
        self.process.kill()
        self.process.join()


Launch = Callable[[list[str]], Process]


def forked(words: list[str], environment: dict[str, str] | None = None, shift: int = 0) -> Process:
    """The command in a forked process, its clock moved by so many days; with `PREFECT_API_URL` set, as a flow."""
    process = FORKING.Process(target=_command, args=(words, environment or {}, shift), daemon=True)
    process.start()
    return Forked(process)


def _command(words: list[str], environment: dict[str, str], shift: int) -> None:
    for name in [name for name in os.environ if name.startswith(("SANZHAO_", "PREFECT_"))]:
        del os.environ[name]
    os.environ |= environment
    if "PREFECT_API_URL" in environment:
        from prefect.context import refresh_global_settings_context

        refresh_global_settings_context()  # Prefect was imported, and read its environment, before the fork
    sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115
    if shift:
        _move_clock(timedelta(days=shift))
    from flows.cli.app import app
    from flows.cli.ending import ended

    os._exit(ended(app, words))


def _move_clock(by: timedelta) -> None:
    """What every module of the pipeline takes for now; the machine's own clock is everybody's."""

    class Moved(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime.now(tz) + by

    for name, module in sys.modules.items():
        if name.startswith("flows.") and getattr(module, "datetime", None) is datetime:
            module.datetime = Moved  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Ground:
    """A home after one night with work of people in its store, and what the next night makes of it undisturbed."""

    before: Path
    drop: Path
    wanted: dict[str, bytes]
    seconds: float
    steps: dict[str, float]
    """Seconds of each step, undisturbed."""

    def words(self, home: Path, *, resume: bool = False) -> list[str]:
        tail = ["--resume"] if resume else ["--drop", str(self.drop), "--as-of", DAY.isoformat()]
        return ["run", "--home", str(home), *tail]


@dataclass(frozen=True)
class Kill:
    """One kill: what it was, the step it fell in, whether it took a living process."""

    kind: str
    step: str
    landed: bool


def ground(drop: Path, root: Path, launch: Launch = forked, config: str = "") -> Ground:
    """The first night, people's work, then the second night in a copy for comparison."""
    before = root / "before"
    Home(before).make()
    (before / "config.toml").write_text(config, "utf-8")
    store_url = load_settings(Home(before)).store_url
    words = ["run", "--home", str(before), "--drop", str(drop), "--as-of", EARLIER.isoformat()]
    assert launch(words).wait(300) in (0, 3)
    with opened_store(Home(before), store_url) as store:
        for turn, pair in enumerate(PAIRS):
            store.judge(pair, Judged("link" if turn % 2 else "not_link"), "王审核", EARLIER)
            store.audit(load_key(Home(before)), datetime.now(UTC), "王审核", "judge", why=pair[:16])
        store.raise_objection("P-nobody", EARLIER, "本人", "不是我")
    whole = Path(shutil.copytree(before, root / "whole")) if not store_url else before
    first = Ground(before, drop, {}, 0.0, {})
    if store_url:
        return first
    begun = time.monotonic()
    assert launch(first.words(whole)).wait(300) in (0, 3)
    took = {told["step"]: told["seconds"] for told in _newest_steps(Home(whole))}
    return Ground(before, drop, published(whole), time.monotonic() - begun, took)


def published(home: Path) -> dict[str, bytes]:
    """The bytes of every table of the newest version, and of the copy of its ledger."""
    index = json.loads((home / "ledger" / "index.json").read_bytes())
    folder = home / "ledger" / "versions" / index["version"]
    files = {name: (folder / f"{name}.parquet").read_bytes() for name in TABLES}
    return {**files, "copy": (home / "ledger" / "ledger.parquet").read_bytes()}


def check_whole(home: Path) -> None:
    """The ledger is whole and verified, the audit log too, and nobody's work is lost."""
    place = Home(home)
    url = load_settings(place).store_url
    assert verify(place, store_url=url) == []
    assert [one for one in examine(place).problems if "audit.head 不见了" not in one] == []
    with opened_store(place, url) as store:
        judged = store.judged_pairs(load_key(place))
        assert {pair: judged[pair].verdict for pair in PAIRS} == {
            pair: "link" if turn % 2 else "not_link" for turn, pair in enumerate(PAIRS)
        }
        assert store.open_objections() == {"P-nobody"}


def check_next(ground: Ground, home: Path, launch: Launch = forked, *, resume: bool | None = None) -> None:
    """The next run, resumed or new, ends as an undisturbed one did, byte for byte, and leaves no workspace."""
    unfinished = last_unfinished(Home(home)) is not None
    going_on = unfinished if resume is None else resume and unfinished
    assert launch(ground.words(home, resume=going_on)).wait(300) in (0, 3)
    assert published(home) == ground.wanted
    check_whole(home)
    assert not list((home / "runs").rglob("workspace*"))


def step_reached(home: Path) -> str:
    """The step the newest run was in, by the steps its log says are done."""
    runs = list_runs(Home(home), 1)
    if not runs or runs[0].as_of != DAY:
        return "start"
    return [*STEP_NAMES, "end"][len(_newest_steps(Home(home)))]


def _newest_steps(home: Home) -> list[dict[str, Any]]:
    """What the log tells of each step the newest run has done."""
    newest, found = list_runs(home, 1)[0].run_id, []
    for path in sorted(home.logs.glob("sanzhao-*.jsonl")):
        for line in path.read_text("utf-8").splitlines():
            try:
                told = json.loads(line)
            except ValueError:  # a full disk cut it
                continue
            if told.get("event") == "step" and told.get("run_id") == newest:
                found.append(told)
    return found


def kill_chain(ground: Ground, home: Path, moments: random.Random, kills: int, launch: Launch = forked) -> list[Kill]:
    """A run killed, its successor killed, and so on, each at a moment no one chose; then one left to its end."""
    found: list[Kill] = []
    for _ in range(kills):
        unfinished = last_unfinished(Home(home)) is not None
        resume = unfinished and moments.random() < 0.85
        run = launch(ground.words(home, resume=resume))
        if moments.random() < 0.5:
            code = run.wait(moments.uniform(0.02, 0.35) * ground.seconds)
        else:
            code = _within_a_step(ground, run, home, moments, at=step_reached(home) if resume else "start")
        run.stop()
        found.append(Kill("SIGKILL", step_reached(home), code is None))
        check_whole(home)
        if code is not None:
            break
    check_next(ground, home, launch, resume=moments.random() < 0.7)
    return found


def killed_after(step: str, words: list[str], home: Path, launch: Launch = forked) -> None:
    """A run, killed (SIGKILL) as soon as its log says that `step` is committed."""
    known = logged_steps(home).count(step)
    run = launch(words)
    while logged_steps(home).count(step) == known and run.wait(0.005) is None:
        pass
    run.stop()
    assert run.wait(0) == -signal.SIGKILL


def rotations_killed(home: Path, moments: list[float], launch: Launch = forked) -> int:
    """Changes of the keys, each killed after so many seconds, then one to its end; how many took a living process.

    All that is kept opens and verifies with what stands after each; after the last, with the new key alone.
    """
    landed = 0
    for seconds in [*moments, 120]:
        run = launch(["keys", "rotate", "--home", str(home), "--why", "到期"])
        code = run.wait(seconds)
        run.stop()
        landed += code is None
        assert code in (0, None)
        check_kept(Home(home), load_key(Home(home)))
    assert not load_key(Home(home)).coming
    check_kept(Home(home), DistrictKey(load_key(Home(home)).secret))
    return landed


def check_kept(home: Home, key: DistrictKey) -> None:
    """Every sealed copy opens, every version verifies and the audit log holds."""
    for path in [*home.landing.rglob("*.sealed"), *home.returns.rglob("*.sealed")]:
        key.unseal(path.read_bytes())
    assert verify(home, key, store_url=load_settings(home).store_url) == []
    assert [one for one in examine(home).problems if "audit.head 不见了" not in one] == []


def logged_steps(home: Path) -> list[str]:
    """Every step the log tells of, in order."""
    lines = [json.loads(line) for path in (home / "logs").glob("*.jsonl") for line in path.read_text().splitlines()]
    return [line["step"] for line in lines if line["event"] == "step"]


def _within_a_step(ground: Ground, run: Process, home: Path, moments: random.Random, *, at: str) -> int | None:
    """Waits for a moment within one of the next three steps: at any time at all, the short ones are hardly ever hit."""
    known = len(list_runs(Home(home))) if at == "start" else 0
    ahead = STEP_NAMES[STEP_NAMES.index(at) if at in STEP_NAMES else 0 :][:3]
    step = moments.choice(ahead or STEP_NAMES[-1:])
    while len(list_runs(Home(home))) <= known or (step_reached(home) in STEP_NAMES[: STEP_NAMES.index(step)]):
        code = run.wait(0.02)
        if code is not None:
            return code
    return run.wait(moments.uniform(0, ground.steps[step]))


def power_cut(ground: Ground, home: Path, copy: Path, moments: random.Random) -> Kill:
    """The folder as it was at one moment of a run, all processes standing still: what a disk holds after a cut."""
    run = forked(ground.words(home))
    code = run.wait(moments.uniform(0.05, 0.9) * ground.seconds)
    if code is None and run.pid is not None:
        os.kill(run.pid, signal.SIGSTOP)
    shutil.copytree(home, copy)
    step = step_reached(copy)
    run.stop()
    return Kill("power cut", step, code is None)
