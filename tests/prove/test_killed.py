"""Two hundred SIGKILLs at moments no one chose, over all steps and both drivers; power cuts, full, read-only and
vanished disks and databases, clocks that jump: the ledger is whole after each, and the next run ends as ever.

Prints a table of kind, step and count. In parts, each with moments of its own, so that `--stepwise` goes on where a
proof that was broken off was. As root, since disks are mounted; those cases are left out otherwise.
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

from flows.pipeline.steps import STEP_NAMES
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
    rotations_killed,
    step_reached,
)

pytestmark = pytest.mark.prove

PLAIN_PARTS, PREFECT_PARTS = range(10), range(5)
PLAIN, THROUGH_PREFECT = 15, 10
"""Kills in a part."""
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="mounts a disk of its own")


@pytest.fixture(scope="module")
def stood(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    from flows.sample import SampleOptions, generate
    from tests.flows.command import DAY

    root = Path(tmp_path_factory.mktemp("killed"))
    generate(SampleOptions(workers=120, members=200, seed=5, out=root, member_share=0.2, as_of=DAY))
    return ground(root / "drop", root)


@pytest.fixture(scope="module", autouse=True)
def table() -> Iterator[dict[str, list[Kill]]]:
    """Every case by its kind; a case that is in it was found good."""
    found: dict[str, list[Kill]] = {}
    yield found
    print("\n| kind | cases | ledger whole, nothing lost | next run the same | steps |\n|---|---|---|---|---|")
    for kind, cases in found.items():
        print(f"| {kind} | {len(cases)} | {len(cases)} | {len(cases)} | {_steps(cases)} |")
    print(f"| all | {sum(map(len, found.values()))} | | | {_steps([one for many in found.values() for one in many])} |")


def _steps(cases: list[Kill]) -> str:
    counted = Counter(one.step for one in cases)
    order = ["start", *STEP_NAMES, "end", "rotation"]
    return ", ".join(f"{step} {counted[step]}" for step in sorted(counted, key=order.index))


def told(table: dict[str, list[Kill]], kind: str, found: list[Kill]) -> None:
    table.setdefault(kind, []).extend(found)
    print(f"{kind}: {len(found)} all good ({_steps(found)})", flush=True)


def chain(stood: Ground, home: Path, kills: int, launch: Launch, seed: int) -> list[Kill]:
    """So many kills that took a living process, in one chain or in as many as it takes."""
    moments, found = random.Random(seed), []  # noqa: S311
    while len(found) < kills:
        shutil.copytree(stood.before, home)
        found += [one for one in kill_chain(stood, home, moments, kills - len(found), launch) if one.landed]
        shutil.rmtree(home)
    return found


@pytest.mark.parametrize("part", PLAIN_PARTS)
def test_the_plain_driver_killed(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path, part: int) -> None:
    told(table, "SIGKILL, plain driver", chain(stood, tmp_path / "home", PLAIN, forked, 200 + part))


@pytest.fixture(scope="module")
def through_prefect() -> Iterator[Launch]:
    from prefect.settings import PREFECT_API_URL
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield partial(forked, environment={"PREFECT_API_URL": str(PREFECT_API_URL.value())})


@pytest.mark.parametrize("part", PREFECT_PARTS)
def test_the_prefect_flow_killed(
    stood: Ground, through_prefect: Launch, table: dict[str, list[Kill]], tmp_path: Path, part: int
) -> None:
    found = chain(stood, tmp_path / "home", THROUGH_PREFECT, through_prefect, 300 + part)
    told(table, "SIGKILL, Prefect flow", found)


@pytest.mark.parametrize("turn", range(10))
def test_power_cuts(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path, turn: int) -> None:
    home, copy = Path(shutil.copytree(stood.before, tmp_path / "home")), tmp_path / "copy"
    cut = power_cut(stood, home, copy, random.Random(400 + turn))  # noqa: S311
    check_whole(copy)
    check_next(stood, copy)
    told(table, "power cut", [cut])


def test_rotations_killed(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path) -> None:
    """Changes of the keys cut off time and again, on a home with a night's copies, versions and acts."""
    home, moments = Path(shutil.copytree(stood.before, tmp_path / "home")), random.Random(600)  # noqa: S311
    landed = rotations_killed(home, [moments.uniform(0.02, 0.7) for _ in range(30)])
    check_whole(home)
    assert landed >= 8
    told(table, "SIGKILL, change of keys", [Kill("rotation", "rotation", True)] * landed)


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
@pytest.mark.parametrize("turn", range(10))
def test_full_disks(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path, turn: int) -> None:
    """A ballast leaves room for a random part of what a run needs, until it stops there; then it is taken away."""
    moments = random.Random(500 + turn)  # noqa: S311
    with disk(tmp_path / "disk", 256) as place:
        code: int | None = 0
        while code != 1:
            shutil.rmtree(place / "home", ignore_errors=True)
            home = Path(shutil.copytree(stood.before, place / "home"))
            free = shutil.disk_usage(place).free
            (place / "ballast").write_bytes(bytes(free - moments.randrange(64 << 10, 12 << 20)))
            code = forked(stood.words(home)).wait(300)
            step = step_reached(home)
            (place / "ballast").unlink()
            check_whole(home)
        check_next(stood, home)
    told(table, "full disk", [Kill("full disk", step, True)])


@as_root
def test_read_only_disks(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path) -> None:
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
    told(table, "read-only disk", [Kill("read-only", "start", True)] * 3)


def test_vanished_databases(
    stood: Ground, table: dict[str, list[Kill]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store's database lets nobody in and throws everybody out, at moments no one chose; then it is back."""
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    moments, found = random.Random(204), []  # noqa: S311
    launch = partial(forked, environment={"PGPASSWORD": PASSWORD})
    with postgres_server() as server:
        server.sql("create database store")
        url = f"postgresql+psycopg://postgres@127.0.0.1:{server.port}/store"
        mine = ground(stood.drop, tmp_path, launch, f'store_url = "{url}"\n')
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
    told(table, "database gone", [one for one in found if one.landed])


@pytest.mark.parametrize("days", [-400, -1, 1, 400])
def test_clocks_that_jump(stood: Ground, table: dict[str, list[Kill]], tmp_path: Path, days: int) -> None:
    """A run on a clock that is wrong, killed; and one that ends; then the clock is right again."""
    moments = random.Random(days)  # noqa: S311
    home = Path(shutil.copytree(stood.before, tmp_path / "home"))
    run = forked(stood.words(home), shift=days)
    landed = run.wait(moments.uniform(0.2, 0.8) * stood.seconds) is None
    run.stop()
    step = step_reached(home)
    check_whole(home)
    check_next(stood, home)
    other = Path(shutil.copytree(stood.before, tmp_path / "other"))
    check_next(stood, other, partial(forked, shift=days))
    assert forked(stood.words(other)).wait(300) in (0, 3)
    assert published(other)["ledger"] == stood.wanted["ledger"]
    check_whole(other)
    told(table, "clock wrong by days, killed", [Kill("clock", step, landed)])
