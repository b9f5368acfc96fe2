"""`sanzhao link` and `sanzhao dedupe` with `--engine spark`: the same rows, from tasks on one machine or a cluster."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import say
from schemas.rules import Rule

if TYPE_CHECKING:
    import pyarrow as pa

    from matchers.deciding.judgements import JudgedPairs
    from matchers.engines.spark.link import Linked
    from matchers.engines.spark.session import SparkOptions
    from matchers.engines.spark.setting import Parted
    from matchers.model.link_model import LinkModel

EMBEDDED, SPARK = "embedded", "spark"
_SETTING = re.compile(r"spark\.[\w.\-]+=.*")


def _engine_name(text: str) -> str:
    if text not in (EMBEDDED, SPARK):
        raise typer.BadParameter(f"写 {EMBEDDED}（本机，默认）或 {SPARK}")
    return text


def _settings(given: list[str]) -> list[str]:
    for entry in given:
        if not _SETTING.fullmatch(entry):
            raise typer.BadParameter("写成 spark.executor.memory=4g 这样")
    return given


EngineOption = Annotated[
    str,
    typer.Option("--engine", help="在哪里算：embedded（本机）或 spark（结果的行相同）", callback=_engine_name),
]
MasterOption = Annotated[
    str,
    typer.Option(
        "--spark-master", envvar="SANZHAO_SPARK_MASTER", show_envvar=False,
        help="Spark 在哪里：local[2]、spark://主机:7077、yarn，或 sc://主机（Spark Connect）；"
        "也可用环境变量 SANZHAO_SPARK_MASTER",
    ),
]  # fmt: skip
SettingsOption = Annotated[
    list[str],
    typer.Option("--spark-conf", help="Spark 的设置，如 spark.executor.memory=4g；可给多次", callback=_settings),
]


@dataclass(frozen=True)
class OnSpark:
    """Where Spark runs, and with what settings."""

    master: str
    settings: tuple[str, ...]


@dataclass(frozen=True)
class SparkCommand:
    """One command: its tables (one for duplicates) with their id columns, and where the results go."""

    tables: tuple[Path, ...]
    ids: tuple[str, ...]
    model: str
    out: Path
    clusters: Path | None = None
    judgements: Path | None = None


def refuse_on_spark(command: SparkCommand, work: Path | None) -> None:
    """Raise InputError for what `--engine spark` does not do."""
    from schemas.errors import InputError

    if command.judgements is not None and len(command.tables) == 1:
        raise InputError(
            "--engine spark 查重时还不支持人工判断的表", where=str(command.judgements), rule=Rule.SPARK_JUDGEMENTS,
            action="用 --engine embedded（大表加 --memory）",
        )  # fmt: skip
    if work is not None:
        raise InputError(
            "--work 是本机续算用的，--engine spark 由 Spark 自己重试",
            where=str(work),
            rule=Rule.SPARK_WORK,
            action="去掉 --work",
        )


def run_on_spark(command: SparkCommand, spark: OnSpark) -> None:
    """Write the pairs, and the clusters where asked for, and tell how many; nothing is written unless all is done."""
    from flows.cli.linking import load_model
    from flows.cli.spill import private_spill
    from flows.tabular import read_table
    from matchers.engines.spark.link import link_on_spark
    from matchers.engines.spark.session import SparkOptions
    from matchers.engines.spark.written import written_pairs, written_rows

    judgements = read_table(command.judgements) if command.judgements else None
    tables, model = _parted(command, load_model(command.model))
    options = SparkOptions(spark.master, dict(setting.split("=", 1) for setting in spark.settings))
    with private_spill() as private, _reached_by_all(options, command.out, private.spill) as folder:
        linked = link_on_spark(
            tables, model, replace(options, scratch=private.spill), folder, judgements=judgements,
            clusters=command.clusters is not None,
        )  # fmt: skip
        counts: Counter[str] = Counter()
        _write(
            _noted(written_pairs(model, linked.files, linked.pairs), linked, counts, same=len(tables) == 1), command.out
        )
        if command.clusters is not None:
            _write(written_rows(linked.files, linked.clusters), command.clusters)
    _tell(linked, counts, command.out)


def _parted(command: SparkCommand, model: LinkModel) -> tuple[tuple[Parted, ...], LinkModel]:
    from flows.cli.understood import understood
    from flows.tabular.pieces import table_pieces
    from matchers.engines.spark.link import Given, parted

    titles = ("表",) if len(command.tables) == 1 else ("左表", "右表")
    given = []
    for title, path, id_column in zip(titles, command.tables, command.ids, strict=True):
        pieces = table_pieces(path, say)
        say(understood(title, pieces[0].schema.names, model, id_column))
        given.append(Given(title, pieces, id_column))
    if not model.finds_headers:
        return parted(given, model, None)
    from flows.tabular.people_cells import people_reading

    return parted(given, model, people_reading)


@contextmanager
def _reached_by_all(options: SparkOptions, out: Path, spill: Path | None) -> Iterator[Path]:
    """A private folder that every task and the driver reach: of this machine where all run here, else beside the
    result; gone when the command ends."""
    from flows.home.folders import private_folder

    if options.one_machine and spill is not None:
        yield private_folder(spill / "sealed")
        return
    private_folder(out.absolute().parent)
    folder = Path(tempfile.mkdtemp(prefix=f".{out.name}.parts-", dir=out.absolute().parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _noted(pairs: Iterable[pa.Table], linked: Linked, counts: Counter[str], *, same: bool) -> Iterator[pa.Table]:
    """The pairs with what the file says of itself; their decisions are counted along."""
    import pyarrow as pa

    from matchers.blocking.copies import COPIES
    from matchers.engines.result import marked
    from matchers.sides.unread import noted

    for table in pairs:
        for decision in table["decision"].value_counts().to_pylist():
            counts[decision["values"]] += decision["counts"]
        known = {COPIES: str(linked.copies).encode()} if linked.copies else {}
        yield pa.table(marked(noted(table.replace_schema_metadata(known), linked.unread), same=same))


def _write(tables: Iterator[pa.Table], out: Path) -> None:
    """Parquet table by table, renamed into place when it is whole; other files at once."""
    import pyarrow as pa

    from flows.tabular import write_table
    from flows.tabular.writing import write_parquet

    if out.suffix.lower() == ".parquet":
        write_parquet(tables, out)
    else:
        write_table(pa.concat_tables(tables), out)


def _tell(linked: Linked, counts: Counter[str], out: Path) -> None:
    from flows.cli.linking import decisions_line
    from matchers.sides.unread import unread_lines

    print(decisions_line(counts, out))
    for line in unread_lines(linked.unread):
        print(line)
    if linked.copies:
        print(copies_line(linked.copies))
    if linked.judged is not None:
        print(judged_line(linked.judged))


def judged_line(placed: JudgedPairs) -> str:
    """How many judgements were used, and how many name rows that are not in the tables."""
    unknown = f"；编号不在表里的 {placed.unknown} 条没有用，请核对编号列" if placed.unknown else ""
    return f"人工判断：必连 {len(placed.same)} 对，必不连 {len(placed.other)} 对{unknown}"


def copies_line(rows: int) -> str:
    """What is said of rows that stand in one pair only."""
    return f"有 {rows:,} 行与前面的某一行完全相同，每行只写与那一行的一对；分组不受影响"
