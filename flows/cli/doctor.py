"""`sanzhao doctor`."""

from __future__ import annotations

from flows.cli.ending import DONE, FAILED, WARNED
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import terminal


def doctor(home: HomeOption, json: JsonOption = False) -> int:
    """体检：磁盘、权限、时钟、密钥、数据库、端口、字体、排期、最近的好版本，各怎么办。"""
    from flows.doctor import examine, print_findings, worst
    from flows.home.folders import Home

    findings = examine(Home(home.resolve()))
    if json:
        import json as text

        print(text.dumps([finding.model_dump() for finding in findings], ensure_ascii=False, indent=2))
    else:
        print_findings(findings, terminal())
    return {"good": DONE, "warning": WARNED, "bad": FAILED}[worst(findings)]
