"""`sanzhao tasks export|import`."""

from __future__ import annotations

import getpass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from flows.cli.commands import Commands
from flows.cli.ending import DONE, FAILED, WARNED, UsageMistake, say
from flows.cli.options import HomeOption, JsonOption

if TYPE_CHECKING:
    from flows.home.folders import Home
    from flows.tasks.returned import Receipt

app = Commands(help="核查任务表：按镇街导出，填好后读回。")

ByOption = Annotated[str | None, typer.Option("--by", help="经手人姓名，印在水印上、记入审计，默认当前系统用户")]


@app.command("export")
def export(
    home: HomeOption,
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹")],
    street: Annotated[str | None, typer.Option("--street", help="只导一个镇街，默认全部")] = None,
    inside: Annotated[
        bool, typer.Option("--inside", help="只在党内渠道流转：写明线索类型和来源行；不加则用中性词，可给渠道外")
    ] = False,
    named: Annotated[
        bool,
        typer.Option(
            "--named", help="写明姓名、手机、站点、住址、社区，每份加打开口令；只在党内渠道，要有导出实名的权限"
        ),
    ] = False,
    user: Annotated[str, typer.Option("--user", help="--named 时：核对台的账号")] = "",
    password_file: Annotated[
        Path | None, typer.Option("--password-file", help="--named 时：放账号口令的文件，不写则当场输入")
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="--named 时：理由，记入审计日志")] = "",
    by: ByOption = None,
) -> None:
    """导出核查任务表：每个镇街一份 .xlsx，待核查的线索一行一条，姓名、手机打码；每次导出都记入审计日志。"""
    from flows.home.folders import Home

    if named:
        if not user or not reason:
            raise UsageMistake("--named 要写明 --user 账号 --reason 理由")
        _export_named(Home(home.resolve()), (out.resolve(), street), (user, reason, password_file))
        return
    from flows.tasks.export import TaskOrder, export_tasks

    order = TaskOrder(out.resolve(), by or getpass.getuser(), street=street, inside=inside)
    done = export_tasks(Home(home.resolve()), order)
    for path, leads in zip(done.files, done.leads.values(), strict=True):
        print(f"{path}  {leads} 项")
    say(f"共 {len(done.files)} 份、{sum(done.leads.values())} 项，{'只在党内渠道流转' if inside else '中性用词'}。")


def _export_named(home: Home, where: tuple[Path, str | None], who: tuple[str, str, Path | None]) -> None:
    from flows.cli.ledger import password_of
    from flows.privacy.named_tasks import NamedOrder, export_named_tasks

    (out, street), (user, reason, password_file) = where, who
    done, passwords = export_named_tasks(home, NamedOrder(user, password_of(password_file), reason, out, street))
    for path, leads in zip(done.files, done.leads.values(), strict=True):
        print(f"{path}  {leads} 项（有打开口令）")
    say(f"共 {len(done.files)} 份、{sum(done.leads.values())} 项，实名，只在党内渠道流转。")
    say(f"打开口令在 {passwords.parent}：与表分开送，一个镇街只给它自己的那一份；读回时用 {passwords.name}。用后删除。")


@app.command("import")
def import_(
    home: HomeOption,
    files: Annotated[list[Path], typer.Argument(metavar="文件…", help="交回的任务表，.xlsx、.xls、.csv 均可")],
    receipt: Annotated[
        Path | None, typer.Option("--receipt", help="回执写到哪个 .xlsx，默认第一个文件旁边的“…_回执.xlsx”")
    ] = None,
    accept: Annotated[
        list[str] | None, typer.Option("--accept", metavar="任务编号", help="冲突经人裁定后采用表里的结果，可写多次")
    ] = None,
    why: Annotated[str, typer.Option("--why", help="采用的理由，与 --accept 同用，记入审计日志")] = "",
    open_with: Annotated[
        Path | None, typer.Option("--open-with", help="表有打开口令时：导出时写的口令文件，或只有一个口令的文本")
    ] = None,
    by: ByOption = None,
    json: JsonOption = False,
) -> int:
    """读回核查任务表：逐行收下、退回（写明原因）或列为冲突；同一份读两遍不会重复记。下一次运行写入一本账。"""
    from flows.home.folders import Home
    from flows.tasks.numbers import read_number
    from flows.tasks.returned import SheetReceiver, import_tasks

    if accept and not why:
        raise typer.BadParameter("采用有冲突的结果要写明理由 --why")
    settled = {text: read_number(text) for text in accept or ()}
    if wrong := [text for text, number in settled.items() if number is None]:
        raise typer.BadParameter(f"不是任务编号：{'、'.join(wrong)}")
    now = datetime.now(ZoneInfo("Asia/Shanghai"))
    who = by or getpass.getuser()
    receiver = SheetReceiver(
        who, now.date(), frozenset(number for number in settled.values() if number), why, _passwords(open_with)
    )
    done = import_tasks(Home(home.resolve()), [path.resolve() for path in files], receiver)
    path = receipt or files[0].with_name(f"{files[0].stem}_回执.xlsx")
    _write_receipt(path.resolve(), done, (f"{who}　{now:%Y-%m-%d %H:%M}　内部资料", now.date()))
    _tell(path, done, json=json)
    if done.problems and not done.outcomes:
        return FAILED
    return WARNED if done.problems or done.attention else DONE


def _passwords(file: Path | None) -> tuple[str, ...]:
    """The passwords of a list that an export wrote, or the one of a file with nothing else in it."""
    if file is None:
        return ()
    from flows.cli.ledger import password_of

    return tuple(line.rpartition("\t")[2].strip() for line in password_of(file).splitlines() if line.strip())


def _write_receipt(path: Path, done: Receipt, headed: tuple[str, date]) -> None:
    from flows.home.folders import write_private
    from reports.tasks.receipt import receipt_workbook

    write_private(path, receipt_workbook(done.outcomes, done.problems, *headed))


def _tell(path: Path, done: Receipt, *, json: bool) -> None:
    """Counts, and every row somebody must look at."""
    from reports.tasks.receipt import CONFLICT, ORDER, REFUSED

    if json:
        import json as text
        from dataclasses import asdict

        body = {
            "counts": {what: done.count(what) for what in ORDER},
            "rows": [
                {name: value for name, value in asdict(entry).items() if name != "note"} for entry in done.outcomes
            ],
            "problems": list(done.problems),
            "receipt": str(path),
        }
        print(text.dumps(body, ensure_ascii=False, indent=2))
        return
    for problem in done.problems:
        say(problem)
    for outcome in done.outcomes:
        if outcome.what in (REFUSED, CONFLICT):
            place = f"{outcome.file}{f'〔{outcome.sheet}〕' if outcome.sheet else ''} 第{outcome.row}行"
            print(f"{outcome.what}：{place}（{outcome.number}）{outcome.reason}")
    print("、".join(f"{what} {done.count(what)}" for what in ORDER))
    print(f"回执：{path}")
