"""The Prefect flow under the real harness: the same ledger as the plain driver, and what its page shows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.home.folders import Home
from flows.ledger import verify
from tests.flows.command import DAY, without_reports

pytestmark = pytest.mark.slow


@pytest.fixture(scope="session")
def prefect() -> Iterator[None]:
    from prefect.testing.utilities import prefect_test_harness

    with prefect_test_harness(server_startup_timeout=120):
        yield


@pytest.fixture(scope="session")
def nightly_home(prefect: None, finished_home: Path, small_district: Path, tmp_path_factory: Any) -> Path:
    """A home after one run through the flow, with the key of the plainly run one."""
    from flows.nightly.flow import nightly

    home = Path(tmp_path_factory.mktemp("nightly")) / "home"
    shutil.copytree(finished_home / "keys", home / "keys")
    nightly(home=home, drop=small_district / "drop", as_of=DAY)
    return home


def artifacts() -> dict[str, Any]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return {artifact.key: artifact for artifact in client.read_artifacts()}


def runs_of_tasks() -> dict[str, str]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return {run.name.rsplit("-", 1)[0]: run.state_name for run in client.read_task_runs()}


def test_the_flow_gives_the_same_ledger_as_the_plain_driver(nightly_home: Path, finished_home: Path) -> None:
    name = Path("ledger") / "ledger.parquet"
    assert (nightly_home / name).read_bytes() == (finished_home / name).read_bytes()


def test_every_step_is_a_task_with_a_table_of_its_counts(nightly_home: Path) -> None:
    from flows.pipeline.steps import STEPS

    tasks, tables = runs_of_tasks(), artifacts()
    assert {f"{step.name} {step.title}" for step in STEPS} <= set(tasks)
    assert {f"step-{step.name}" for step in STEPS} <= set(tables)
    assert "接收" in [row["项目"] for row in json.loads(tables["step-stage"].data)]


def test_the_summary_stands_on_the_page_in_chinese(nightly_home: Path) -> None:
    made = sorted(artifacts().values(), key=lambda artifact: artifact.created)
    assert made[-1].key == "summary", "the page lists the newest first"
    page = str(artifacts()["summary"].data)
    assert "运行小结" in page
    assert "待人工核对" in page


def test_long_steps_show_how_far_they_are(nightly_home: Path) -> None:
    bars = [artifact for key, artifact in artifacts().items() if key.startswith("progress-")]
    assert bars
    assert all(float(bar.data) == 100.0 for bar in bars)


def test_the_deployed_form_has_a_description_for_every_parameter() -> None:
    from prefect.utilities.callables import parameter_schema_from_entrypoint

    root = Path(__file__).parents[3]
    properties = parameter_schema_from_entrypoint(f"{root / 'flows' / 'nightly' / 'flow.py'}:nightly").properties
    assert list(properties) == ["home", "drop", "as_of", "config", "start_from", "date_reason"]
    assert all(
        any("\u4e00" <= character <= "\u9fff" for character in field["description"]) for field in properties.values()
    )
    assert "decided" in properties["start_from"]["enum"]


def test_bad_input_fails_the_flow_once_without_retrying(nightly_home: Path, tmp_path: Path) -> None:
    from flows.nightly.flow import nightly
    from schemas.errors import InputError

    (tmp_path / "empty").mkdir()
    before = (nightly_home / "ledger" / "index.json").read_bytes()
    with pytest.raises(InputError, match="空"):
        nightly(home=nightly_home, drop=tmp_path / "empty", as_of=DAY)
    assert (nightly_home / "ledger" / "index.json").read_bytes() == before


def test_the_flow_decides_again_without_matching_again(nightly_home: Path, finished_home: Path) -> None:
    from flows.nightly.flow import nightly

    nightly(home=without_reports(nightly_home), start_from="decided")
    name = Path("ledger") / "ledger.parquet"
    assert (nightly_home / name).read_bytes() == (finished_home / name).read_bytes()


def test_prefects_own_records_hold_no_name_id_or_phone(nightly_home: Path, small_district: Path) -> None:
    """Parameters, states, results, artifacts, logs: every cell of Prefect's database, after good and failed runs."""
    from prefect.settings import PREFECT_SERVER_DATABASE_CONNECTION_URL

    from tests.flows.leaks import database_text, strings_of

    path = Path(str(PREFECT_SERVER_DATABASE_CONNECTION_URL.value()).split("///", 1)[1])
    secrets = strings_of(small_district / "drop")
    log = path.with_name(f"{path.name}-wal")
    texts = [database_text(path.read_bytes()), log.read_bytes().decode("utf-8", "ignore") if log.exists() else ""]
    assert "nightly" in texts[0] + texts[1]
    found = [secrets.found_in(text) for text in texts]
    assert found == [set(), set()]
    print(f"\n{len(secrets)} strings, {sum(map(len, texts))} characters of Prefect's database: 0 found")


def test_a_killed_flow_leaves_the_ledger_whole_and_its_successor_ends_as_ever(
    nightly_home: Path, finished_home: Path, small_district: Path, tmp_path: Path
) -> None:
    from functools import partial

    from prefect.settings import PREFECT_API_URL

    from tests.flows.killing import forked, killed_after

    home = without_reports(Path(shutil.copytree(nightly_home, tmp_path / "home")))
    launch = partial(forked, environment={"PREFECT_API_URL": str(PREFECT_API_URL.value())})
    words = ["run", "--home", str(home), "--drop", str(small_district / "drop"), "--as-of", DAY.isoformat()]
    for step in ("stage", "decided"):
        killed_after(step, words, home, launch)
        assert verify(Home(home)) == []
        words = ["run", "--home", str(home), "--resume"]
    assert launch(words).wait(300) in (0, 3)
    assert verify(Home(home)) == []
    name = Path("ledger") / "ledger.parquet"
    assert (home / name).read_bytes() == (finished_home / name).read_bytes()
