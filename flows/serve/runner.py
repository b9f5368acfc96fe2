"""The process that runs nights: registers both deployments and the watch over dead runs, then serves till it is told.

`python -m flows.serve.runner HOME`, with Prefect's environment set by the service.
"""

from __future__ import annotations

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from prefect import serve
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy, StateType
from prefect.events.actions import ChangeFlowRunState
from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.schedules import Cron

from flows.home.folders import Home
from flows.home.settings import load_settings
from flows.nightly.flow import nightly
from flows.serve.children import BY_HAND, HEARTBEAT_SECONDS, NIGHTLY
from schemas.nights import ZONE

WATCH = "sanzhao-dead-runs"
_WATCH_WORDS = f"心跳停了 {3 * HEARTBEAT_SECONDS} 秒的运行记为 Crashed（第1版）"
_ENDINGS = ("Completed", "Failed", "Cancelled", "Crashed")


def watch_over_dead_runs() -> None:
    """An automation: a run whose heartbeat stops for three beats is Crashed, not Running for ever.

    One that is there already is left alone: to change it makes the server forget the heartbeats it has seen, and a
    runner that comes back after a kill would save the dead run it is here to bury.
    """
    beat = "prefect.flow-run.heartbeat"
    automation = AutomationCore(
        name=WATCH,
        description=_WATCH_WORDS,
        trigger=EventTrigger(
            after={beat},
            expect={beat, *(f"prefect.flow-run.{ending}" for ending in _ENDINGS)},
            match=ResourceSpecification({"prefect.resource.id": ["prefect.flow-run.*"]}),
            for_each={"prefect.resource.id"},
            posture=Posture.Proactive,
            threshold=1,
            within=timedelta(seconds=3 * HEARTBEAT_SECONDS),
        ),
        actions=[ChangeFlowRunState(state=StateType.CRASHED, name=None, message="心跳中断：进程已不在", force=False)],
    )
    with get_client(sync_client=True) as client:
        known = client.read_automations_by_name(WATCH)
        if known and known[0].enabled and known[0].description == _WATCH_WORDS:
            return
        for old in known:
            client.delete_automation(old.id)
        client.create_automation(automation)


def deployments_of(home: Home) -> list[Any]:
    """`nightly` on its schedule and `by-hand` for the form; each one run at a time.

    The form shows the drop folder that stands in the configuration. It leaves `config` empty, which is the home's own:
    a run that is resumed keeps the configuration it began with. `by-hand` is registered last, so that it stands first
    in the page's list, whether that is sorted by name or by the newest.
    """
    settings = load_settings(home)
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.ENQUEUE)
    parameters = {"home": str(home.root)}
    return [
        nightly.to_deployment(
            NIGHTLY,
            schedule=Cron(settings.night.cron, timezone=ZONE),
            paused=False,
            concurrency_limit=limit,
            parameters=parameters,
            description="按配置 [night] 的时间表读入投递文件夹，比对，发布一本账；一次只跑一个。",
        ),
        nightly.to_deployment(
            BY_HAND,
            concurrency_limit=limit,
            parameters={**parameters, "drop": str(settings.drop or home.root / "drop"), "start_from": "new"},
            description="手工运行：点 Run → Custom run，核对表单里的投递文件夹、数据日期、从哪一步开始，再提交。",
        ),
    ]


def main(home: Home) -> None:
    """Serve until told to end. The schedule is left as it is then: the next start finds it going."""
    watch_over_dead_runs()
    serve(*deployments_of(home), limit=1, pause_on_shutdown=False, print_starting_message=False)


if __name__ == "__main__":
    main(Home(Path(sys.argv[1])))
