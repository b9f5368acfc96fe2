"""`sanzhao sample`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import UsageMistake, say
from flows.cli.terminal import progress_on_terminal
from schemas.errors import HomeError
from schemas.rules import Rule

if TYPE_CHECKING:
    from flows.sample.options import Neighbour

_PACKAGES = {"pypinyin": "pypinyin", "opencc": "opencc", "python-stdnum": "stdnum"}


def sample(
    workers: Annotated[int, typer.Option("--workers", min=1, help="从业人员数")],
    members: Annotated[int, typer.Option("--members", min=1, help="在册党员数")],
    seed: Annotated[int, typer.Option("--seed", help="随机种子；同一种子得到同样的文件")],
    out: Annotated[Path, typer.Option("--out", help="写到哪个文件夹")],
    member_share: Annotated[float, typer.Option("--member-share", help="从业人员中党员的比例")] = 0.015,
    dirt: Annotated[str, typer.Option("--dirt", metavar="clean|normal|harsh", help="数据脏乱程度")] = "normal",
    nights: Annotated[int, typer.Option("--nights", min=1, help="连续几晚")] = 1,
    neighbour: Annotated[
        str | None,
        typer.Option("--neighbour", metavar="种子:从业人数:党员数", help="与那个样本共有一些人（两边都在）"),
    ] = None,
) -> None:
    """虚构一个区：各部门的导出文件与真值，供试用和测试。

    真值一种判断一个文件：rows 行、members 人、units 单位、hosts 组织、suggestions 建议、leads 线索、dirt 毛病。
    """
    _check_installed()
    from flows.sample import SampleOptions, generate
    from flows.sample.options import Dirt

    levels: dict[str, Dirt] = {"clean": "clean", "normal": "normal", "harsh": "harsh"}
    if dirt not in levels:
        raise UsageMistake(f"--dirt {dirt} 不认识，可用：{'、'.join(levels)}")
    options = SampleOptions(
        workers, members, seed, out, member_share=member_share, dirt=levels[dirt], nights=nights,
        neighbour=_neighbour(neighbour),
    )  # fmt: skip
    with progress_on_terminal() as progress:
        generate(options, progress=progress)
    say(f"已写到 {out}")


def _neighbour(text: str | None) -> Neighbour | None:
    """`57:57000:70000`; anything else is a usage mistake."""
    from flows.sample.options import Neighbour

    if text is None:
        return None
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isdecimal() for part in parts):
        raise UsageMistake(f"--neighbour {text} 应写成 种子:从业人数:党员数，如 57:57000:70000")
    return Neighbour(*map(int, parts))


def _check_installed() -> None:
    """Raises HomeError naming the packages that only this command needs, where they are not there."""
    from importlib.util import find_spec

    missing = [package for package, module in _PACKAGES.items() if find_spec(module) is None]
    if missing:
        raise HomeError(
            "造示例数据另要的包没有装，日常运行用不着它们",
            rule=Rule.SAMPLE_PACKAGES,
            count=len(missing),
            examples=tuple(missing),
            action="pip install --require-hashes -r requirements-sample.lock，再试",
        )
