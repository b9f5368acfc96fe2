"""Backup and restore with the real commands: what comes back is what went in, and publishes the same ledger."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.backup import back_up, restore
from flows.backup.sealed import SealedReader, SealingWriter, read_header
from flows.backup.store_rows import check_empty, put_rows, rows_of, tables
from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.store import Judged, open_store
from flows.run.runs import run_lock
from schemas.errors import HomeError
from schemas.store import JudgementRow, Run
from tests.flows.command import sanzhao, without_reports
from tests.flows.home.store.conftest import postgres, store_url  # noqa: F401  fixtures

KEY = DistrictKey(b"a district's key of the tests")
HEADER = {"format": 1, "key_id": KEY.key_id}
TODAY = date(2026, 11, 20)


@pytest.mark.parametrize("size", [0, 1, 4 << 20, (4 << 20) + 1, (9 << 20) + 7])
def test_a_sealed_stream_gives_back_its_bytes(tmp_path: Path, size: int) -> None:
    path, data = tmp_path / "a", bytes(range(256)) * (size // 256 + 1)
    with path.open("wb") as file, SealingWriter(file, KEY, HEADER) as sealed:
        for at in range(0, size, 1_000_003):
            sealed.write(data[at : min(at + 1_000_003, size)])
    with path.open("rb") as file:
        header, raw = read_header(file)
        assert header == HEADER
        reader = SealedReader(file, KEY, raw)
        assert reader.read() == data[:size]
        reader.finish()


@pytest.mark.parametrize("spoil", ["flip", "cut", "cut at a block", "swap", "header"])
def test_a_changed_or_cut_stream_is_refused(tmp_path: Path, spoil: str) -> None:
    path = tmp_path / "a"
    with path.open("wb") as file, SealingWriter(file, KEY, HEADER) as sealed:
        sealed.write(bytes(9 << 20))
    data, block = bytearray(path.read_bytes()), (4 << 20) + 20
    start = len(data) - 2 * block - ((1 << 20) + 20)
    if spoil == "flip":
        data[start + 5000] ^= 1
    elif spoil == "cut":
        del data[-100:]
    elif spoil == "cut at a block":
        del data[start + 2 * block :]
    elif spoil == "swap":
        one, two = data[start : start + block], data[start + block : start + 2 * block]
        data[start : start + 2 * block] = two + one
    else:
        data[20] ^= 1
    path.write_bytes(data)
    with path.open("rb") as file, pytest.raises(HomeError, match="备份"):
        _, raw = read_header(file)
        SealedReader(file, KEY, raw).read()


def test_rows_go_from_sqlite_to_postgresql_and_numbering_goes_on(tmp_path: Path, store_url: str) -> None:  # noqa: F811
    here, there = open_store(Home(tmp_path / "home")), open_store(Home(tmp_path / "home"), store_url)
    here.judge("p1", Judged("link", {"name": "same"}), "王芳", TODAY)
    here.judge("p2", Judged("unsure"), "王芳", TODAY, note="看不准")
    with Session(here.engine) as session, session.begin():
        begun = datetime(2026, 11, 20, 1, tzinfo=UTC)
        session.add(Run(run_id="r", as_of=TODAY, started_at=begun, state="done", counts={"人": 1}))
    here.audit(KEY, datetime(2026, 11, 20, tzinfo=UTC), "王芳", "view")
    for source, target in zip(tables(here.engine), tables(there.engine), strict=True):
        assert source.name == target.name
        put_rows(there.engine, target, list(rows_of(here.engine, source)))
    for source, target in zip(tables(here.engine), tables(there.engine), strict=True):
        assert list(rows_of(here.engine, source)) == list(rows_of(there.engine, target))
    there.judge("p3", Judged("link"), "李强", TODAY)
    with there.engine.connect() as connection:
        assert connection.execute(select(JudgementRow.id).order_by(JudgementRow.id)).scalars().all() == [1, 2, 3]
    assert there.audit_problems(KEY) == []
    with pytest.raises(HomeError, match="不覆盖"):
        check_empty(there.engine)
    here.close()
    there.close()


@pytest.mark.slow
def test_a_restored_home_is_the_same_and_publishes_the_same_ledger(home: Path, drop: Path, tmp_path: Path) -> None:
    judged = open_store(Home(home))
    judged.judge("pair", Judged("link"), "王芳", TODAY)
    judged.close()
    made = sanzhao("backup", "--home", home, "--to", tmp_path / "safe")
    assert made.code == 0, made.err
    assert "district.key" in made.out
    (archive,) = (tmp_path / "safe").glob("*.szbackup")
    key = shutil.copy(home / "keys" / "district.key", tmp_path / "key")
    back = tmp_path / "back"
    answer = sanzhao("restore", archive, "--home", back, "--key", key)
    assert answer.code == 0, answer.err
    assert "一本账核验：无误" in answer.out
    assert _kept(back) == _kept(home)
    for place in (home, back):
        run = sanzhao("run", "--home", without_reports(place), "--drop", drop, "--as-of", "2026-11-20")
        assert run.code in (0, 3), run.err
    name = Path("ledger") / "ledger.parquet"
    assert (back / name).read_bytes() == (home / name).read_bytes()
    assert sanzhao("ledger", "verify", "--home", back).code == 0
    store = open_store(Home(back))
    assert store.judged_pairs(DistrictKey(Path(key).read_bytes().strip()))["pair"] == Judged("link")
    store.close()


def test_what_must_not_be_in_a_backup_is_not(tmp_path: Path) -> None:
    home = small_home(tmp_path)
    (home.root / "drop" / "platform").mkdir(parents=True)
    (home.root / "drop" / "platform" / "a.csv").write_text("张三", "utf-8")
    (home.runs / "r").mkdir()
    (home.runs / "r" / "workspace.duckdb").write_bytes(b"secret")
    (home.runs / "r" / "workspace.key").write_bytes(b"secret")
    (home.keys / "mail.password").write_text("secret", "utf-8")
    made = back_up(home, tmp_path / "safe")
    back = Home(tmp_path / "back")
    restore(made.path, back, home.keys / "district.key")
    assert not (back.root / "drop").exists()
    assert not (back.runs / "r").exists()
    assert [path.name for path in back.keys.iterdir()] == ["district.key"]
    assert any(path.endswith("mail.password") for path in made.kept_apart)


def test_another_key_a_taken_place_and_a_running_night_are_refused(tmp_path: Path) -> None:
    home = small_home(tmp_path)
    made = back_up(home, tmp_path / "safe")
    other = tmp_path / "other"
    other.write_text("0" * 64, "utf-8")
    with pytest.raises(HomeError, match="不是备份时的那一把"):
        restore(made.path, Home(tmp_path / "back"), other)
    assert not (tmp_path / "back").exists()
    with pytest.raises(HomeError, match="不覆盖"):
        restore(made.path, home, home.keys / "district.key")
    with pytest.raises(HomeError, match="里面"):
        back_up(home, home.root / "backup")
    with run_lock(home), pytest.raises(HomeError, match="正在进行"):
        back_up(home, tmp_path / "safe")


def test_backups_with_originals_go_when_their_day_is_over(tmp_path: Path) -> None:
    home = small_home(tmp_path)
    (home.landing / "2026-11-01" / "r").mkdir(parents=True)
    (home.landing / "2026-11-01" / "r" / "0001.sealed").write_bytes(b"sealed")
    now = datetime(2026, 11, 20, tzinfo=UTC)
    first = back_up(home, tmp_path / "safe", now=now)
    lasting = back_up(home, tmp_path / "safe", originals=False, now=now + timedelta(days=1))
    assert (first.destroy_by, lasting.destroy_by) == (date(2026, 12, 1), None)
    later = back_up(home, tmp_path / "safe", now=now + timedelta(days=20))
    assert later.destroyed == (first.path.name,)
    assert sorted(path.name for path in (tmp_path / "safe").iterdir()) == [lasting.path.name, later.path.name]
    assert lasting.path.stat().st_mode & 0o077 == 0


def small_home(tmp_path: Path) -> Home:
    from flows.home.keys import load_key
    from flows.home.settings import write_template

    home = Home(tmp_path / "home")
    home.make()
    write_template(home)
    load_key(home, create=True)
    return home


def _kept(home: Path) -> dict[str, bytes]:
    """Everything of the ledger, the landing, the reports and the runs' records."""
    parts = ("ledger", "landing", "reports", "returns", "runs")
    return {
        str(path.relative_to(home)): path.read_bytes()
        for part in parts
        for path in sorted((home / part).rglob("*"))
        if path.is_file()
    } | {"config": json.dumps((home / "config.toml").read_text("utf-8")).encode()}
