"""`sanzhao init`, `sanzhao run`, `sanzhao status`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ending import DONE, WARNED, UsageMistake
from flows.cli.options import (
    AsOfOption,
    CityOption,
    ConfigOption,
    DropOption,
    HomeOption,
    JsonOption,
    KeysOption,
    NightOption,
    OneHomeOption,
    one_place,
)
from flows.cli.terminal import called, progress_on_terminal, terminal

if TYPE_CHECKING:
    from flows.home.first_day import FirstDay
    from flows.pipeline.request import Beginning, RunRequest
    from reports.summary import RunSummary
    from schemas.contracts import SourceContract

StepOption = Annotated[str | None, typer.Option("--from", metavar="STEP", help="从某一步重做，如 decided")]
ForceOption = Annotated[bool, typer.Option("--force", help="允许数据日期早于已发布的一晚，或晚于明天；须写 --reason")]
ReasonOption = Annotated[str, typer.Option("--reason", help="为什么，随版本保存在 index.json")]
ResumeOption = Annotated[bool, typer.Option("--resume", help="接着上次中断的运行做")]

DistrictOption = Annotated[str, typer.Option("--district", help="区（县）名称，印在小结和报表上")]
ComesOption = Annotated[
    list[str] | None, typer.Option("--comes", metavar="来源", help="有这个来源，没到会提醒；可写几次")
]
NeverOption = Annotated[
    list[str] | None, typer.Option("--never", metavar="来源", help="永远不会有这个来源，不再提醒；可写几次")
]
WhoOption = Annotated[
    list[str] | None,
    typer.Option("--who", metavar="来源=单位,责任人,电话,文号,法律依据", help="谁报送、谁负责，填进来源说明；可写几次"),
]


def init(
    home: HomeOption,
    district: DistrictOption = "",
    comes: ComesOption = None,
    never: NeverOption = None,
    who: WhoOption = None,
) -> None:
    """建立数据文件夹、密钥、写有说明的配置和各来源的投递文件夹；在终端里没写选项的，会逐项问。"""
    from flows.cli.first_day import interviewed_or_given
    from flows.home.first_day import begin
    from flows.home.folders import Home
    from flows.home.keys import load_key
    from schemas.contracts import load_sources

    place = Home(home.resolve())
    contracts, known = load_sources(None), place.config.exists()
    day = interviewed_or_given((district, comes or [], never or [], who or []), contracts, ask=not known)
    place.make()
    made = begin(place, day, contracts)
    key = load_key(place, create=True)
    print(f"数据文件夹：{place.root}")
    print(f"配置文件：{place.config}（{'已存在，未改动' if known else '已写出，请按说明填写'}）")
    file = os.environ.get("SANZHAO_KEY_FILE") or place.keys / "district.key"
    print(f"区级密钥：{file}（编号 {key.key_id}，请离线备份）")
    if known and (district or comes or never):
        print("配置已经有了：区名、有哪些来源请直接在里面改，这次的选项没有写进去")
    if made:
        print(f"投递文件夹：{place.root / 'drop'}（{len(made)} 个来源，各有一份 provenance.toml）")
    print("接下来：")
    print(f"1. {_to_fill_in(day, made, contracts)}")
    print("2. 把各部门的文件放进各自的文件夹（党员名册放进 party_members/，必须有）")
    print(f"3. 运行 {called()} run --home {home}")


def _to_fill_in(day: FirstDay, made: list[str], contracts: Mapping[str, SourceContract]) -> str:
    """Which records still have gaps, of the sources of which something was said; else of all."""
    lines = [name for name in made if name in day.senders]
    gaps = [
        f"{contracts[name].title}（{'、'.join(day.senders[name].lacking)}）"
        for name in lines
        if day.senders[name].lacking
    ]
    if lines and not gaps:
        rest = "；以后再说的，有文件时再填" if len(made) > len(lines) else ""
        return f"{'、'.join(contracts[name].title for name in lines)}的 provenance.toml 都填好了{rest}"
    still = "：" + "；".join(gaps) if gaps else ""
    return f"打开投递文件夹里各来源的 provenance.toml，把空着的项填好{still}"


def run(
    home: HomeOption,
    drop: DropOption = None,
    as_of: AsOfOption = None,
    config: ConfigOption = None,
    resume: ResumeOption = False,
    start_from: StepOption = None,
    from_landing: NightOption = None,
    force: ForceOption = False,
    reason: ReasonOption = "",
    json: JsonOption = False,
) -> int:
    """读入投递文件夹，比对，发布一本账，打印小结。"""
    begin = _beginning(resume, start_from, from_landing)
    if force != bool(reason.strip()):
        raise UsageMistake("--force 与 --reason 理由 要一起用")
    from flows.home.folders import Home
    from flows.pipeline.request import RunRequest

    request = RunRequest(
        home=Home(home.resolve()),
        drop=drop.resolve() if drop else None,
        as_of=as_of,
        config=config.resolve() if config else None,
        begin=begin,
        force_reason=reason.strip(),
    )
    summary = _driven(request)
    if json:
        print(summary.model_dump_json(indent=2))
    else:
        from reports.summary_views import print_summary

        print_summary(summary, terminal(), command=called())
    return WARNED if summary.warnings else DONE


def _beginning(resume: bool, start_from: str | None, from_landing: date | None) -> Beginning:
    """Where the run begins, by the one option that says so."""
    if sum((resume, start_from is not None, from_landing is not None)) > 1:
        raise UsageMistake("--resume、--from、--from-landing 只能用一个")
    from flows.pipeline.request import Afresh, FromLanding, FromStep, Resumed
    from flows.pipeline.steps import STEP_NAMES

    if start_from is not None and start_from not in STEP_NAMES[:-1]:
        raise UsageMistake(f"没有 {start_from} 这一步，可用：{'、'.join(STEP_NAMES[:-1])}")
    if start_from is not None:
        return FromStep(start_from)
    if from_landing is not None:
        return FromLanding(from_landing)
    return Resumed() if resume else Afresh()


def _driven(request: RunRequest) -> RunSummary:
    """Through Prefect where a server is configured, so that the run shows up there; else plainly."""
    from flows.home.settings import load_settings

    url = os.environ.get("PREFECT_API_URL") or load_settings(request.home, request.config).prefect.api_url
    if url:
        from flows.nightly.server_run import drive_through

        return drive_through(request, url)
    from flows.pipeline.driver import drive

    with progress_on_terminal() as progress:
        return drive(request, progress=progress)


def status(
    home: OneHomeOption = None, homes: CityOption = None, keys: KeysOption = None, json: JsonOption = False
) -> int:
    """看最近的运行、当前版本、是否有中断的运行；几个区一起（--homes）时每区一行。"""
    from flows.home.folders import Home

    one_place(home, homes)
    if homes is not None:
        from flows.city.status import print_districts

        return WARNED if print_districts(homes.resolve(), keys.resolve() if keys else None, as_json=json) else DONE
    if home is not None:
        from flows.doctor.status import print_state, state_of

        result = state_of(Home(home.resolve()))
        if json:
            print(result.model_dump_json(indent=2))
        else:
            print_state(result)
    return DONE
