"""Kept versions: what verify finds, going back, erasing a person, and how long versions stay."""

from __future__ import annotations

import importlib
import json
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.home.folders import Home, write_private
from flows.home.store import opened_store
from flows.ledger import ErasureOrder, diff, erase, rollback, show, verify
from flows.ledger.publish.read import TABLES, current_version, kept_version, kept_versions
from flows.ledger.publish.retention import doomed_versions, prune
from schemas.errors import HomeError
from schemas.policy import Retention
from tests.flows.ledger.district import AS_OF, KEY, District, context, first_night, night, number_of, publish_as

NEXT, LATER = AS_OF + timedelta(days=1), AS_OF + timedelta(days=2)
FILES = [
    *(f"{name}.parquet" for name in TABLES),
    "index.json",
    "README.md",
    "codes.csv",
    "代码表.md",
    "ledger.odcs.yaml",
]


def of(*names: str, lost: str | None = None) -> District:
    made = District()
    made.org("云溪街道第一党支部", "500113000001", street="云溪街道")
    for turn, name in enumerate(names, start=1):
        person = made.member(name, number_of(turn), member_no=f"M{turn}", lost_contact=name == lost)
        made.worker(name, number_of(turn), person, unit_name="澜江配送公司", record_id=f"W{turn}")
    return made


@pytest.fixture(scope="module")
def three_nights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three nights: two persons, a third one, then one of them lost. Copy it before changing it."""
    root = tmp_path_factory.mktemp("nights")
    first_night(of("李建国", "王秀英"), context(root))
    night(of("李建国", "王秀英", "周海波"), context(root, NEXT, run_id="run-2"))
    night(of("李建国", "王秀英", "周海波", lost="李建国"), context(root, LATER, run_id="run-3"))
    assert verify(context(root).home, KEY) == []
    return root


@pytest.fixture
def home(three_nights: Path, tmp_path: Path) -> Home:
    """Three nights of one's own."""
    shutil.copytree(three_nights, tmp_path, dirs_exist_ok=True)
    return context(tmp_path).home


def put_back(home: Home) -> str:
    """The folder as before its newest version: older index, older Parquet, without the newest; the name that stands."""
    newest, stands = folder_of(home, -1), folder_of(home, -2)
    shutil.rmtree(newest)
    for name in ("index.json", "ledger.parquet"):
        write_private(home.ledger / name, (stands / name).read_bytes())
    return stands.name


def test_a_folder_put_back_to_an_older_version_is_noticed_and_nothing_is_published_on_it(home: Home) -> None:
    lost = folder_of(home, -1).name
    stands = put_back(home)
    (problem,) = verify(home, KEY)
    assert "退回到了旧版" in problem
    assert (lost in problem, stands in problem, "从备份" in problem) == (True, True, True)
    coming = LATER + timedelta(days=1)
    with pytest.raises(HomeError) as refused:
        night(of("李建国", "王秀英", "周海波"), context(home.root, coming, run_id="run-4"))
    assert refused.value.rule == "ledger_rolled_back"
    assert kept_versions(home)[-1] == stands


def test_where_the_lost_version_is_nowhere_a_person_lets_the_older_one_count(home: Home) -> None:
    lost = folder_of(home, -1).name
    stands = put_back(home)
    root = home.root
    new = rollback(context(root, NEXT, run_id="rollback"), stands, by="管理员", why="备份里也没有更新的一版")
    assert new > lost > stands
    assert verify(home, KEY) == []
    with opened_store(home) as store:
        (act,) = store.acts(what="rollback")
    assert lost in str(act["why"])
    night(of("李建国", "王秀英", "周海波"), context(root, LATER + timedelta(days=1), run_id="run-4"))
    assert verify(home, KEY) == []


def test_a_version_published_under_the_schema_of_before_reads_and_is_proved_in_todays(tmp_path: Path) -> None:
    """Its rows are not marked with their night: they are taken for the version's own night. Its changes name no
    version, and their causes have a word behind the code."""
    first_night(of("李建国", "王秀英"), context(tmp_path))
    home = context(tmp_path).home
    folder = folder_of(home, 0)
    table = pq.read_table(folder / "ledger.parquet")
    before = [
        [{name: cell for name, cell in piece.items() if name != "landed_on"} for piece in pieces]
        for pieces in table["evidence"].to_pylist()
    ]
    kind = table.schema.field("evidence").type.value_type
    older = pa.list_(pa.struct([field for field in kind if field.name != "landed_on"]))
    place = table.schema.get_field_index("evidence")
    changes = pq.read_table(folder / "changes.parquet").to_pylist()
    for row in changes:
        after = json.loads(row["after"])
        after["evidence"] = [{k: v for k, v in piece.items() if k != "landed_on"} for piece in after["evidence"]]
        row["after"] = json.dumps(after, ensure_ascii=False)
        row["cause"] = "first_version 首次成账：从前的写法"
    columns = [
        column for column in pq.read_schema(folder / "changes.parquet") if column.name not in ("version", "as_of")
    ]
    told = pa.Table.from_pylist(changes, schema=pa.schema(columns))
    ledger = table.set_column(place, "evidence", pa.array(before, older))
    publish_as(home, folder.name, {"ledger": ledger, "changes": told})
    assert verify(home, KEY) == []
    marks = {
        (row["version"], row["as_of"], row["cause"])
        for row in kept_version(home, folder.name).table("changes").to_pylist()
    }
    assert marks == {(folder.name, AS_OF, "first_version")}
    assert {
        piece["landed_on"]
        for row in kept_version(home, folder.name).table("ledger")["evidence"].to_pylist()
        for piece in row
    } == {AS_OF}
    counts = night(of("李建国", "王秀英"), context(tmp_path, NEXT, run_id="run-2"))
    assert counts["changes"] == {}, "the night alone is no change"
    assert verify(home, KEY) == []


