"""The few things the steward asks of Prefect's server, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from time import sleep
from typing import Any

import httpx

from flows.serve.children import BY_HAND, NIGHTLY

_PAUSES = (0.5, 1.0, 2.0, 4.0)
"""Seconds until a server that is too busy (503: its database is locked) is asked again; every question may be."""
_UNFINISHED = ("SCHEDULED", "PENDING", "RUNNING", "CANCELLING", "PAUSED")


class PrefectApi:
    """One server with its log-in. Every call raises httpx.HTTPError when the server does not answer."""

    def __init__(self, url: str, auth: str) -> None:
        user, _, word = auth.partition(":")
        self._client = httpx.Client(base_url=url, auth=(user, word), timeout=10, trust_env=False)

    def close(self) -> None:
        self._client.close()

    def is_ready(self) -> bool:
        """Whether the server answers."""
        try:
            return self._client.get("/health").is_success
        except httpx.HTTPError:
            return False

    def has_deployments(self) -> bool:
        """Whether the runner has registered both deployments."""
        return all(self._client.get(f"/deployments/name/nightly/{name}").is_success for name in (NIGHTLY, BY_HAND))

    def form_of(self, deployment: str) -> str:
        """Where on the page a deployment's form stands; the same after every restart."""
        known = self._got("GET", f"/deployments/name/nightly/{deployment}")
        return f"/v2/deployments/deployment/{known['id']}/run"

    def start_run(self, deployment: str, parameters: Mapping[str, Any], once: str) -> str:
        """A run of a deployment, now; asked twice with the same `once` it is one run. Gives its id."""
        known = self._got("GET", f"/deployments/name/nightly/{deployment}")
        body = {"parameters": dict(parameters), "idempotency_key": once, "state": {"type": "SCHEDULED"}}
        return str(self._got("POST", f"/deployments/{known['id']}/create_flow_run", body)["id"])

    def unfinished(self, before: datetime) -> list[dict[str, object]]:
        """Runs that are going, or were due before a moment and have not begun."""
        query = {
            "flow_runs": {"state": {"type": {"any_": list(_UNFINISHED)}}},
            "flows": {"name": {"any_": ["nightly"]}},
            "limit": 200,
        }
        runs = self._got("POST", "/flow_runs/filter", query)
        return [run for run in runs if _moment(run) is None or (_moment(run) or before) <= before]

    def going(self, since: datetime) -> list[dict[str, object]]:
        """Runs of the deployments that the server holds to be running since before a moment."""
        query = {
            "flow_runs": {
                "state": {"type": {"any_": ["RUNNING", "CANCELLING"]}},
                "start_time": {"before_": since.isoformat()},
                "deployment_id": {"is_null_": False},
            },
            "limit": 200,
        }
        found: list[dict[str, object]] = self._got("POST", "/flow_runs/filter", query)
        return found

    def pass_over(self, run: Mapping[str, Any], why: str) -> None:
        """A run that was due while nobody was there is not run any more; one that was going then has crashed."""
        waiting = run.get("state_type") == "SCHEDULED"
        state = {"type": "CANCELLED", "name": "Missed"} if waiting else {"type": "CRASHED", "name": "Crashed"}
        body = {"state": {**state, "message": why}, "force": True}
        self._got("POST", f"/flow_runs/{run['id']}/set_state", body)

    def unpause(self) -> None:
        """The nightly schedule goes on, whoever paused it."""
        known = self._got("GET", f"/deployments/name/nightly/{NIGHTLY}")
        if known.get("paused"):
            self._request("POST", f"/deployments/{known['id']}/resume_deployment")

    def _got(self, method: str, path: str, body: Any = None) -> Any:
        return self._request(method, path, body).json()

    def _request(self, method: str, path: str, body: Any = None) -> httpx.Response:
        """The answer, asked for again while the server is too busy; nothing asked here does harm when done twice."""
        answer = self._client.request(method, path, json=body)
        for pause in _PAUSES:
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                break
            sleep(pause)
            answer = self._client.request(method, path, json=body)
        answer.raise_for_status()
        return answer


def _moment(run: Mapping[str, Any]) -> datetime | None:
    """When a run that has not begun was to begin; none for one that is going."""
    if run.get("state_type") != "SCHEDULED":
        return None
    text = run.get("expected_start_time") or run.get("next_scheduled_start_time")
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
