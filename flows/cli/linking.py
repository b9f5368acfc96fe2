"""`sanzhao link`, `sanzhao dedupe` and `sanzhao train`: any two tables, or one, by a model file."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import say
from flows.cli.on_spark import (
    EMBEDDED,
    SPARK,
    EngineOption,
    MasterOption,
    OnSpark,
    SettingsOption,
    SparkCommand,
    copies_line,
    judged_line,
    refuse_on_spark,
    run_on_spark,
)
from schemas.rules import Rule

if TYPE_CHECKING:
    import pyarrow as pa

    from flows.tabular import ParquetRows
    from matchers.engine import Options, WorkFolder
    from matchers.model.link_model import LinkModel
    from matchers.training.train import Training

_SHIPPED = "people、person_cn、units_cn、companies、febrl"
LeftArgument = Annotated[Path, typer.Argument(metavar="LEFT", help="左表：Parquet、CSV 或 .xlsx", show_default=False)]
ModelOption = Annotated[
    str,
    typer.Option("--model", help=f"模型文件（TOML），或自带模型的名字：{_SHIPPED}", show_default=False),
]
_SIZE = re.compile(r"[1-9][0-9]*(MB|GB)")


def _size(text: str) -> str:
    if not _SIZE.fullmatch(text):
        raise typer.BadParameter("写成 8GB 或 800MB 这样")
    return text


JudgementsOption = Annotated[
    Path | None,
    typer.Option(
        "--judgements",
        help="人工判断的表：left_id、right_id、judgement（link 是同一人，必连；not_link 不是，必不连；unsure 存疑）",
        show_default=False,
    ),
]
MemoryOption = Annotated[
    str, typer.Option("--memory", help="比对时最多用多少内存，例如 8GB", callback=_size, metavar="SIZE")
]
WorkOption = Annotated[
    Path | None,
    typer.Option(
        "--work",
        help="大表的工作文件夹：中断后用同一个文件夹再运行，接着做；里面有两张表的内容（封好，钥匙也在），做完即销毁",
        show_default=False,
    ),
]
OutOption = Annotated[
    Path, typer.Option("--out", help="结果写到哪个文件（表写成 .parquet、.csv 或 .xlsx）", show_default=False)
]


def load_model(given: str) -> LinkModel:
    """A model file, or a shipped model by name; a line on standard error names the keys it has under older names."""
    model = _model_of(given)
    if model.renamed_keys_line:
        print(model.renamed_keys_line, file=sys.stderr)
    return model


def _model_of(given: str) -> LinkModel:
    from importlib import resources

    from matchers.model.link_model import parse_link_model
    from schemas.errors import InputError

    shipped = resources.files("matchers.models") / f"{given}.toml"
    path = Path(given)
    if path.is_file():
        try:
            return parse_link_model(path.read_text("utf-8"), str(path))
        except UnicodeDecodeError:
            raise InputError("模型文件不是 UTF-8", where=given, rule=Rule.MODEL, action="另存为 UTF-8") from None
    if "/" not in given and shipped.is_file():
        return parse_link_model(shipped.read_text("utf-8"), f"{given}.toml")
    action = f"给 TOML 文件的路径，或 {_SHIPPED}"
    raise InputError("没有这个模型文件", where=given, rule=Rule.NO_MODEL, action=action)


def link(
    left: LeftArgument,
    right: Annotated[Path, typer.Argument(metavar="RIGHT", help="右表", show_default=False)],
    model: ModelOption,
    out: OutOption,
    left_id: Annotated[str, typer.Option("--left-id", help="左表的编号列")] = "row_id",
    right_id: Annotated[str, typer.Option("--right-id", help="右表的编号列")] = "row_id",
    judgements: JudgementsOption = None,
    memory: MemoryOption = "4GB",
    work: WorkOption = None,
    engine: EngineOption = EMBEDDED,
    spark_master: MasterOption = "local[2]",
    spark_conf: SettingsOption = [],  # noqa: B006  # typer copies it
) -> None:
    """把两张表里的同一个人（或单位）连起来，每对给出分值、结论和依据。"""
    from flows.cli.outputs import refuse_overwriting
    from flows.cli.work import work_folder
    from flows.tabular import check_out, write_table

    refuse_overwriting({"--out": out}, {"LEFT": left, "RIGHT": right, **_read(model, judgements)})
    check_out(out)
    if engine == SPARK:
        command = SparkCommand((left, right), (left_id, right_id), model, out, judgements=judgements)
        refuse_on_spark(command, work)
        return run_on_spark(command, OnSpark(spark_master, tuple(spark_conf)))
    chosen, ids = load_model(model), (left_id, right_id)
    with (
        work_folder(work, chosen, {"LEFT": left, "RIGHT": right}, *ids, memory) as kept,
        engine_options(memory, kept) as options,
    ):
        pairs = _linked(_Files(left, right, ids, judgements), chosen, options)
        write_table(pairs, out)
    print(decisions_line(Counter(pairs["decision"].to_pylist()), out))
    _tell_unread(pairs)
    if judgements is not None:
        print(_judged(judgements, (left, right), (left_id, right_id)))


def dedupe(
    table: Annotated[Path, typer.Argument(metavar="TABLE", help="要查重的表", show_default=False)],
    model: ModelOption,
    out: OutOption,
    id_column: Annotated[str, typer.Option("--id", help="编号列")] = "row_id",
    clusters: Annotated[Path | None, typer.Option("--clusters", help="另写每行归入哪一组", show_default=False)] = None,
    judgements: JudgementsOption = None,
    memory: MemoryOption = "4GB",
    work: WorkOption = None,
    engine: EngineOption = EMBEDDED,
    spark_master: MasterOption = "local[2]",
    spark_conf: SettingsOption = [],  # noqa: B006  # typer copies it
) -> None:
    """在一张表里找重复的行；--clusters 给出每行所属的组。"""
    from flows.cli.outputs import refuse_overwriting
    from flows.cli.work import work_folder
    from flows.tabular import check_out, read_table, write_table
    from matchers.blocking.copies import COPIES
    from matchers.engines.link import id_column as ids_of
    from matchers.engines.result import clusters as clustered

    refuse_overwriting({"--out": out, "--clusters": clusters}, {"TABLE": table, **_read(model, judgements)})
    for path in (out, clusters):
        if path is not None:
            check_out(path)
    if engine == SPARK:
        command = SparkCommand((table,), (id_column,), model, out, clusters, judgements)
        refuse_on_spark(command, work)
        return run_on_spark(command, OnSpark(spark_master, tuple(spark_conf)))
    chosen, ids = load_model(model), (id_column, id_column)
    with work_folder(work, chosen, {"TABLE": table}, *ids, memory) as kept, engine_options(memory, kept) as options:
        pairs = _linked(_Files(table, None, ids, judgements), chosen, options)
        write_table(pairs, out)
    if clusters is not None:
        write_table(clustered(pairs, ids_of(read_table(table), id_column)), clusters)
    print(decisions_line(Counter(pairs["decision"].to_pylist()), out))
    _tell_unread(pairs)
    if again := int((pairs.schema.metadata or {}).get(COPIES, b"0")):
        print(copies_line(again))
    if judgements is not None:
        print(_judged(judgements, (table, None), (id_column, id_column)))


def train(
    left: LeftArgument,
    model: ModelOption,
    out: OutOption,
    right: Annotated[
        Path | None, typer.Argument(metavar="[RIGHT]", help="右表；不给就是一张表查重", show_default=False)
    ] = None,
    suggest_blocking: Annotated[
        bool, typer.Option("--suggest-blocking", help="另为这两张表推荐分组规则，写在新模型旁边")
    ] = False,
    judgements: JudgementsOption = None,
    left_id: Annotated[str, typer.Option("--left-id", help="左表的编号列，有 --judgements 时用")] = "row_id",
    right_id: Annotated[str, typer.Option("--right-id", help="右表的编号列，有 --judgements 时用")] = "row_id",
    memory: MemoryOption = "4GB",
) -> None:
    """不用标注，从数据里学各级一致的分值，写成新的模型文件和一份说明，经人看过再用；学得不可信就拒绝，原模型不动。"""
    from flows.cli.outputs import refuse_overwriting
    from flows.home.folders import write_private
    from flows.tabular import check_place
    from matchers.sides.unread import unread_lines
    from matchers.training.report import model_text, report_text

    check_place(out)
    report, rules = out.with_suffix(".report.md"), out.with_suffix(".blocking.toml")
    outputs = {"--out": out, "训练说明": report, "推荐的分组规则": rules if suggest_blocking else None}
    refuse_overwriting(outputs, {"LEFT": left, "RIGHT": right, **_read(model, judgements)})
    chosen = load_model(model)
    with engine_options(memory) as options:
        if suggest_blocking:
            _suggest(left, right, chosen, rules, options)
        result = _learned(_Files(left, right, (left_id, right_id), judgements), chosen, options)
    write_private(out, model_text(result.model).encode())
    write_private(report, report_text(result).encode())
    print("\n".join((_trained(result, out, report), *unread_lines(result.unread))))


def _read(model: str, judgements: Path | None) -> dict[str, Path | None]:
    """What is read beside the tables; a shipped model is no file of the clerk's."""
    return {"--model": path if (path := Path(model)).is_file() else None, "--judgements": judgements}


