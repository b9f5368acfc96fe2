"""A run on a Prefect server, so that it shows up there; the only way from the command line into Prefect."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path
from typing import Any

from flows.pipeline.closing import read_summary
from flows.pipeline.request import RunRequest, form_words
from reports.summary import RunSummary
from schemas.errors import HomeError
from schemas.rules import Rule

_ENVIRONMENT = {"PREFECT_SERVER_ANALYTICS_ENABLED": "false", "DO_NOT_TRACK": "1", "PREFECT_LOGGING_LEVEL": "WARNING"}


def drive_through(request: RunRequest, url: str) -> RunSummary:
    """Walk the run as the flow `nightly` on the server at `url`. Raises HomeError when no server answers there."""
    os.environ.setdefault("PREFECT_API_URL", url)
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    _check_answers(os.environ["PREFECT_API_URL"])
    from flows.nightly.flow import nightly

    return read_summary(request.home, nightly(**_parameters(request)))


def _check_answers(url: str) -> None:
    """Any HTTP answer will do, a refused log-in too; the flow itself then says what is wrong."""
    import httpx

    try:
        httpx.get(f"{url.rstrip('/')}/health", timeout=10)
    except (httpx.HTTPError, httpx.InvalidURL):
        raise HomeError(
            "Prefect 服务连不上",
            where=url,
            rule=Rule.PREFECT_UNREACHABLE,
            action="先启动服务；或去掉 PREFECT_API_URL 与配置里的 prefect.api_url，直接在本机运行",
        ) from None


def _parameters(request: RunRequest) -> dict[str, Any]:
    start_from, as_of = form_words(request)
    result: dict[str, Path | date | str | None] = {
        "home": request.home.root,
        "drop": request.drop,
        "as_of": as_of,
        "config": request.config,
        "start_from": start_from,
        "date_reason": request.force_reason or None,
    }
    return result
