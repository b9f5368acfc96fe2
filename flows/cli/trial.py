"""`sanzhao trial`: what would change if another policy, model or drop were used tonight."""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import DONE, WARNED
from flows.cli.options import HomeOption, JsonOption
from flows.cli.terminal import progress_on_terminal, terminal
from schemas.rules import Rule

if TYPE_CHECKING:
    from flows.home.folders import Home
    from reports.trial import TrialReport

PolicyOption = Annotated[
    Path | None, typer.Option("--policy", help="试用的规则（TOML），默认照现在的", readable=False, show_default=False)
]
ModelFileOption = Annotated[
    Path | None,
    typer.Option("--model", help="试用的模型（TOML），默认照现在的", readable=False, show_default=False),
]
TriedDropOption = Annotated[
    Path | None,
    typer.Option("--drop", help="试用的投递文件夹，默认用已发布那一晚的留存副本", readable=False, show_default=False),
]
ListOption = Annotated[
    Path | None,
    typer.Option("--out", help="把名单（打码）写成 .xlsx 或 .csv，.csv 里只有人", show_default=False),
]


def trial(
    home: HomeOption,
    policy: PolicyOption = None,
    model: ModelFileOption = None,
    drop: TriedDropOption = None,
    out: ListOption = None,
    as_json: JsonOption = False,
) -> int:
    """换规则、换模型或来了新文件，先在旁边算一遍：谁会进出、状态和任务会怎么变；一本账不动。"""
    from flows.home.folders import Home
    from flows.trial.aside import Tried
    from flows.trial.run import try_out
    from reports.trial import print_trial

    place = Home(home.resolve())
    _check_out(place, out, {"--policy": policy, "--model": model})
    with progress_on_terminal() as progress:
        report = try_out(place, Tried(policy, model, drop), progress=progress)
    if out is not None:
        _write(report, place, out)
    if as_json:
        print(json.dumps(report.to_plain(), ensure_ascii=False, indent=2))
    else:
        print_trial(report, terminal())
        if out is not None:
            print(f"名单：{out}（内部资料，用后销毁）")
    return WARNED if report.warnings else DONE


def _check_out(home: Home, out: Path | None, read: dict[str, Path | None]) -> None:
    """Raises InputError where the list would overwrite what is read, lie in the home, or be no known kind of file."""
    from flows.cli.outputs import refuse_overwriting
    from schemas.errors import InputError

    if out is None:
        return
    refuse_overwriting({"--out": out}, read)
    if out.suffix not in (".xlsx", ".csv"):
        raise InputError("名单写成 .xlsx 或 .csv", where=str(out), rule=Rule.OUT_PLACE, action="给 --out 换一个扩展名")
    if out.resolve().is_relative_to(home.root):
        raise InputError(
            "名单不能写在数据文件夹里", where=str(out), rule=Rule.OUT_PLACE, action="给 --out 换一个别处的路径"
        )


def _write(report: TrialReport, home: Home, out: Path) -> None:
    from flows.home.folders import write_private
    from flows.home.settings import load_settings
    from reports.summary_views import csv_bytes
    from reports.trial import PERSON_HEADERS, person_rows, trial_workbook
    from schemas.contracts import load_sources

    if out.suffix == ".csv":
        write_private(out, csv_bytes(PERSON_HEADERS, person_rows(report)))
        return
    titles = {name: contract.title for name, contract in load_sources(load_settings(home).sources).items()}
    mark = f"{getpass.getuser()} {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    write_private(out, trial_workbook(report, titles, mark))