def _tell_unread(pairs: pa.Table) -> None:
    """Filled cells that showed nothing, a line a column."""
    from matchers.sides.unread import unread_lines, unread_of

    for line in unread_lines(unread_of(pairs)):
        print(line)


@contextmanager
def engine_options(memory: str, work: WorkFolder | None = None) -> Iterator[Options]:
    """What the engine may use: it spills into a private folder of this command's own, and shows how far it is."""
    from flows.cli.spill import private_spill
    from flows.cli.terminal import progress_on_terminal
    from matchers.engine import Options

    with (
        progress_on_terminal() as progress,
        private_spill(Options(memory=memory, progress=progress, work=work)) as options,
    ):
        yield options


@dataclass(frozen=True)
class _Files:
    """The files of one command, their id columns, and the judgements given beside them."""

    left: Path
    right: Path | None
    ids: tuple[str, str]
    judged: Path | None = None

    def opened(self, model: LinkModel) -> tuple[pa.Table | ParquetRows, pa.Table | ParquetRows | None]:
        """Both tables, Parquet to be read piece by piece; says which columns were understood as what."""
        from flows.tabular import open_table

        sides = open_table(self.left, say), open_table(self.right, say) if self.right else None
        _say_columns(sides, model, self.ids)
        return sides


def _linked(files: _Files, model: LinkModel, options: Options) -> pa.Table:
    """Pairs of the files. Parquet is read piece by piece; a model of plain columns loads nothing it does not need."""
    from matchers.engines.result import marked

    return marked(_pairs(files, model, options), same=files.right is None)


