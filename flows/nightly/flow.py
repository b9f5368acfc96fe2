"""The nightly run as a Prefect flow: the plain driver's own steps, a task each, with their counts to look at.

Tasks hold no logic; their arguments are paths and ids. Import through `flows.nightly.server_run`, which sets Prefect's
environment first.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Literal

from prefect import flow, get_run_logger, runtime, task
from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.nightly.counts import titled_counts
from flows.nightly.progress import ProgressArtifact
from flows.nightly.schedule import last_due
from flows.nightly.waiting import Clock, UnattendedNight, drive_when_free, through_the_night
from flows.pipeline.driver import drive
from flows.pipeline.failures import may_help_to_retry, plain_failure
from flows.pipeline.request import Afresh, RunRequest, beginning
from flows.pipeline.steps import Step, run_step, step_named
from flows.run.context import RunContext
from flows.run.runs import context_of, load_record
from flows.run.stepbook import StepCounts, StepResult
from reports.summary import RunSummary
from reports.summary_views import headline, markdown
from schemas.errors import SanzhaoError

StartFrom = Literal[
    "new", "resume", "landing", "stage", "people", "registry", "candidates", "scored", "decided", "units", "persons",
    "ledger", "published",
]  # fmt: skip
_RETRY_AFTER = (10, 60)


def _retrying_helps(_task: Any, _run: Any, state: Any) -> bool:
    return may_help_to_retry(state.result(raise_on_failure=False))


@task(cache_policy=NO_CACHE, persist_result=False, log_prints=False, retry_condition_fn=_retrying_helps)
def walk_step(home: str, run_id: str, step: str) -> dict[str, Any]:
    """One step of one run, with a table of its counts."""
    place, entry = Home(Path(home)), step_named(step)
    run = context_of(place, load_record(place, run_id), ProgressArtifact(step))
    try:
        result = run_step(run, entry)
    except SanzhaoError:
        raise
    except Exception as error:  # Prefect keeps and logs what a task raises: the type may go there, its words may not
        raise plain_failure(run, entry, error) from None
    rows = [{"项目": title, "数": value} for title, value in titled_counts(result.counts)]
    create_table_artifact(key=f"step-{step}", table=rows, description=f"{entry.title}：{result.seconds:.1f} 秒")
    get_run_logger().info("step %s took %.1f s", step, result.seconds)
    return {"seconds": result.seconds, "counts": result.counts.flat()}


def _as_task(run: RunContext, step: Step) -> StepResult:
    named = walk_step.with_options(
        name=f"{step.name} {step.title}", retries=step.retries, retry_delay_seconds=list(_RETRY_AFTER[: step.retries])
    )
    done = named(str(run.home.root), run.run_id, step.name)
    return StepResult(step.name, done["seconds"], StepCounts.of(done["counts"]))


@flow(name="nightly", log_prints=False, persist_result=False, validate_parameters=True)
def nightly(
    home: Path,
    drop: Path | None = None,
    as_of: date | None = None,
    config: Path | None = None,
    start_from: StartFrom = "new",
    date_reason: str | None = None,
) -> str:
    """读入投递文件夹，比对，发布一本账。返回运行编号；小结见本次运行的 Artifacts。

    The form's descriptions stand below, since `prefect deploy` reads them from the source and only from there.

    Args:
        home: 数据文件夹，配置、密钥、一本账都在里面
        drop: 投递文件夹，每个来源一个子文件夹；不填则按配置文件
        as_of: 数据日期；不填则为今天（北京时间）
        config: 另用一份配置文件；不填则用数据文件夹里的 config.toml
        start_from: new 全新运行；resume 接着中断的运行；landing 用 as_of 那一晚的留存副本重做；其余从该步重做
        date_reason: 日期理由；数据日期早于已发布的一晚、或晚于明天时必填，随版本保存，否则不运行
    """
    request = _request(home, drop, as_of, config, start_from)
    summary = _driven(replace(request, force_reason=(date_reason or "").strip()))
    create_markdown_artifact(key="summary", markdown=markdown(summary), description=headline(summary))
    get_run_logger().info("published %s with %d warnings", summary.version, len(summary.warnings))
    return summary.run_id


def _driven(request: RunRequest) -> RunSummary:
    """Unattended runs, which are those of a deployment, have patience; `nightly` itself waits for sources too."""
    deployment = runtime.deployment.name
    if not deployment:
        return drive(request, each=_as_task)
    settings, clock = load_settings(request.home, request.config), Clock()
    # Prefect begins a run up to a second before it is due; the night is then tonight's all the same.
    due = last_due(settings.night.cron, max(clock.now(), runtime.flow_run.scheduled_start_time))
    night = UnattendedNight(request, settings, due, lambda entry: drive(entry, each=_as_task), clock)
    if deployment != "nightly" or request.begin != Afresh():
        return drive_when_free(request, night)
    return through_the_night(replace(night, request=replace(request, as_of=request.as_of or due.date())))


def _request(home: Path, drop: Path | None, as_of: date | None, config: Path | None, start_from: str) -> RunRequest:
    return RunRequest(
        home=Home(home.resolve()),
        drop=drop.resolve() if drop else None,
        as_of=as_of,
        config=config.resolve() if config else None,
        begin=beginning(start_from, as_of),
    )
