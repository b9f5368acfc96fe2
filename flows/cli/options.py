"""Options that several commands share."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.ending import UsageMistake


def parse_day(text: str) -> date:
    """`2026-11-20`; anything else is a usage mistake."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} 不是日期，应写成 2026-11-20 这样") from None


def one_place(home: Path | None, homes: Path | None) -> None:
    """Raises UsageMistake unless exactly one of a home and a folder of homes is named."""
    if (home is None) == (homes is None):
        raise UsageMistake("要写 --home（一个区）或 --homes（几个区），只写一个")


HomeOption = Annotated[
    Path, typer.Option("--home", help="数据文件夹（配置、密钥、一本账都在里面）", show_default=False)
]
OneHomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="数据文件夹（配置、密钥、一本账都在里面）；与 --homes 写一个", show_default=False),
]
CityRequired = Annotated[
    Path, typer.Option("--homes", help="一个文件夹，每区一个子文件夹，各是一个数据文件夹", show_default=False)
]
CityOption = Annotated[
    Path | None,
    typer.Option("--homes", help="几个区一起：一个文件夹，每区一个子文件夹，各是一个数据文件夹", show_default=False),
]
KeysOption = Annotated[
    Path | None,
    typer.Option(
        "--keys", envvar="SANZHAO_KEY_DIR", show_envvar=False, show_default=False,
        help="配合 --homes：各区密钥的文件夹，每区一个 区文件夹名.key，默认在各区 keys/（也可设 SANZHAO_KEY_DIR）",
    ),
]  # fmt: skip
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