def reports_of(home: Home, versions: Iterable[str]) -> list[Path]:
    return [home.reports / version / "三找台账.xlsx" for version in versions]


def folder_of(home: Home, at: int) -> Path:
    return home.ledger / "versions" / kept_versions(home)[at]


@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("file", FILES)
def test_verify_finds_a_flipped_byte_in_any_file_of_any_version(home: Home, at: int, file: str) -> None:
    path = folder_of(home, at) / file
    whole = path.read_bytes()
    for place in (len(whole) // 3, len(whole) // 2, len(whole) - 5):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        assert any(path.parent.name in problem for problem in verify(home, KEY)), (file, place)
    path.write_bytes(whole)
    assert verify(home, KEY) == []


@pytest.mark.parametrize("name", ["ledger.parquet", "index.json"])
def test_verify_finds_a_flipped_byte_in_the_copy_and_in_the_index(home: Home, name: str) -> None:
    path = home.ledger / name
    whole = path.read_bytes()
    path.write_bytes(whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:])
    assert verify(home, KEY)


def test_verify_finds_a_missing_delta(home: Home) -> None:
    path = folder_of(home, 1) / "changes.parquet"
    path.unlink()
    assert any("缺 changes.parquet" in problem for problem in verify(home, KEY))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_verify_finds_a_missing_version(home: Home, at: int) -> None:
    gone = folder_of(home, at)
    shutil.rmtree(gone)
    assert any(gone.name in problem for problem in verify(home, KEY))


@pytest.mark.parametrize("at", [0, 1, 2])
def test_verify_finds_a_renamed_version(home: Home, at: int) -> None:
    folder = folder_of(home, at)
    folder.rename(folder.with_name("20261231T013000Z-beef"))
    assert any("文件夹名与索引中的版本" in problem for problem in verify(home, KEY))


def test_verify_finds_an_edited_index_even_with_matching_files(home: Home) -> None:
    for path in (folder_of(home, 2) / "index.json", home.ledger / "index.json"):
        body = json.loads(path.read_text("utf-8"))
        body["counts"]["persons"] += 1
        path.write_text(json.dumps(body, ensure_ascii=False, indent=1), "utf-8")
    problems = verify(home, KEY)
    assert any("签名不符" in problem for problem in problems)


def test_verify_finds_two_versions_exchanged(home: Home) -> None:
    one, two = folder_of(home, 0), folder_of(home, 1)
    one.rename(one.with_name("aside"))
    two.rename(one)
    one.with_name("aside").rename(two)
    assert len(verify(home, KEY)) >= 2


def test_rollback_is_a_new_version_equal_to_the_old_one(home: Home) -> None:
    versions = kept_versions(home)
    made = rollback(context(home.root, AS_OF, run_id="back"), versions[0], by="甲", why="来源有误")
    assert kept_versions(home) == [*versions, made]
    old, new = kept_version(home, versions[0]).table("ledger"), kept_version(home, made).table("ledger")
    assert new.equals(old)
    assert diff(home, versions[0], made) == []
    assert verify(home, KEY) == []
    changes = kept_version(home, made).table("changes").to_pylist()
    assert {row["cause"] for row in changes} == {"rolled_back"}
    assert sorted(row["change"] for row in changes) == ["changed", "removed"]
    night(of("李建国", "王秀英", "周海波"), context(home.root, LATER + timedelta(days=1), run_id="run-5"))
    assert verify(home, KEY) == []
    with opened_store(home) as store:
        assert store.audit_problems(KEY) == []


def test_rollback_keeps_todays_objections_and_erasures(home: Home) -> None:
    versions = kept_versions(home)
    rows = {row["id_token"]: row["person_key"] for row in kept_version(home, versions[2]).table("ledger").to_pylist()}
    lost = next(
        row["person_key"] for row in kept_version(home, versions[2]).table("ledger").to_pylist() if row["leads"]
    )
    other = next(key for key in sorted(rows.values()) if key != lost)
    night(of("李建国", "王秀英", "周海波"), context(home.root, LATER + timedelta(days=1), run_id="run-4"))
    with opened_store(home) as store:
        store.raise_objection(lost, LATER, "本人")
    erase(home, KEY, other, ErasureOrder("甲", "本人要求"))
    made = rollback(context(home.root, LATER, run_id="back"), versions[2], by="甲", why="来源有误")
    table = {row["person_key"]: row for row in kept_version(home, made).table("ledger").to_pylist()}
    assert other not in table
    assert (table[lost]["objection"], table[lost]["statuses"]) == (True, [])
    assert verify(home, KEY) == []


