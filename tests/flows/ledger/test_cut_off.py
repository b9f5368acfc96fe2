"""Publications cut off at every write, renamed folders, old indexes: nothing is lost and nothing half-done is seen."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.store import opened_store
from flows.ledger import publish, rollback, verify
from flows.ledger.publish.read import current_version, kept_versions
from schemas.errors import HomeError
from tests.flows.ledger.district import AS_OF, KEY, build, context, night
from tests.flows.ledger.test_versions import LATER, home, of, three_nights

commit = importlib.import_module("flows.ledger.publish.commit")
files = importlib.import_module("flows.ledger.publish.files")
NAMES = ("李建国", "王秀英", "周海波")
__all__ = ["home", "three_nights"]  # fixtures of the kept versions' tests


class CutOffError(BaseException):
    """A power cut."""


def cut(monkeypatch: pytest.MonkeyPatch, module: object, at: int) -> None:
    """The machine stops before the module's write number `at`."""
    real: Callable[[Path, bytes], None] = module.write_private  # type: ignore[attr-defined]
    writes = []

    def write(path: Path, data: bytes) -> None:
        writes.append(path)
        if len(writes) == at:
            raise CutOffError
        real(path, data)

    monkeypatch.setattr(module, "write_private", write)


@pytest.mark.parametrize(("module", "at"), [(files, 1), (files, 4), (commit, 1), (commit, 2)])
def test_a_publication_cut_off_at_any_write_is_unseen_and_done_again(
    module: object, at: int, three_nights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(three_nights, tmp_path, dirs_exist_ok=True)
    home = Home(tmp_path)
    before = (home.ledger / "index.json").read_bytes()
    with monkeypatch.context() as patch, pytest.raises(CutOffError):
        cut(patch, module, at)
        rollback(context(tmp_path, AS_OF, run_id="back"), kept_versions(home)[0], by="甲", why="试")
    assert (home.ledger / "index.json").read_bytes() == before
    assert verify(home, KEY) == []
    rollback(context(tmp_path, AS_OF, run_id="back"), kept_versions(home)[0], by="甲", why="试")
    assert len(kept_versions(home)) == 4
    assert verify(home, KEY) == []


def test_a_resumed_run_finishes_what_was_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = context(tmp_path)
    con = build(of(*NAMES[:2]), run)
    for module, at in ((files, 4), (commit, 1), (commit, 2)):
        with monkeypatch.context() as patch, pytest.raises(CutOffError):
            cut(patch, module, at)
            publish(con, run)
    publish(con, run)
    assert len(kept_versions(run.home)) == 1
    assert verify(run.home, KEY) == []


def test_another_run_clears_what_a_cut_off_one_left(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    first = kept_versions(home)[0]
    for module, at in ((commit, 2), (files, 3)):
        with monkeypatch.context() as patch, pytest.raises(CutOffError):
            cut(patch, module, at)
            rollback(context(home.root, AS_OF, run_id=f"cut-{at}"), first, by="甲", why="试")
    night(of(*NAMES), context(home.root, LATER + timedelta(days=1), run_id="run-4"))
    assert len(kept_versions(home)) == 4
    assert [path.name for path in (home.ledger / "versions").glob(".*")] == []
    assert verify(home, KEY) == []


def test_an_old_index_put_back_is_found_and_the_newer_version_is_not_lost(home: Home) -> None:
    versions = kept_versions(home)
    shutil.copy(home.ledger / "versions" / versions[1] / "index.json", home.ledger / "index.json")
    assert any("不是最新的版本" in problem for problem in verify(home, KEY))
    with pytest.raises(HomeError, match="退回到了旧版"):
        night(of(*NAMES), context(home.root, LATER + timedelta(days=1), run_id="run-9"))
    assert kept_versions(home) == versions


def test_a_renamed_folder_stops_the_next_run_and_is_not_deleted(home: Home) -> None:
    folder = home.ledger / "versions" / kept_versions(home)[0]
    folder.rename(folder.with_name("20991231T013000Z-beef"))
    with pytest.raises(HomeError, match="改过名"):
        night(of(*NAMES), context(home.root, LATER + timedelta(days=1), run_id="run-9"))
    assert folder.with_name("20991231T013000Z-beef").exists()


def test_a_version_older_than_the_deltas_of_the_index_is_missed_too(tmp_path: Path) -> None:
    for turn in range(3):
        run = context(tmp_path, AS_OF + timedelta(days=turn), run_id=f"run-{turn}")
        limits = run.policy.limits.model_copy(update={"delta_history": 1})
        policy = run.policy.model_copy(update={"limits": limits})
        night(of(*NAMES), context(tmp_path, run.as_of, run_id=run.run_id, policy=policy))
    home = Home(tmp_path)
    oldest = kept_versions(home)[0]
    current = current_version(home, KEY)
    assert current is not None
    assert oldest not in {delta["version"] for delta in current.index["deltas"]}
    shutil.rmtree(home.ledger / "versions" / oldest)
    assert verify(home, KEY) == [f"缺版本 {oldest}"]


def test_an_edited_index_stops_the_next_run(home: Home) -> None:
    body = json.loads((home.ledger / "index.json").read_text("utf-8"))
    (home.ledger / "index.json").write_text(json.dumps({**body, "as_of": "2020-01-01"}), "utf-8")
    with pytest.raises(HomeError, match="签名不符"):
        night(of(*NAMES), context(home.root, LATER + timedelta(days=1), run_id="run-9"))


def test_a_run_after_a_rollback_gives_everybody_the_key_they_had(home: Home) -> None:
    versions = kept_versions(home)
    newest = current_version(home, KEY)
    assert newest is not None
    keys = newest.table("ledger")["person_key"].to_pylist()
    rollback(context(home.root, AS_OF, run_id="back"), versions[0], by="甲", why="来源有误")
    night(of(*NAMES), context(home.root, LATER + timedelta(days=1), run_id="run-9"))
    again = current_version(home, KEY)
    assert again is not None
    assert again.table("ledger")["person_key"].to_pylist() == keys
    assert verify(home, KEY) == []
    with opened_store(home) as store:
        assert set(store.versions().values()) == {"published"}
