"""`sanzhao explain`."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.cli.options import HomeOption


def explain(
    home: HomeOption,
    key: Annotated[str, typer.Argument(metavar="PERSON_KEY", help="人员编号（p-…）", show_default=False)],
) -> None:
    """一个人的这一行是怎么来的：来源行、逐项分值、判定规则、状态口径、接收组织。"""
    from flows.home.folders import Home
    from flows.home.settings import load_settings
    from flows.originals.explaining import explain as explained
    from schemas.policy import load_policy

    place = Home(home.resolve())
    print("\n".join(explained(place, key, load_policy(load_settings(place).policy))))
