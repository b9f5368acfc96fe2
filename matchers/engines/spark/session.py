"""A Spark session for one command: on this machine, on a cluster, or over Spark Connect."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.errors import HomeError, SanzhaoError
from schemas.rules import Rule

LEAST_JAVA = 17
_LOCAL = re.compile(r"local\[(\d+|\*)\]")
_TRIES = 8
"""On one machine Spark gives a task no second try unless it is set how many."""
_DEFAULTS = {
    "spark.app.name": "sanzhao",
    "spark.driver.memory": "2g",
    "spark.io.encryption.enabled": "true",  # what tasks leave on disk for each other is encrypted
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.python.daemon.module": "matchers.engines.spark.daemon",
    "spark.python.worker.reuse": "true",
    "spark.shuffle.compress": "false",  # hashes and what is sealed do not shrink
    "spark.shuffle.spill.compress": "false",
    "spark.sql.adaptive.enabled": "false",  # partitions are as many as shards, and keys are split by the plan itself
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    "spark.task.maxFailures": str(_TRIES),
}
_ONE_MACHINE = {  # the work is done by Python: what Java would compile for hours of it takes longer than it saves
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
}


@dataclass(frozen=True)
class SparkOptions:
    """Where Spark runs: `local[2]`, `spark://…`, `yarn` or `sc://…`, and settings that beat the defaults."""

    master: str = "local[2]"
    settings: Mapping[str, str] = field(default_factory=dict)
    scratch: Path | None = None
    """A private folder for what tasks leave for each other on this machine."""

    @property
    def one_machine(self) -> bool:
        """Whether all tasks run on this machine."""
        return self.master.startswith("local")


@contextmanager
def spark_session(options: SparkOptions, shards: int) -> Iterator[Any]:
    """A session that ends with the command. Raises HomeError, in one Chinese line, where Spark cannot be had.

    What Spark itself fails with comes out as HomeError too: its own words may hold values of rows.
    """
    _refuse_missing(options)
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    here = _ONE_MACHINE if options.one_machine else {}
    settings = {**_DEFAULTS, **here, "spark.sql.shuffle.partitions": str(shards)}
    if options.scratch is not None:
        settings["spark.local.dir"] = str(options.scratch)
    spark = _started(options, {**settings, **options.settings})
    try:
        yield spark
    except SanzhaoError:
        raise
    except Exception as error:
        raise HomeError(
            f"Spark 没有做完（{_named(error)}），没有写出结果", rule=Rule.SPARK,
            action="看 Spark 的日志；内存不够时用 --spark-conf 提高 spark.driver.memory 或 spark.executor.memory",
        ) from error  # fmt: skip
    finally:
        spark.stop()


def _started(options: SparkOptions, settings: Mapping[str, str]) -> Any:
    builder = importlib.import_module("pyspark.sql").SparkSession.builder
    remote, local = options.master.startswith("sc://"), _LOCAL.fullmatch(options.master)
    master = f"local[{local[1]},{_TRIES}]" if local else options.master
    try:
        if remote:
            return _configured(builder.remote(master), options.settings).getOrCreate()
        spark = _configured(builder.master(master), settings).getOrCreate()
    except Exception as error:
        raise HomeError(
            f"Spark 起不来（{_named(error)}）", where=options.master, rule=Rule.SPARK,
            action="核对 --spark-master 和 --spark-conf；用 sc:// 的另要 pip install 'pyspark[connect]'",
        ) from error  # fmt: skip
    spark.sparkContext.setLogLevel(os.environ.get("SANZHAO_SPARK_LOG", "OFF"))
    return spark


def _configured(builder: Any, settings: Mapping[str, str]) -> Any:
    for name, value in settings.items():
        builder = builder.config(name, value)
    return builder


def _named(error: Exception) -> str:
    """What kind of failure it was: the last class named in it, never its words."""
    kinds = re.findall(r"\b(?:\w+\.)*([A-Z]\w+(?:Error|Exception))\b", str(error)[:4000])
    return "、".join(dict.fromkeys([type(error).__name__, *kinds[-1:]]))


def _refuse_missing(options: SparkOptions) -> None:
    if importlib.util.find_spec("pyspark") is None:
        raise HomeError(
            "没有装 pyspark，用不了 --engine spark", rule=Rule.NO_PYSPARK,
            action="在源码目录运行 make spark，用 .venv-spark/bin/sanzhao；或在现有环境里 pip install 'sanzhao[spark]'",
        )  # fmt: skip
    if options.master.startswith("sc://"):
        return
    java = _java()
    if java is None or java < LEAST_JAVA:
        found = "没有 Java" if java is None else f"Java {java} 太旧"
        raise HomeError(
            f"{found}，Spark 要 Java {LEAST_JAVA} 或更新", rule=Rule.NO_JAVA,
            action=f"请管理员运行 apt-get install openjdk-{LEAST_JAVA}-jre-headless，或设好 JAVA_HOME",
        )  # fmt: skip


def _java() -> int | None:
    """The main version of the Java that Spark would start, if there is one."""
    home = os.environ.get("JAVA_HOME")
    command = str(Path(home) / "bin" / "java") if home else shutil.which("java")
    if not command or not Path(command).exists():
        return None
    said = subprocess.run([command, "-version"], capture_output=True, text=True, check=False).stderr  # noqa: S603
    version = re.search(r'version "(?:1\.)?(\d+)', said)
    return int(version[1]) if version else None
