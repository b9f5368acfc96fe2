"""A change of keys: what is kept opens with the new one, persons stay who they are, a cut at any write is made good."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import count
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from flows.backup.key_rotation import rewrap, rotate
from flows.cli.app import app
from flows.cli.ending import ended
from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey, load_key, save_ring
from flows.home.store import opened_store
from flows.ledger import ErasureOrder, erase, verify
from flows.ledger.audit_log import examine
from schemas.errors import HomeError
from tests.flows.ledger.district import KEY, District, context, night, number_of

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def one_night(home: Home, day: int, key: DistrictKey) -> list[dict[str, object]]:
    """Two members who ride; gives the ledger of that night."""
    district = District()
    district.org("云溪街道第一党支部", "500113000001")
    for turn, name in enumerate(("李建国", "王秀英"), start=1):
        member = district.member(name, number_of(turn), member_no=f"M{turn}")
        district.worker(name, number_of(turn), member, record_id=f"W{turn}")
    night(district, context(home.root, date(2026, 11, day), run_id=f"run-{day}", key=key))
    rows: list[dict[str, object]] = pq.read_table(home.ledger / "ledger.parquet").to_pylist()
    return rows


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = Home(Path(tmp_path_factory.mktemp("kept")))
    home.make()
    write_private(home.keys / "district.key", KEY.secret)
    one_night(home, 20, KEY)
    write_private(home.landing / "2026-11-20" / "run-20" / "0001.sealed", KEY.seal(b"original"))
    write_private(home.returns / "2026-11-20" / "run-20" / "marks.sealed", KEY.seal(b"marks"))
    write_private(home.runs / "run-21" / "workspace.key", KEY.seal(b"workspace"))
    with opened_store(home) as store:
        store.audit(KEY, NOW, "王审核", "view_person", person_key="P1")
    return home.root


@pytest.fixture
def home(kept: Path, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(kept, tmp_path / "home")))


def opens_with(home: Home, key: DistrictKey) -> set[bytes]:
    paths = [*home.landing.rglob("*.sealed"), *home.returns.rglob("*.sealed"), *home.runs.rglob("workspace.key")]
    return {key.unseal(path.read_bytes()) for path in paths}


def only(key: DistrictKey) -> DistrictKey:
    """The key in use, without the ring's older ones."""
    return DistrictKey(key.secret)


def test_after_a_rotation_the_new_key_alone_opens_and_verifies_what_is_kept(home: Home) -> None:
    done = rotate(home, by="李管理", why="到期")
    key = load_key(home)
    assert (done.old_id, done.new_id) == (KEY.key_id, key.key_id)
    assert key.key_id != KEY.key_id
    assert opens_with(home, only(key)) == {b"original", b"marks", b"workspace"}
    assert verify(home, only(key)) == []
    with pytest.raises(HomeError):
        opens_with(home, KEY)
    assert any("签名" in problem for problem in verify(home, KEY))
    assert examine(home).problems == ()


def test_persons_keep_their_keys_and_their_old_tokens_lead_to_the_new(home: Home) -> None:
    before = {row["person_key"]: row["id_token"] for row in pq.read_table(home.ledger / "ledger.parquet").to_pylist()}
    rotate(home, by="李管理", why="到期")
    once = {row["person_key"]: row["id_token"] for row in one_night(home, 21, load_key(home))}
    assert set(once) == set(before)
    assert all(str(token).startswith(load_key(home).key_id) for token in once.values())
    rotate(home, by="李管理", why="再换")
    twice = {row["person_key"]: row["id_token"] for row in one_night(home, 22, load_key(home))}
    newest = max((home.ledger / "versions").iterdir())
    led = {row["old_key"]: row["new_key"] for row in pq.read_table(newest / "aliases.parquet").to_pylist()}
    assert led == {before[key]: twice[key] for key in before} | {once[key]: twice[key] for key in before}
    causes = {row["cause"] for row in pq.read_table(newest / "changes.parquet").to_pylist()}
    assert causes == {"key_rotated"}
    assert verify(home) == []


def test_an_erased_persons_tokens_leave_the_aliases_too(home: Home) -> None:
    rotate(home, by="李管理", why="到期")
    key = load_key(home)
    rows = one_night(home, 21, key)
    gone = str(rows[0]["person_key"])
    erase(home, key, gone, ErasureOrder("李管理", "本人要求"))
    newest = max((home.ledger / "versions").iterdir())
    left = pq.read_table(newest / "aliases.parquet").to_pylist()
    assert [row["new_key"] for row in left] == [rows[1]["id_token"]]
    one_night(home, 22, key)
    newest = max((home.ledger / "versions").iterdir())
    assert pq.read_table(newest / "aliases.parquet").to_pylist() == left


