"""The few things the steward asks of Prefect's server, over HTTP on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx

from flows.serve.children import BY_HAND, NIGHTLY

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

    def start_run(self, deployment: str, parameters: Mapping[str, Any], once: str) -> str:
        """A run of a deployment, now; asked twice with the same `once` it is one run. Gives its id."""
        known = self._got(self._client.get(f"/deployments/name/nightly/{deployment}"))
        body = {"parameters": dict(parameters), "idempotency_key": once, "state": {"type": "SCHEDULED"}}
        return str(self._got(self._client.post(f"/deployments/{known['id']}/create_flow_run", json=body))["id"])

    def unfinished(self, before: datetime) -> list[dict[str, Any]]:
        """Runs that are going, or were due before a moment and have not begun."""
        query = {
            "flow_runs": {"state": {"type": {"any_": list(_UNFINISHED)}}},
            "flows": {"name": {"any_": ["nightly"]}},
            "limit": 200,
        }
        runs = self._got(self._client.post("/flow_runs/filter", json=query))
        return [run for run in runs if _moment(run) is None or (_moment(run) or before) <= before]

    def going(self, since: datetime) -> list[dict[str, Any]]:
        """Runs of the deployments that the server holds to be running since before a moment."""
        query = {
            "flow_runs": {
                "state": {"type": {"any_": ["RUNNING", "CANCELLING"]}},
                "start_time": {"before_": since.isoformat()},
                "deployment_id": {"is_null_": False},
            },
            "limit": 200,
        }
        found: list[dict[str, Any]] = self._got(self._client.post("/flow_runs/filter", json=query))
        return found

    def pass_over(self, run: Mapping[str, Any], why: str) -> None:
        """A run that was due while nobody was there is not run any more; one that was going then has crashed."""
        waiting = run.get("state_type") == "SCHEDULED"
        state = {"type": "CANCELLED", "name": "Missed"} if waiting else {"type": "CRASHED", "name": "Crashed"}
        body = {"state": {**state, "message": why}, "force": True}
        self._got(self._client.post(f"/flow_runs/{run['id']}/set_state", json=body))

    def unpause(self) -> None:
        """The nightly schedule goes on, whoever paused it."""
        known = self._got(self._client.get(f"/deployments/name/nightly/{NIGHTLY}"))
        if known.get("paused"):
            self._client.post(f"/deployments/{known['id']}/resume_deployment").raise_for_status()

    @staticmethod
    def _got(answer: httpx.Response) -> Any:
        answer.raise_for_status()
        return answer.json()


def _moment(run: Mapping[str, Any]) -> datetime | None:
    """When a run that has not begun was to begin; none for one that is going."""
    if run.get("state_type") != "SCHEDULED":
        return None
    text = run.get("expected_start_time") or run.get("next_scheduled_start_time")
    return datetime.fromisoformat(str(text).replace("Z", "+00:00")) if text else None