def test_rollback_to_the_current_or_an_unknown_version_is_refused(home: Home) -> None:
    for version in (kept_versions(home)[-1], "20200101T000000Z-none"):
        with pytest.raises(HomeError):
            rollback(context(home.root, AS_OF), version, by="甲", why="试")


def test_an_erased_person_is_in_no_kept_version_and_does_not_come_back(home: Home) -> None:
    current = current_version(home, KEY)
    assert current is not None
    key = current.table("ledger")["person_key"].to_pylist()[0]
    pruned = "20250101T013000Z-0000"
    for version in (*kept_versions(home), pruned):
        for name in ("三找台账.xlsx", "运行小结.md"):
            write_private(home.reports / version / name, b"x")
    counts = erase(home, KEY, key, ErasureOrder("甲", "本人要求"))
    assert counts["ledger"] >= 2
    assert counts["reports"] == sum(not path.exists() for path in reports_of(home, (*kept_versions(home), pruned)))
    assert not (home.reports / pruned / "三找台账.xlsx").exists()
    assert not (home.reports / current.version / "三找台账.xlsx").exists()
    assert (home.reports / current.version / "运行小结.md").exists()
    for path in home.ledger.rglob("*.parquet"):
        assert key not in str(pq.read_table(path).to_pylist()), path
    assert verify(home, KEY) == []
    night(of("李建国", "王秀英", "周海波"), context(home.root, LATER + timedelta(days=1), run_id="run-4"))
    with pytest.raises(HomeError):
        show(home, key)
    assert verify(home, KEY) == []
    with opened_store(home) as store:
        assert store.erased() == {key}
        assert store.audit_problems(KEY) == []


def test_no_pair_waits_for_an_erased_person_who_has_no_member_number(tmp_path: Path) -> None:
    made = of("李建国")
    person = made.inflow("floating_members", "王秀英", number_of(9), flow_direction="流入")
    made.worker("王秀英", number_of(9), person, record_id="W8")
    doubtful = made.worker("王秀英", None, record_id="W9", phones=["13900000002"])
    made.decide(doubtful, person, "review", None)
    made.decided[-1]["doubt"] = "conflict"
    run = context(tmp_path)
    night(made, run)
    current = current_version(run.home, KEY)
    assert current is not None
    assert [row["member_no"] for row in current.table("review").to_pylist()] == [None]
    (key,) = (row["person_key"] for row in current.table("ledger").to_pylist() if row["member_no"] is None)
    assert erase(run.home, KEY, key, ErasureOrder("甲", "本人要求"))["review"] == 1
    night(made, context(tmp_path, NEXT, run_id="run-2"))
    for version in kept_versions(run.home):
        assert kept_version(run.home, version).table("review").num_rows == 0
    assert verify(run.home, KEY) == []


def test_an_interrupted_erasure_is_finished_by_the_next_run(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    module = importlib.import_module("flows.ledger.publish.erase")

    current = current_version(home, KEY)
    assert current is not None
    key = current.table("ledger")["person_key"].to_pylist()[0]
    whole, calls = module._swap, []

    def cut(folder: Path, files: dict[str, bytes]) -> None:
        calls.append(folder)
        if len(calls) == 2:
            folder.rename(folder.with_name(f".{folder.name}.old"))
            raise KeyboardInterrupt
        whole(folder, files)

    monkeypatch.setattr(module, "_swap", cut)
    with pytest.raises(KeyboardInterrupt):
        erase(home, KEY, key, ErasureOrder("甲", "本人要求"))
    monkeypatch.setattr(module, "_swap", whole)
    night(of("李建国", "王秀英", "周海波"), context(home.root, LATER + timedelta(days=1), run_id="run-4"))
    assert verify(home, KEY) == []
    assert not (home.ledger / "erasing.json").exists()
    for path in home.ledger.rglob("*.parquet"):
        assert key not in str(pq.read_table(path).to_pylist()), path


def test_versions_stay_by_count_and_by_month() -> None:
    days = [date(2026, 1, 1) + timedelta(days=turn) for turn in range(100)]
    versions = [f"{day:%Y%m%d}T013000Z-0000" for day in days]
    kept = set(versions) - set(doomed_versions(versions, Retention(versions=10, monthly=12), 5))
    assert {"20260131T013000Z-0000", "20260228T013000Z-0000", "20260331T013000Z-0000"} <= kept
    assert len(kept) == 10 + 3
    assert set(versions[-20:]) <= set(versions) - set(doomed_versions(versions, Retention(versions=1, monthly=0), 20))


def test_pruning_leaves_a_sound_ledger(home: Home) -> None:
    run = context(home.root)
    assert prune(home, KEY, Retention(versions=1, monthly=0), run.started_at) == []
    assert verify(home, KEY) == []