class CutOffError(Exception):
    """The power went."""


def test_a_rotation_cut_off_at_any_write_leaves_a_sound_home_and_is_finished_by_the_next(
    kept: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replaced, cuts = Path.replace, 0
    for writes in count(0):
        home = Home(Path(shutil.copytree(kept, tmp_path / str(writes))))
        left = count(writes, -1)

        def cut(self: Path, target: Path, left: count[int] = left) -> Path:
            if next(left) == 0:
                raise CutOffError
            return replaced(self, target)

        with monkeypatch.context() as patched:
            patched.setattr(Path, "replace", cut)
            try:
                rotate(home, by="李管理", why="到期")
            except CutOffError:
                cuts += 1
            else:
                break
        key = load_key(home)
        assert verify(home, key) == []
        assert opens_with(home, key) == {b"original", b"marks", b"workspace"}
        assert [one for one in examine(home).problems if "audit.head" not in one] == []
        rotate(home, by="李管理", why="到期")
        assert verify(home, only(load_key(home))) == []
        assert opens_with(home, only(load_key(home))) == {b"original", b"marks", b"workspace"}
        assert examine(home).problems == ()
    assert cuts >= 8


def test_a_process_with_the_old_key_can_note_nothing_more(home: Home) -> None:
    rotate(home, by="李管理", why="到期")
    with opened_store(home) as store, pytest.raises(HomeError, match="重新启动"):
        store.audit(KEY, NOW, "王审核", "unmask", person_key="P1")
    assert examine(home).problems == ()


def test_who_stole_an_old_key_can_rewrite_nothing(home: Home) -> None:
    from sqlalchemy import select
    from sqlalchemy.orm import Session

    from flows.home.store.chain import entry_mac
    from schemas.store import AuditEntry

    rotate(home, by="李管理", why="泄露")
    with opened_store(home) as store, Session(store.engine) as session, session.begin():
        previous = ""
        for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
            entry.who, entry.previous = "别人", previous
            entry.mac = previous = entry_mac(KEY, entry)
    assert examine(home).problems


def test_an_older_backups_contents_are_brought_under_the_new_key(home: Home, kept: Path, tmp_path: Path) -> None:
    rotate(home, by="李管理", why="到期")
    key = load_key(home)
    old = Home(Path(shutil.copytree(kept, tmp_path / "old")))
    assert rewrap(old, key)["landing"] == 1
    assert verify(old, key) == []
    assert rewrap(old, key) == {"landing": 0, "returns": 0, "runs": 0, "manifests": 0, "indexes": 0}


def test_the_key_file_is_private_and_shown_without_a_secret(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert ended(app, ["keys", "rotate", "--home", str(home.root), "--why", "到期", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert ended(app, ["keys", "list", "--home", str(home.root)]) == 0
    out, path = capsys.readouterr().out, home.keys / "district.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert said["new"] in out
    assert said["old"] in out
    secrets = [line.split()[1] for line in path.read_text("ascii").splitlines()[1:]]
    assert len(secrets) == 3
    assert not any(secret in out for secret in secrets)


def test_a_key_file_elsewhere_is_rotated_where_it_lies(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "safe" / "key"
    elsewhere.parent.mkdir()
    (home.keys / "district.key").rename(elsewhere)
    monkeypatch.setenv("SANZHAO_KEY_FILE", str(elsewhere))
    rotate(home, by="李管理", why="到期")
    assert elsewhere.read_bytes().startswith(b"sanzhao-keys/1\n")
    assert verify(home) == []
    assert not (home.keys / "district.key").exists()


@pytest.mark.parametrize("spoil", [b"sanzhao-keys/1\n", b"sanzhao-keys/1\ncurrent 00\n", b"sanzhao-keys/1\nzz 00\n"])
def test_a_damaged_key_file_is_named(home: Home, spoil: bytes) -> None:
    (home.keys / "district.key").write_bytes(spoil)
    with pytest.raises(HomeError, match="残缺"):
        load_key(home)


def test_a_ring_comes_back_as_it_was_written(tmp_path: Path) -> None:
    ring = replace(DistrictKey(os.urandom(32), KEY.secret, (os.urandom(32), KEY.secret)), coming=os.urandom(32))
    save_ring(tmp_path / "key", ring)
    from flows.home.keys import parse_key

    assert parse_key((tmp_path / "key").read_bytes(), tmp_path) == ring
