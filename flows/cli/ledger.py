"""`sanzhao ledger show|diff|verify|rollback|erase|export|books`."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli.commands import Commands
from flows.cli.ending import DONE, FAILED, UsageMistake, say
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal
from schemas.rules import Rule

if TYPE_CHECKING:
    from flows.home.folders import Home
    from schemas.ledger_index import LedgerIndex

app = Commands(help="看一本账、比较版本、查验完整。")

KeyArgument = Annotated[str | None, typer.Argument(metavar="[人员编号]", help="不给则看当前版本")]
WhyOption = Annotated[str, typer.Option("--why", help="理由，记入审计日志")]
VersionArgument = Annotated[str | None, typer.Argument(metavar="[版本]", help="不给则比较上一版与当前版")]


@app.command("show")
def show(home: HomeOption, key: KeyArgument = None, json: JsonOption = False) -> None:
    """看一个人的记录（旧编号自动转到新编号）；不给编号则看当前版本。"""
    from flows.ledger import show as show_person

    place = _place(home)
    body: Mapping[str, Any] = show_person(place, key) if key else _index(place)
    if json:
        print(_dumped(body))
        return
    from flows.home.settings import load_settings
    from reports.ledger_lines import person_lines, version_lines
    from reports.terminal_tables import whole_table
    from schemas.policy import load_policy

    policy = load_policy(load_settings(place).policy)
    table = whole_table("项目", "内容", title=str(body["version"]), title_justify="left")
    lines = person_lines(body["row"], body["aliases"], policy) if key else version_lines(body, policy)
    for title, text in lines:
        table.add_row(title, text)
    terminal().print(table)


@app.command("diff")
def diff(
    home: HomeOption,
    older: VersionArgument = None,
    newer: VersionArgument = None,
    moved: Annotated[bool, typer.Option("--moved", help="只换了文件、行号或分值的人也逐人列出")] = False,
    json: JsonOption = False,
) -> None:
    """比较两版：谁新增、谁移出、谁的哪些列变了。"""
    from flows.ledger import diff as differences

    place = _place(home)
    index = _index(place)
    before, after = older or index.get("previous"), newer or str(index["version"])
    if before is None:
        say("只有一版，没有可比的。")
        return
    rows = differences(place, before, after)
    if json:
        print(_dumped({"older": before, "newer": after, "rows": rows}))
        return
    from reports.ledger_lines import difference_lines
    from reports.terminal_tables import whole_table

    table = whole_table(
        "人员编号", "变动", "列", "原因", title=f"{before} → {after}，{len(rows)} 人不同", title_justify="left"
    )
    for line in difference_lines(rows, moves=moved):
        table.add_row(*line)
    terminal().print(table)


@app.command("verify")
def verify(home: HomeOption, json: JsonOption = False) -> int:
    """查验所有版本：校验和、签名、合同、变动链、计数。有问题退出码为 1。"""
    from flows.home.settings import load_settings
    from flows.ledger import verify as problems_of

    place = _place(home)
    version, problems = _index(place)["version"], problems_of(place, store_url=load_settings(place).store_url)
    if json:
        print(_dumped({"version": version, "problems": problems}))
    else:
        for problem in problems:
            print(f"有问题：{problem}")
        print(f"共 {len(problems)} 处问题" if problems else f"完好：当前版本 {version}")
    return FAILED if problems else DONE


@app.command("rollback")
def rollback(home: HomeOption, version: Annotated[str, typer.Argument(metavar="版本")], why: WhyOption) -> None:
    """回到以前的一版：发布一个内容相同的新版本，其后的异议与删除照样生效；中间各版都保留。"""
    from flows.ledger.upkeep import roll_back

    say(f"已发布 {roll_back(_place(home), version, by=_user(), why=why)}，内容同 {version}")


@app.command("erase")
def erase(home: HomeOption, key: Annotated[str, typer.Argument(metavar="人员编号")], why: WhyOption) -> None:
    """从保留的所有版本中删除一个人，以后各版也不再列入；留审计记录。"""
    from flows.ledger.upkeep import erase_person

    counts = erase_person(_place(home), key, by=_user(), why=why)
    say("已删除：" + "、".join(f"{name} {rows} 行" for name, rows in sorted(counts.items()) if rows))


@app.command("export")
def export(
    home: HomeOption,
    to: Annotated[str | None, typer.Option("--to", help="配置 [targets.名字] 里的名字")] = None,
    identified: Annotated[bool, typer.Option("--identified", help="连同姓名、证件号、手机，加密写到 --out")] = False,
    out: Annotated[Path | None, typer.Option("--out", help="实名数据写到哪个文件（加密的 Parquet）")] = None,
    reason: Annotated[str, typer.Option("--reason", help="为什么要实名数据，记入审计日志")] = "",
    user: Annotated[str, typer.Option("--user", help="核对页面的账号；口令用 --password-file 或当场输入")] = "",
    password_file: Annotated[Path | None, typer.Option("--password-file", help="放口令的文件")] = None,
) -> None:
    """把当前版本交给别的系统（--to），或由有权的人导出加密的实名数据（--identified）。"""
    if identified:
        _export_identified(home, (out, user, reason), password_file)
        return
    if to is None:
        raise UsageMistake("要写 --to 名字；或 --identified --out 文件 --reason 理由 --user 账号")
    from flows.ledger.upkeep import export as hand_over

    done = hand_over(_place(home), to, by=_user())
    say(f"已导出到 {to}：" + "、".join(f"{name} {count}" for name, count in done.items()))


def _export_identified(home: Path, asked: tuple[Path | None, str, str], password_file: Path | None) -> None:
    out, user, reason = asked
    if out is None or not user or not reason:
        raise UsageMistake("--identified 要写明 --out 文件 --reason 理由 --user 账号")
    from flows.privacy.identified_export import Order, export_identified

    done = export_identified(_place(home), Order(user, password_of(password_file), reason, out.resolve()))
    say(
        f"已写出 {done.path}：{done.persons} 人"
        + (f"，其中 {done.without_original} 人的原件已销毁" if done.without_original else "")
        + (f"；有 {done.differing} 行的原件与一本账所记的人不符，没有采用" if done.differing else "")
    )
    say(f"密钥在 {done.key_path}，请与文件分开送交；用完两个都删除。内部资料，已记入审计日志。")


def password_of(file: Path | None) -> str:
    """From a file or the keyboard; never from the command's own words, which others can read."""
    import getpass

    if file is None:
        return getpass.getpass("口令：")
    try:
        return file.read_text("utf-8").strip("\r\n")
    except (OSError, UnicodeDecodeError):
        raise UsageMistake("口令文件读不了") from None


