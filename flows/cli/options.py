"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer


def parse_day(text: str) -> date:
    """`2026-11-20`; anything else is a usage mistake."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} 不是日期，应写成 2026-11-20 这样") from None


HomeOption = Annotated[
    Path, typer.Option("--home", help="数据文件夹（配置、密钥、一本账都在里面）", show_default=False)
]
ConfigOption = Annotated[Path | None, typer.Option("--config", readable=False, help="另用一份配置，默认 H/config.toml")]
DropOption = Annotated[Path | None, typer.Option("--drop", readable=False, help="投递文件夹，默认按配置")]
AsOfOption = Annotated[
    date | None, typer.Option("--as-of", parser=parse_day, metavar="YYYY-MM-DD", help="数据日期，默认今天（北京时间）")
]
NightOption = Annotated[
    date | None,
    typer.Option("--from-landing", parser=parse_day, metavar="YYYY-MM-DD", help="用保留的原件副本重做那一晚"),
]
JsonOption = Annotated[bool, typer.Option("--json", help="结果以 JSON 输出")]
