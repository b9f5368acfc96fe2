"""`sanzhao sources map`: what was understood of a file, and corrections remembered for its sender."""

from __future__ import annotations

import getpass
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal
from schemas.rules import Rule

if TYPE_CHECKING:
    from rich.console import Console

    from flows.home.folders import Home
    from flows.staging.memory import Correction
    from flows.staging.understanding import ColumnView, SheetView
    from schemas.contracts import SourceContract
    from schemas.policy import Policy

FileArgument = Annotated[Path, typer.Argument(metavar="FILE", help="要看的导出文件", show_default=False)]
SourceOption = Annotated[
    str | None, typer.Option("--source", help="来源（sources list 里的文件夹名）；默认取所在文件夹名，否则按表头判断")
]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="列名=字段", help="记住：这一列是哪个字段；“列名=不用”表示不读")
]
ForgetOption = Annotated[list[str] | None, typer.Option("--forget", metavar="列名", help="忘掉对这一列的更正")]
TradeOption = Annotated[
    str | None, typer.Option("--trade", metavar="群体", help="记住：这个送件方的人都属这一群体；“--trade 不定”忘掉它")
]
EveryOption = Annotated[bool, typer.Option("--all-files", help="更正用于该来源的所有文件，不只这一家的")]


def map_file(
    file: FileArgument,
    home: HomeOption,
    source: SourceOption = None,
    set_: SetOption = None,
    forget: ForgetOption = None,
    trade: TradeOption = None,
    all_files: EveryOption = False,
    json: JsonOption = False,
) -> None:
    """看懂一个文件：工作表、表头、每列当作什么、哪些不读；可更正，更正按送件方记住。"""
    from flows.home.folders import Home
    from flows.home.settings import load_settings
    from flows.staging.memory import load_memory, save_memory
    from flows.staging.understanding import Reader, understand
    from schemas.contracts import load_sources
    from schemas.policy import load_policy

    place = Home(home.resolve())
    settings = load_settings(place)
    contracts = load_sources(settings.sources)
    policy = load_policy(settings.policy)
    reading = policy.reading
    data = _bytes(file)
    memory = load_memory(place)
    contract = _contract(contracts, source, file, data)
    if set_ or forget:
        memory = _corrected(memory, contract, file.name, (set_ or [], forget or []), every=all_files)
    views = understand(data, file.name, Reader(contract, memory, reading))
    if set_:
        _require_columns(set_, views, file.name)
    if trade:
        _remember_trade(place, policy, (contract.name, file.name), trade)
        _audit(place, settings.store_url, f"{contract.name} {file.name}", ([f"trade={trade}"], []))
    if set_ or forget:
        place.make()
        save_memory(place, memory)
        _audit(place, settings.store_url, f"{contract.name} {file.name}", (set_ or [], forget or []))
    if json:
        import json as text

        print(text.dumps({"source": contract.name, "sheets": [asdict(view) for view in views]}, ensure_ascii=False))
        return
    _show(views, contract, file.name)


def _remember_trade(home: Home, policy: Policy, file: tuple[str, str], trade: str) -> None:
    """Keep, or forget, the occupation group of a file's sender. Raises BadParameter for a group the policy lacks."""
    from flows.home.file_names import sender_of
    from flows.scope.memory import SenderTrade, load_trades, save_trades
    from flows.staging.memory import UNDECIDED

    if trade not in (*policy.trades, UNDECIDED):
        raise typer.BadParameter(
            f"没有群体 {trade!r}；可用：{'、'.join(policy.trades)}、{UNDECIDED}", param_hint="--trade"
        )
    source, sender = file[0], sender_of(file[1])
    kept = [trade for trade in load_trades(home) if (trade.source, trade.sender) != (source, sender)]
    lines = [] if trade == UNDECIDED else [SenderTrade(source=source, sender=sender, group=trade)]
    home.make()
    save_trades(home, (*kept, *lines))
    terminal().print(f"已记住：{sender} 的人" + ("重新按文件判断" if not lines else f"都属“{trade}”"), markup=False)


def _audit(home: Home, store_url: str, what: str, corrections: tuple[list[str], list[str]]) -> None:
    """Who changed what a header means is told by the audit log; header texts are no personal data."""
    from flows.home.keys import load_key
    from flows.home.store import opened_store

    lines = [*(f"set {text}" for text in corrections[0]), *(f"forget {text}" for text in corrections[1])]
    with opened_store(home, store_url) as store:
        who, now = getpass.getuser(), datetime.now(UTC)
        store.audit(load_key(home, create=True), now, who, "map_headers", why=f"{what}: {'; '.join(lines)}")


def _bytes(file: Path) -> bytes:
    from flows.landing.drop import MAX_FILE_BYTES
    from schemas.errors import InputError

    try:
        if file.stat().st_size > MAX_FILE_BYTES:
            raise InputError(
                f"文件超过 {MAX_FILE_BYTES >> 20} MB", where=file.name, rule=Rule.FILE_TOO_LARGE, action="拆成几个文件"
            )
        return file.read_bytes()
    except OSError as error:
        raise InputError(
            f"文件读不了：{error.strerror}", where=str(file), rule=Rule.NO_FILE, action="核对路径与权限"
        ) from None


