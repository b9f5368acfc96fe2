"""`sanzhao sources return` and `sanzhao purge`."""

from __future__ import annotations

import getpass
from datetime import datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from flows.cli.ending import DONE, WARNED, say
from flows.cli.options import AsOfOption, HomeOption, JsonOption


def send_back(
    home: HomeOption,
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹（明文，交给报送单位后请删除）")],
    source: Annotated[str | None, typer.Option("--source", help="只退一个来源，默认全部")] = None,
    as_of: AsOfOption = None,
) -> int:
    """退回：把要改正的行标在对方自己的表上，连同数据质量说明写出来；记入审计日志。"""
    from flows.home.folders import Home
    from flows.returns import send_back as written

    done = written(Home(home.resolve()), out.resolve(), source=source, night=as_of)
    for path in done.files:
        print(path)
    for problem in done.problems:
        say(problem)
    say(f"共写出 {len(done.files)} 份，内含个人信息，请按原渠道交给报送单位。")
    return WARNED if done.problems else DONE


def purge(home: HomeOption, as_of: AsOfOption = None, json: JsonOption = False) -> None:
    """销毁过了保存期的原件副本和退回记录，留下销毁记录。"""
    from flows.home.folders import Home
    from flows.home.keys import load_key
    from flows.home.settings import load_settings
    from flows.pipeline.purging import purge as destroyed

    place = Home(home.resolve())
    today = as_of or datetime.now(ZoneInfo("Asia/Shanghai")).date()
    gone = destroyed(place, load_settings(place), load_key(place), today=today, who=getpass.getuser())
    if json:
        import json as text

        print(text.dumps({"today": today.isoformat(), "destroyed": gone}, ensure_ascii=False, indent=2))
        return
    for name in gone:
        print(f"已销毁：{name}")
    print(f"截至 {today.isoformat()}，共销毁 {len(gone)} 项" if gone else f"截至 {today.isoformat()}，没有过期的")
