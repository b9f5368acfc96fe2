"""One night under the real service: ordered as its form orders it, published, told, and nothing left running."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import pytest

from flows.home.folders import Home
from flows.ledger import verify
from tests.flows.notices.servers import hook_server
from tests.flows.serve.served import Served, left_behind, prepared, until

pytestmark = pytest.mark.slow


def test_a_night_of_the_service_is_published_and_told_and_its_end_leaves_no_process(tmp_path: Path) -> None:
    from flows.sample import SampleOptions, generate
    from tests.flows.command import DAY

    generate(SampleOptions(workers=100, members=150, seed=5, out=tmp_path, member_share=0.2, as_of=DAY))
    with hook_server() as hook:
        served = prepared(tmp_path / "home", tmp_path / "drop", hook, top="reports = []")
        served.start()
        try:
            for path in ("/docs", "/redoc", "/openapi.json", "/api/docs", "/api/openapi.json"):
                assert httpx.get(f"http://127.0.0.1:{served.port}{path}", trust_env=False).status_code in (401, 404), (
                    path
                )
            form = _form(served)
            assert form == {"home": str(served.home), "drop": str(served.home / "drop"), "start_from": "new"}
            order = {"home": str(served.home), "as_of": DAY.isoformat()}
            served.orders().start_run("by-hand", order, once="tonight")
            night = served.next_ended(0)
            assert night["state"] == "done"
            until(lambda: served.told(night["run_id"]) in (["published"], ["warnings"]), 120)
            until(lambda: len(served.states().get("COMPLETED", [])) == 1, 120)
        finally:
            served.stop()
    assert verify(Home(served.home)) == []
    events = [json.loads(line) for path in (served.home / "logs").glob("*.jsonl") for line in path.open("rb")]
    assert [one for one in events if one["event"] == "crash"] == []
    assert left_behind(served.home) == []


def _form(served: Served) -> dict[str, str]:
    """What the by-hand form shows filled in, from its own address; the deployment stands first in the list."""
    place = served.orders().form_of("by-hand")
    with served.api() as api:
        known = api.get(f"/deployments/{place.split('/')[-2]}").json()
        listed = api.post("/deployments/paginate", json={"sort": "NAME_ASC"}).json()["results"]
        newest = api.post("/deployments/paginate", json={"sort": "CREATED_DESC"}).json()["results"]
    assert known["name"] == listed[0]["name"] == newest[0]["name"] == "by-hand"
    return dict(known["parameters"])
