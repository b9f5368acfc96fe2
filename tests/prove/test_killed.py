"""Two hundred SIGKILLs at moments no one chose, over all steps and both drivers; power cuts, full, read-only and
vanished disks and databases, clocks that jump: the ledger is whole after each, and the next run ends as ever.

Prints a table of kind, step and count. As root, since disks are mounted; those cases are left out otherwise.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.flows.connectors.servers import PASSWORD, postgres_server
from tests.flows.killing import (
    Ground,
    Kill,
    Launch,
    check_next,
    check_whole,
    forked,
    ground,
    kill_chain,
    power_cut,
    published,
    started,
    step_reached,
)

pytestmark = pytest.mark.prove

PLAIN, THROUGH_PREFECT, CHAIN = 150, 50, 12
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk of its own")


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.sample import SampleOptions, generate
    from tests.flows.command import DAY

    root = Path(tmp_path_factory.mktemp("killed"))
    generate(SampleOptions(workers=120, members=200, seed=5, out=root, member_share=0.2, as_of=DAY))
    return ground(root / "drop", root)


def chains(stood: Ground, root: Path, kills: int, launch: Launch, seed: int) -> list[Kill]:
    """So many kills that took a living process, in chains."""
    moments, found = random.Random(seed), []  # noqa: S311
    while len(found) < kills:
        home = Path(shutil.copytree(stood.before, root / "home"))
        some = kill_chain(stood, home, moments, min(CHAIN, kills - len(found)), launch)
        found += [one for one in some if one.landed]
        print(f"{len(found)} of {kills} kills, all good", flush=True)
        shutil.rmtree(home)
    return found


def told(kind: str, found: list[Kill]) -> None:
    steps = ", ".join(f"{step} {number}" for step, number in sorted(Counter(one.step for one in found).items()))
    print(f"{kind}: {len(found)}, ledger whole {len(found)}, next run the same {len(found)} ({steps})", flush=True)


def test_the_plain_driver_killed(stood: Ground, tmp_path: Path) -> None:
    told("SIGKILL, plain driver", chains(stood, tmp_path, PLAIN, forked, 200))


def test_the_prefect_flow_killed(stood: Ground, tmp_path: Path) -> None:
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        launch = partial(started, environment={"PREFECT_API_URL": str(PREFECT_API_URL.value())})
        told("SIGKILL, Prefect flow", chains(stood, tmp_path, THROUGH_PREFECT, launch, 201))


def test_power_cuts(stood: Ground, tmp_path: Path) -> None:
    moments, found = random.Random(202), []  # noqa: S311
    for turn in range(10):
        home, copy = Path(shutil.copytree(stood.before, tmp_path / f"home-{turn}")), tmp_path / f"copy-{turn}"
        found.append(power_cut(stood, home, copy, moments))
        check_whole(copy)
        check_next(stood, copy)
        shutil.rmtree(home)
        shutil.rmtree(copy)
    told("power cut", found)


@contextmanager
def disk(place: Path, megabytes: int) -> Iterator[Path]:
    """A disk of that size, mounted."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


@as_root
def test_full_disks(stood: Ground, tmp_path: Path) -> None:
    """A ballast leaves room for a random part of what a run needs; then it is taken away."""
    moments, found = random.Random(203), []  # noqa: S311
    for turn in range(10):
        with disk(tmp_path / f"disk-{turn}", 256) as place:
            home = Path(shutil.copytree(stood.before, place / "home"))
            free = shutil.disk_usage(place).free
            (place / "ballast").write_bytes(bytes(free - moments.randrange(64 << 10, 24 << 20)))
            code = forked(stood.words(home)).wait(300)
            step = step_reached(home)
            (place / "ballast").unlink()
            check_whole(home)
            check_next(stood, home)
            found.append(Kill("full disk", step, code == 1))
    assert any(one.landed for one in found)
    told("full disk", [one for one in found if one.landed])


@as_root
def test_read_only_disks(stood: Ground, tmp_path: Path) -> None:
    with disk(tmp_path / "disk", 256) as place:
        home = Path(shutil.copytree(stood.before, place / "home"))
        before = published(home)
        for turn in range(3):
            subprocess.run(["mount", "-o", "remount,ro", str(place)], check=True)
            assert forked(stood.words(home, resume=turn == 2)).wait(300) == 1
            assert published(home) == before
            subprocess.run(["mount", "-o", "remount,rw", str(place)], check=True)
            check_whole(home)
        check_next(stood, home)
    told("read-only disk", [Kill("read-only", "start", True)] * 3)


def test_vanished_databases(stood: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The store's database lets nobody in and throws everybody out, at moments no one chose; then it is back."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    moments, found = random.Random(204), []  # noqa: S311
    launch = partial(forked, environment={"PGPASSWORD": PASSWORD})
    with postgres_server() as server:
        server.sql("create database store")
        url = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/store"
        mine = ground(stood.drop, tmp_path, launch, url)
        home = mine.before
        shutil.copy(stood.before / "keys" / "district.key", tmp_path / "key")
        for _ in range(5):
            run = launch(mine.words(home))
            code = run.wait(moments.uniform(0.1, 0.8) * stood.seconds)
            server.sql("alter database store allow_connections false")
            server.sql("select pg_terminate_backend(pid) from pg_stat_activity where datname = 'store'")
            code = run.wait(300) if code is None else code
            step = step_reached(home)
            server.sql("alter database store allow_connections true")
            check_whole(home)
            found.append(Kill("database gone", step, code == 1))
        assert launch(mine.words(home)).wait(300) in (0, 3)
        check_whole(home)
        rows = published(home)
        assert launch(mine.words(home)).wait(300) in (0, 3)
        assert published(home)["ledger"] == rows["ledger"]
    told("database gone", [one for one in found if one.landed])


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_clocks_that_jump(stood: Ground, tmp_path: Path, days: int) -> None:
    """A run on a clock that is wrong, killed; and one that ends; then the clock is right again."""
    moments = random.Random(days)  # noqa: S311
    home = Path(shutil.copytree(stood.before, tmp_path / "home"))
    run = forked(stood.words(home), shift=days)
    landed = run.wait(moments.uniform(0.2, 0.8) * stood.seconds) is None
    run.stop()
    step = step_reached(home)
    check_whole(home)
    check_next(stood, home)
    told(f"clock {days:+} days, killed", [Kill("clock", step, landed)])
    other = Path(shutil.copytree(stood.before, tmp_path / "other"))
    check_next(stood, other, partial(forked, shift=days))
    assert forked(stood.words(other)).wait(300) in (0, 3)
    assert published(other)["ledger"] == stood.wanted["ledger"]
    check_whole(other)
