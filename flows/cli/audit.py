"""`sanzhao audit show|verify|person|assessment`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.commands import Commands
from flows.cli.ending import DONE, FAILED, say
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal

app = Commands(help="审计日志：谁在什么时候对谁做了什么，为什么；查验有没有被动过。")


@app.command("show")
def show(
    home: HomeOption,
    person: Annotated[str, typer.Option("--person", help="只看与这个人员编号有关的")] = "",
    who: Annotated[str, typer.Option("--who", help="只看这个人做的")] = "",
    what: Annotated[str, typer.Option("--what", help="只看这一类，如 unmask、export")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多几条，新的在前")] = 50,
    json: JsonOption = False,
) -> None:
    """看审计日志，新的在前。"""
    from flows.home.folders import Home
    from flows.ledger.audit_log import acts

    rows = acts(Home(home.resolve()), person=person, who=who, what=what, limit=limit)
    if json:
        import json as text

        print(text.dumps(rows, ensure_ascii=False, indent=2))
        return
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reports.terminal_tables import whole_table
    from reports.words import ACTS
    from schemas.nights import ZONE

    table = whole_table("条", "时间（北京）", "谁", "做了什么", "人员编号", "理由")
    for row in rows:
        what = ACTS.get(str(row["what"]), str(row["what"]))
        at = datetime.fromisoformat(str(row["at"])).astimezone(ZoneInfo(ZONE))
        cells = [row["seq"], f"{at:%Y-%m-%d %H:%M:%S}", row["who"], what, row["person_key"], row["why"]]
        table.add_row(*("" if cell is None else str(cell) for cell in cells))
    terminal().print(table)


@app.command("verify")
def verify(home: HomeOption, json: JsonOption = False) -> int:
    """查验审计日志：有没有删、改、调换，末尾有没有被截掉。有问题退出码为 1。"""
    from flows.home.folders import Home
    from flows.ledger.audit_log import examine

    result = examine(Home(home.resolve()))
    if json:
        import dataclasses
        import json as text

        print(text.dumps(dataclasses.asdict(result), ensure_ascii=False, indent=2))
    else:
        for problem in result.problems:
            print(f"有问题：{problem}")
        where = (
            f"版本 {result.anchored_by} 锚定到第 {result.anchored_at} 条" if result.anchored_by else "还没有版本锚定"
        )
        print(f"共 {len(result.problems)} 处问题" if result.problems else f"完好：{result.acts} 条，{where}")
    return FAILED if result.problems else DONE


@app.command("person")
def person(
    home: HomeOption,
    key: Annotated[str, typer.Argument(metavar="人员编号")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹")],
) -> None:
    """一个人的查阅单（记有什么、从哪里来、谁看过），连同给各报送单位的更正函。"""
    import getpass

    from flows.home.folders import Home
    from flows.privacy.access import access_report

    done = access_report(Home(home.resolve()), key, out.resolve(), by=getpass.getuser())
    for path in (done.own, *done.letters):
        print(path)
    say("查阅单只交本人；更正函交报送单位。已记入审计日志。")


@app.command("assessment")
def assessment(home: HomeOption, out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹")]) -> None:
    """由配置生成《个人信息保护影响评估》草稿和《处理活动记录》。"""
    import getpass

    from flows.home.folders import Home
    from flows.privacy.assessment import write_assessment

    for path in write_assessment(Home(home.resolve()), out.resolve(), by=getpass.getuser()):
        print(path)
    say("草稿由配置生成，须由负责人核实、补充、签字。")
