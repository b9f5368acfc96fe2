"""`sanzhao find`: one person by name and number, asked for and never an argument."""

from __future__ import annotations

import getpass
import sys

from flows.cli.ending import say
from flows.cli.options import HomeOption, JsonOption
from schemas.rules import Rule


def find(home: HomeOption, json: JsonOption = False) -> None:
    """按姓名和号码找一个人：在一本账里、等人核对、只在名册里，或没有找到及原因。姓名和号码在提示后输入，不写在命令里。"""
    from flows.counter.enquiry import enquiry_of
    from flows.home.folders import Home
    from flows.review.counter import answer_enquiry
    from flows.review.office import Office
    from reports.workbench.access import Role, SignedInAccount
    from schemas.errors import HomeError

    place = Home(home.resolve())
    if not place.config.exists():
        raise HomeError(
            "这里还没有三找的数据文件夹", where=str(place.root), rule=Rule.NO_HOME, action="先运行 sanzhao init"
        )
    enquiry = enquiry_of(_line_read("姓名（可不填）："), _line_read("身份证号、手机号、党员编号、人员编号或任务编号："))
    office = Office.open(place)
    try:
        answer = answer_enquiry(office, SignedInAccount(getpass.getuser(), Role.REVIEWER), enquiry)
    finally:
        office.close()
    if json:
        import json as text
        from dataclasses import asdict

        print(text.dumps({**asdict(answer), "where": answer.where.name.lower()}, ensure_ascii=False, indent=2))
        return
    print(f"{answer.where.value}：{answer.explanation}")
    for key, title in ((answer.person_key, "人员编号"), (answer.task, "任务编号")):
        if key:
            print(f"{title}：{key}")
    for pair in answer.pairs:
        print(f"待核对：{pair}")
    for line in answer.reasons:
        print(f"- {line}")


def _line_read(prompt: str) -> str:
    """One line of the keyboard's, or of what is piped in."""
    if sys.stdin.isatty():
        sys.stderr.write(prompt)
        sys.stderr.flush()
    line = sys.stdin.readline()
    if not line and not sys.stdin.isatty():
        say(f"{prompt}没有输入")
    return line.strip()