@app.command("books")
def books(home: HomeOption, json: JsonOption = False) -> None:
    """三本台账、三找名单与协查名单各有多少人，是否互相对得上。"""
    from flows.ledger.publish.read import current_version
    from reports.books import TITLES, disagreements, views_of

    place = _place(home)
    _index(place)
    current = current_version(place)
    # _index has refused otherwise
    assert current is not None  # noqa: S101  # nosec B101
    ledger = current.table("ledger")
    views = views_of(ledger)
    problems = disagreements(views, ledger.num_rows)
    if json:
        print(_dumped({"rows": {name: table.num_rows for name, table in views.items()}, "problems": problems}))
        return
    for name, table in views.items():
        say(f"{TITLES[name]}：{table.num_rows} 行")
    say("三本台账互相对得上，也与一本账相符" if not problems else "；".join(problems))


def _user() -> str:
    import getpass

    return getpass.getuser()


def _place(home: Any) -> Home:
    from flows.home.folders import Home

    return Home(home.resolve())


def _index(place: Home) -> LedgerIndex:
    from flows.ledger.publish.read import current_version
    from schemas.errors import HomeError

    published = current_version(place)
    if published is None:
        raise HomeError("还没有发布过一本账", where=str(place.root), rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    return published.index


def _dumped(value: Any) -> str:
    return json_text.dumps(value, ensure_ascii=False, indent=2, default=str)
