"""`--engine spark` on Spark itself: the files are the embedded engine's to the byte, even when tasks are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from tests.matchers.engines.test_spark_shards import people, with_copies

ROOT = Path(__file__).parents[3]
SPARK = Path(os.environ.get("SANZHAO_SPARK_PYTHON", ROOT / ".venv-spark" / "bin" / "python"))
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (SPARK.exists() and shutil.which("java")),
        reason="no .venv-spark or no Java 17: make spark builds it and runs this",
    ),
]
SANZHAO = [str(SPARK), "-c", "from flows.cli import main; main()"]
KILLS = 20


def started(arguments: list[str]) -> subprocess.Popen[bytes]:
    """The command on two cores of this machine, where a task may fail often before its job does."""
    more = ["--engine", "spark", "--spark-master", "local[2,40]"]
    return subprocess.Popen([*SANZHAO, *arguments, *more], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)


def written(path: Path) -> pa.Table:
    return pq.read_table(path)


def children(process: int) -> list[int]:
    """All that a process started, and what those did."""
    found = []
    for task in Path(f"/proc/{process}/task").glob("*/children"):
        for child in map(int, task.read_text().split()):
            found += [child, *children(child)]
    return found


def workers(process: int) -> list[int]:
    """Python workers of Spark: what the daemon forked."""
    found = []
    for child in children(process):
        try:
            command = Path(f"/proc/{child}/cmdline").read_bytes()
            parent = int(Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[1])
            above = Path(f"/proc/{parent}/cmdline").read_bytes()
        except (OSError, IndexError):
            continue
        if b"spark.daemon" in command and b"spark.daemon" in above:
            found.append(child)
    return found


def killing(running: subprocess.Popen[bytes]) -> int:
    """Kill the newest worker now and then; how many were killed."""
    killed = 0
    while running.poll() is None and killed < KILLS:
        time.sleep(0.7)
        for worker in workers(running.pid)[-1:]:
            os.kill(worker, signal.SIGKILL)
            killed += 1
    return killed


def test_killed_tasks_change_no_row_of_two_tables(tmp_path: Path) -> None:
    """One name with one employer stands on a seventh of the rows, a phone on a fifth."""
    paths = [tmp_path / "l.parquet", tmp_path / "r.parquet"]
    for path, table in zip(paths, (people(3000, side="l", seed=1), people(2500, side="r", seed=2)), strict=True):
        pq.write_table(table, path, row_group_size=400)
    arguments = ["link", *map(str, paths), "--model", "people", "--out"]
    assert ended(app, [*arguments, str(tmp_path / "embedded.parquet")]) == 0
    running = started([*arguments, str(tmp_path / "spark.parquet")])
    killed = killing(running)
    _, said = running.communicate(timeout=900)
    assert running.returncode == 0, said.decode()[-3000:]
    assert killed > 0
    expected, found = written(tmp_path / "embedded.parquet"), written(tmp_path / "spark.parquet")
    assert found.equals(expected, check_metadata=True) and found.num_rows > 500
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "embedded.parquet", "l.parquet", "r.parquet", "spark.parquet",
    ]  # fmt: skip


def test_clusters_of_one_table_are_the_embedded_engines(tmp_path: Path) -> None:
    table = tmp_path / "t.parquet"
    pq.write_table(with_copies(people(600, side="l", seed=3)), table, row_group_size=300)

    def arguments(engine: str) -> list[str]:
        out, groups = tmp_path / f"{engine}.parquet", tmp_path / f"{engine}-groups.parquet"
        return ["dedupe", str(table), "--model", "people", "--out", str(out), "--clusters", str(groups)]

    assert ended(app, arguments("embedded")) == 0
    running = started(arguments("spark"))
    _, said = running.communicate(timeout=900)
    assert running.returncode == 0, said.decode()[-3000:]
    for name in (".parquet", "-groups.parquet"):
        expected = written(tmp_path / f"embedded{name}")
        assert written(tmp_path / f"spark{name}").equals(expected, check_metadata=True)
