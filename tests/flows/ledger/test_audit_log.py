"""The audit log proves itself: every cut, edit, exchange and shortening shows, to whoever holds the key."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from flows.cli.app import app
from flows.cli.ending import ended
from flows.home.folders import Home
from flows.home.keys import save_ring
from flows.home.store import opened_store
from flows.ledger.audit_log import acts, examine
from tests.flows.ledger.district import KEY, District, context, night, number_of

NOW = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two published nights and acts before, between and after them."""
    root = Path(tmp_path_factory.mktemp("audited"))
    home = Home(root)
    for day in (20, 21):
        with opened_store(home) as store:
            for number in range(3):
                store.audit(KEY, NOW, "王审核", "view_person", person_key=f"P{number}", why="来电询问")
        district = District()
        district.worker("张伟", number_of(1), district.member("张伟", number_of(1)))
        night(district, context(root, date(2026, 11, day), run_id=f"run-{day}"))
    with opened_store(home) as store:
        store.audit(KEY, NOW, "李管理", "export", why="上报")
        store.audit(KEY, NOW, "李管理", "export", why="再报")
    save_ring(home.keys / "district.key", KEY)
    return root


@pytest.fixture
def home(audited: Path, tmp_path: Path) -> Home:
    return Home(Path(shutil.copytree(audited, tmp_path / "home")))


def change(home: Home, *statements: str) -> None:
    with opened_store(home) as store, store.engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def test_an_untouched_log_is_sound_and_anchored_by_the_newest_version(home: Home) -> None:
    found = examine(home)
    assert (found.problems, found.acts) == ((), 10)
    assert found.anchored_by == max(path.name for path in (home.ledger / "versions").iterdir())
    assert found.anchored_at == 7
    assert ended(app, ["audit", "verify", "--home", str(home.root)]) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "update audit set who = '别人' where seq = 2",
        "update audit set why = null where seq = 9",
        "update audit set person_key = 'P9' where seq = 3",
        "update audit set ok = 0 where seq = 3",
        "update audit set at = '2026-11-19T08:00:00+00:00' where seq = 1",
        "delete from audit where seq = 1",
        "delete from audit where seq = 5",
        "delete from audit where seq = 10",
        "delete from audit where seq > 6",
        "delete from audit",
    ],
)
def test_an_edit_or_a_cut_anywhere_shows(home: Home, statement: str) -> None:
    change(home, statement)
    assert examine(home).problems
    assert ended(app, ["audit", "verify", "--home", str(home.root)]) == 1


def test_two_acts_exchanged_show(home: Home) -> None:
    change(home, *(f"update audit set seq = {new} where seq = {old}" for old, new in ((2, 99), (3, 2), (99, 3))))
    assert examine(home).problems


def test_a_cut_closed_up_by_renumbering_shows(home: Home) -> None:
    change(
        home,
        "delete from audit where seq = 4",
        *(f"update audit set seq = {n - 1} where seq = {n}" for n in range(5, 11)),
    )
    assert examine(home).problems


def test_an_end_cut_off_shows_by_the_note_beside_the_store_and_by_the_versions(home: Home) -> None:
    change(home, "delete from audit where seq > 8")
    assert any("末尾" in problem for problem in examine(home).problems)
    change(home, "delete from audit where seq > 6")
    (home.logs / "audit.head").unlink()
    assert any("版本" in problem for problem in examine(home).problems)


def test_an_act_forged_without_the_key_shows(home: Home) -> None:
    change(
        home,
        "insert into audit (seq, at, who, what, ok, previous, mac) select 11, at, who, what, true, mac, "
        "'00' || substr(mac, 3) from audit where seq = 10",
    )
    assert examine(home).problems


def test_acts_are_shown_by_person_by_whom_and_by_kind(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    assert [row["seq"] for row in acts(home, person="P1")] == [6, 2]
    assert [row["seq"] for row in acts(home, who="李管理", what="export", limit=1)] == [10]
    assert ended(app, ["audit", "show", "--home", str(home.root), "--person", "P1", "--json"]) == 0
    assert [row["why"] for row in json.loads(capsys.readouterr().out)] == ["来电询问", "来电询问"]