def _pairs(files: _Files, model: LinkModel, options: Options) -> pa.Table:
    from flows.tabular import read_table
    from matchers.engines.link import link_tables

    judgements = read_table(files.judged) if files.judged else None
    sides = files.opened(model)
    if not model.finds_headers:
        return link_tables(*sides, model, ids=files.ids, judgements=judgements, options=options)
    from flows.tabular.people_cells import people_reading
    from matchers.linking import link as linked

    return linked(*sides, model, ids=files.ids, judgements=judgements, reading=people_reading, options=options)


def _say_columns(
    sides: tuple[pa.Table | ParquetRows, pa.Table | ParquetRows | None], model: LinkModel, ids: tuple[str, str]
) -> None:
    """Which columns of each table were understood as what, and which are left aside."""
    from flows.cli.understood import understood

    for title, side, id_column in zip(("左表", "右表") if sides[1] else ("表",), sides, ids, strict=False):
        if side is not None:
            say(understood(title, side.schema.names, model, id_column))


def _learned(files: _Files, model: LinkModel, options: Options) -> Training:
    """What the files teach."""
    from flows.tabular import read_table
    from matchers.training.train import Judging

    judging = Judging(read_table(files.judged), files.ids) if files.judged else None
    sides = files.opened(model)
    if not model.finds_headers:
        from matchers.training.train import train

        return train(*sides, model, judging=judging, options=options)
    from flows.tabular.people_cells import people_reading
    from matchers.linking import train as learn

    return learn(*sides, model, judging=judging, reading=people_reading, options=options)


def _judged(judged: Path, sides: tuple[Path, Path | None], ids: tuple[str, str]) -> str:
    """How many judgements were used, and how many name rows that are not in the tables."""
    from flows.tabular import read_table
    from matchers.deciding.judgements import checked_judgements, place_judgements
    from matchers.engines.link import id_column as ids_of

    left, right = sides
    shown = ids_of(read_table(left), ids[0]), ids_of(read_table(right or left), ids[1])
    placed = place_judgements(checked_judgements(read_table(judged)), shown, same=right is None)
    return judged_line(placed)


def _suggest(left: Path, right: Path | None, model: LinkModel, out: Path, options: Options) -> None:
    """Print the candidate rules and write the chosen ones as a TOML section."""
    from flows.home.folders import write_private
    from flows.tabular import open_table
    from flows.tabular.people_cells import people_reading
    from matchers.linking import suggest_blocking
    from matchers.training.suggested_blocking import section_text, table_lines

    tables = open_table(left), open_table(right) if right else None
    result = suggest_blocking(*tables, model, reading=people_reading, options=options)
    write_private(out, section_text(result).encode())
    print(
        "\n".join(
            (
                *table_lines(result),
                f"推荐的分组规则：{out}（核对后抄进模型的 [blocking]，原来的 [max_block_rows] 一并删去）",
                "",
            )
        )
    )


def _trained(result: Training, out: Path, report: Path) -> str:
    learned = f"训练 {result.learned.rounds} 轮收敛，估计真对 {result.expected_matches:,.0f}"
    said = result.warnings + (result.crosscheck.warnings if result.crosscheck else ())
    return f"{learned}；提醒 {len(said)} 条\n新模型：{out}\n说明：{report}（看过、批准后再用；原模型没有改动）"


def decisions_line(decisions: Counter[str], out: Path) -> str:
    """How many pairs were decided how, and where they are."""
    words = {"link": "关联", "review": "待核", "reject": "另有更相符"}
    counts = "，".join(f"{words[name]} {decisions[name]:,}" for name in words)
    return f"{counts}\n结果：{out}"
