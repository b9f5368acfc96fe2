"""`sanzhao evaluate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import HomeOption, JsonOption


def evaluate(
    home: HomeOption,
    truth: Annotated[Path, typer.Option("--truth", help="真值文件夹（示例数据的 truth/）")],
    json: JsonOption = False,
) -> None:
    """拿最新一本账与真值核对：关联对错、找回多少、各状态对错。"""
    from flows.evaluation import evaluate_home, summary_lines

    result = evaluate_home(home.resolve(), truth.resolve())
    print(result.to_json() if json else "\n".join(summary_lines(result)))