def _contract(contracts: dict[str, SourceContract], source: str | None, file: Path, data: bytes) -> SourceContract:
    """The source named, else the one whose folder the file lies in, else the one that understands most of it."""
    from schemas.errors import InputError

    name = source or file.resolve().parent.name
    if name in contracts:
        return contracts[name]
    if source:
        raise InputError(
            f"没有来源 {source}",
            where=file.name,
            rule=Rule.UNKNOWN_SOURCE,
            action="用 sanzhao sources list 看有哪些来源",
        )
    best = max(contracts.values(), key=lambda contract: _columns_known(contract, data, file.name))
    if not _columns_known(best, data, file.name):
        raise InputError(
            "看不出是哪个来源",
            where=file.name,
            rule=Rule.UNKNOWN_SOURCE,
            action="用 --source 指定，如 --source platform",
        )
    return best


def _columns_known(contract: SourceContract, data: bytes, name: str) -> int:
    from flows.staging.understanding import Reader, understand
    from schemas.policy import Reading

    views = understand(data, name, Reader(contract, (), Reading()))
    return max((sum(column.field is not None for column in view.columns) for view in views), default=0)


def _corrected(
    memory: tuple[Correction, ...],
    contract: SourceContract,
    file: str,
    corrections: tuple[list[str], list[str]],
    *,
    every: bool,
) -> tuple[Correction, ...]:
    """The memory with what the clerk asked for: columns set first forgotten, then told anew."""
    from flows.home.file_names import EVERY_SENDER, sender_of
    from flows.staging.memory import Correction
    from flows.staging.words import plain

    told, forgotten = [_pair(text, contract) for text in corrections[0]], [plain(text) for text in corrections[1]]
    sender = EVERY_SENDER if every else sender_of(file)
    gone = {*forgotten, *(column for column, _ in told)}
    senders = {sender} if told else {EVERY_SENDER, sender}
    kept = [
        entry
        for entry in memory
        if not (entry.source == contract.name and entry.sender in senders and entry.column in gone)
    ]
    return (
        *kept,
        *(Correction(source=contract.name, sender=sender, column=column, field=name) for column, name in told),
    )


def _pair(text: str, contract: SourceContract) -> tuple[str, str]:
    """`列名=字段` as (plain header text, field name); the field by its title, name or any alias."""
    from flows.staging.memory import NOT_USED
    from flows.staging.words import plain

    column, mark, wanted = text.rpartition("=")
    if not mark or not plain(column) or not wanted.strip():
        raise typer.BadParameter(f"{text!r} 应写成 列名=字段", param_hint="--set")
    if wanted.strip() in (NOT_USED, "-"):
        return plain(column), ""
    for field in contract.fields:
        if plain(wanted) in {plain(entry) for entry in (field.name, field.title, *field.aliases)}:
            return plain(column), field.name
    titles = "、".join(field.title for field in contract.fields)
    raise typer.BadParameter(f"{contract.title}没有字段 {wanted!r}；可用：{titles}", param_hint="--set")


def _require_columns(asked: list[str], views: list[SheetView], file: str) -> None:
    """A correction of a column the file does not have is refused, with the columns it has."""
    from flows.staging.words import plain
    from schemas.errors import InputError

    texts = {part for view in views for column in view.columns for part in (column.text, *column.text.split("/"))}
    texts |= {column.text.replace("/", "") for view in views for column in view.columns}
    texts |= {f"第{column.number}列" for view in views for column in view.columns}
    for text in asked:
        column = plain(text.rpartition("=")[0])
        if views and texts and column not in texts:
            has = tuple(dict.fromkeys(column.text for view in views for column in view.columns))[:30]
            raise InputError(
                f"文件里没有“{column}”这一列", where=file, rule=Rule.NO_SUCH_COLUMN, examples=has, action="照表头写列名"
            )


def _show(views: list[SheetView], contract: SourceContract, name: str) -> None:
    from reports.terminal_tables import whole_table

    screen = terminal()
    screen.print(f"{name} 按来源 {contract.name}（{contract.title}）读取")
    for view in views:
        title = "／".join(part for part in (view.file if view.file != name else "", view.sheet or "") if part)
        screen.print()
        screen.print(f"【{title or '全文'}】" + (f"编码 {view.encoding}" if view.encoding else ""))
        if view.columns and view.header_rows:
            rows = f"第{view.header_rows[0]}—{view.header_rows[1]}行"
            table = whole_table("列", "表头", "当作", "把握", title=f"表头在{rows}", title_justify="left")
            for column in view.columns:
                table.add_row(str(column.number), column.text, column.field or "—", _how(column))
            screen.print(table)
            _show_guesses(view, screen)
        if view.problem:
            screen.print(view.problem, markup=False)
            continue
        counts = (
            f"数据 {view.rows} 行：接收 {view.accepted}，退回 {view.rows - view.accepted}；略过 {view.passed_over} 行"
        )
        screen.print(counts)
        for reason, count in view.quarantined.items():
            screen.print(f"  退回 {count} 行：{reason}", markup=False)
        if view.repairs:
            screen.print("  修整：" + "、".join(f"{_repair(name)} {count}处" for name, count in view.repairs.items()))
        for remark in view.remarks:
            screen.print(f"  {remark}", markup=False)


def _how(column: ColumnView) -> str:
    return f"{column.how}；像“{column.guess}”？" if column.guess else column.how


def _show_guesses(view: SheetView, screen: Console) -> None:
    """The corrections a clerk may want, ready to be copied."""
    said = " ".join(f"--set {column.text}={column.guess}" for column in view.columns if column.guess)
    if said:
        screen.print(f"  猜对了的，照抄在命令后面：{said}", markup=False, soft_wrap=True)


def _repair(name: str) -> str:
    from reports.damage import damages

    return damages()[name].title if name in damages() else name
