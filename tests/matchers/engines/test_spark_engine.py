"""`--engine spark` on Spark itself: the files are the embedded engine's to the byte, even when tasks are killed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.cli.app import app
from flows.cli.ending import ended
from tests.matchers.engines.test_spark_shards import dirty, people, with_copies

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
DAEMON = b"\0-m\0matchers.engines.spark.daemon"


def started(arguments: list[str], environment: Mapping[str, str] = MappingProxyType({})) -> subprocess.Popen[bytes]:
    """The command on two cores of this machine, where a task may fail often before its job does."""
    more = ["--engine", "spark", "--spark-master", "local[2,40]"]
    return subprocess.Popen(
        [*SANZHAO, *arguments, *more], cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


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
        if DAEMON in command and DAEMON in above:
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
    _, errors = running.communicate(timeout=900)
    assert running.returncode == 0, errors.decode()[-3000:]
    assert killed > 0
    expected, found = written(tmp_path / "embedded.parquet"), written(tmp_path / "spark.parquet")
    assert found.equals(expected, check_metadata=True) and found.num_rows > 500
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "embedded.parquet", "l.parquet", "r.parquet", "spark.parquet",
    ]  # fmt: skip


@pytest.mark.parametrize("model", ["people", "person_cn"])
def test_clusters_of_one_table_are_the_embedded_engines(tmp_path: Path, model: str) -> None:
    table = tmp_path / "t.parquet"
    pq.write_table(with_copies(people(600, side="l", seed=3)), table, row_group_size=300)

    def arguments(engine: str) -> list[str]:
        out, groups = tmp_path / f"{engine}.parquet", tmp_path / f"{engine}-groups.parquet"
        return ["dedupe", str(table), "--model", model, "--out", str(out), "--clusters", str(groups)]

    assert ended(app, arguments("embedded")) == 0
    running = started(arguments("spark"))
    _, errors = running.communicate(timeout=900)
    assert running.returncode == 0, errors.decode()[-3000:]
    for name in (".parquet", "-groups.parquet"):
        expected = written(tmp_path / f"embedded{name}")
        assert written(tmp_path / f"spark{name}").equals(expected, check_metadata=True)


def test_evidence_tiers_and_judgements_are_the_embedded_engines(tmp_path: Path) -> None:
    """Headers and cells as offices send them; two judged pairs, one of them with a row that is not there."""
    paths = [tmp_path / "l.parquet", tmp_path / "r.parquet"]
    for path, table in zip(paths, (dirty(people(900, side="l", seed=1)), people(800, side="r", seed=2)), strict=True):
        pq.write_table(table, path, row_group_size=200)
    said = {"left_id": ["l00003", "l00001"], "right_id": ["r00004", "nobody"], "judgement": ["link", "not_link"]}
    pq.write_table(pa.table(said), tmp_path / "j.parquet")
    arguments = ["link", *map(str, paths), "--model", "person_cn", "--judgements", str(tmp_path / "j.parquet"), "--out"]
    assert ended(app, [*arguments, str(tmp_path / "embedded.parquet")]) == 0
    running = started([*arguments, str(tmp_path / "spark.parquet")])
    _, errors = running.communicate(timeout=900)
    assert running.returncode == 0, errors.decode()[-3000:]
    expected, found = written(tmp_path / "embedded.parquet"), written(tmp_path / "spark.parquet")
    assert found.equals(expected, check_metadata=True) and "judgement_of_a_person" in found["rule"].to_pylist()


def test_a_killed_command_leaves_nothing_that_can_be_read(tmp_path: Path) -> None:
    """Neither beside the result nor where tasks keep what they need: not one name, number or id of a table."""
    tables, spill = [people(3000, side="l", seed=1), people(2500, side="r", seed=2)], tmp_path / "spill"
    paths = [tmp_path / "l.parquet", tmp_path / "r.parquet"]
    for path, table in zip(paths, tables, strict=True):
        pq.write_table(table, path)
    spill.mkdir()
    running = started(
        ["link", *map(str, paths), "--model", "people", "--out", str(tmp_path / "o.parquet")], {"TMPDIR": str(spill)}
    )
    while running.poll() is None and len(list(spill.rglob("sealed-*"))) < 12:
        time.sleep(0.1)
    for process in [running.pid, *children(running.pid)]:
        with suppress(ProcessLookupError):
            os.kill(process, signal.SIGKILL)
    running.wait()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path not in paths]
    assert len(list(spill.rglob("sealed-*"))) >= 12 and running.returncode == -signal.SIGKILL
    content = b"\n".join(path.read_bytes() for path in left)
    cells = {cell for table in tables for name in ("row_id", "id_number", "phone") for cell in table[name].to_pylist()}
    assert [cell for cell in cells if cell and cell.encode() in content] == []
    assert b"PAR1" not in content


ROUNDS = """
from pathlib import Path
from dataclasses import replace
from matchers.engines.spark.components import components
from matchers.engines.spark.sealed import SealedFolder, new_key
from matchers.engines.spark.session import SparkOptions, spark_session
from matchers.engines.spark.setting import Setting
import sys
setting = Setting(None, (), 2, SealedFolder(Path(sys.argv[1]), new_key()))
with spark_session(SparkOptions(), 2) as spark:
    chain = spark.sql("select id as one, id + 1 as other from range(16) where id % 4 <> 3 "
                      "union all select 50 as one, 2 as other union all select 60 as one, 60 as other")
    for most in (100, 0):
        found = components(spark, replace(setting, links_per_task=most), chain).toArrow()
        print(sorted(zip(found["row"].to_pylist(), found["root"].to_pylist())))
"""


def test_components_in_rounds_are_those_of_one_task(tmp_path: Path) -> None:
    command = [str(SPARK), "-c", ROUNDS, str(tmp_path)]
    found = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=900, check=True)
    at_once, in_rounds = found.stdout.splitlines()
    expected = sorted([*((row, row // 4 * 4) for row in range(16) if row % 4), (50, 0)])
    assert at_once == in_rounds == str(expected)
