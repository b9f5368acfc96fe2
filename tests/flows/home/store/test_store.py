"""The state store on SQLite and on PostgreSQL: the same words, the same answers, safe from several hands at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import inspect, text

from flows.home.database import only_run
from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.store import HEAD, Judged, Lead, Store, VersionRows, open_store
from schemas import store_exchange, store_workbench  # noqa: F401  their tables are the store's too
from schemas.errors import HomeError
from schemas.store import Base
from tests.flows.command import DAY, sanzhao, without_reports
from tests.flows.killing import forked, rotations_killed

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 1, 30, tzinfo=UTC)
TOKEN = "a" * 64


def rows_of(version: str) -> VersionRows:
    return VersionRows(version, TODAY, ("P1", "P2"), ((TOKEN, "id", "P1"),), (("P0", "P1", "merged"),))


def test_its_tables_are_those_of_the_types(store: Store) -> None:
    found = inspect(store.engine)
    assert set(found.get_table_names()) == {*Base.metadata.tables, "alembic_version"}
    for name, table in Base.metadata.tables.items():
        assert {column["name"] for column in found.get_columns(name)} == {column.name for column in table.columns}
    with store.engine.connect() as connection:
        assert connection.execute(text("select version_num from alembic_version")).scalar_one() == HEAD


def test_rows_of_a_version_count_once_it_is_published(store: Store) -> None:
    store.write_pending(rows_of("v1"))
    assert store.settle(None) == 1
    assert store.keys_of([TOKEN]) == {}
    store.write_pending(rows_of("v1"))
    store.confirm("v1")
    assert store.settle("v1") == 0
    assert store.keys_of([TOKEN, "b" * 64]) == {TOKEN: "P1"}
    assert store.minted(["P1", "P2", "P3"]) == {"P1", "P2"}
    assert store.key_events() == [("P0", "P1", "merged", TODAY)]


def test_what_people_said_is_kept_in_order_and_the_newest_holds(store: Store, key: DistrictKey) -> None:
    store.judge("pair", Judged("link", {"name": "same"}), "王芳", TODAY)
    store.judge("pair", Judged("not_link", {"name": "same"}), "李强", TODAY, note="不是同一人")
    assert store.judged_pairs(key) == {"pair": Judged("not_link", {"name": "same"})}
    store.add_lead_event(Lead("P1", "P2", "待核查", "王芳", TODAY, ("roll|party_members|1",)))
    store.add_lead_event(Lead("P1", "P2", "已确认", "王芳", TODAY))
    (lead,) = store.leads()
    assert (lead.state, lead.basis) == ("已确认", None)


def test_objections_come_back_as_they_went_in(store: Store) -> None:
    store.raise_objection("P1", TODAY, "本人", "不是我")
    assert store.open_objections() == {"P1"}
    store.answer_objections("P1", TODAY, "已更正")
    assert store.open_objections() == set()


def test_many_hands_at_once_break_no_chain(opening: Callable[[], Store], key: DistrictKey) -> None:
    opening().close()
    begin = threading.Barrier(6)

    def writes(name: int) -> None:
        mine = opening()
        begin.wait()
        for number in range(10):
            mine.audit(key, NOW, f"人{name}", "view", person_key=f"P{number}")
        mine.close()

    with ThreadPoolExecutor(6) as hands:
        list(hands.map(writes, range(6)))
    after = opening()
    assert after.audit_problems(key) == []
    with after.engine.connect() as connection:
        assert connection.execute(text("select count(*), max(seq) from audit")).one() == (60, 60)
    after.close()


def test_a_new_store_opened_by_several_is_made_once(opening: Callable[[], Store]) -> None:
    begin = threading.Barrier(4)

    def opens(_: int) -> str:
        begin.wait()
        mine = opening()
        with mine.engine.connect() as connection:
            found = str(connection.execute(text("select version_num from alembic_version")).scalar_one())
        mine.close()
        return found

    with ThreadPoolExecutor(4) as hands:
        assert list(hands.map(opens, range(4))) == [HEAD] * 4


def test_two_hosts_on_one_store_never_run_at_once(store_url: str, tmp_path: Path) -> None:
    here, there = Home(tmp_path / "here"), Home(tmp_path / "there")
    refused = pytest.raises(HomeError, match="另一台机器上正在运行")
    with only_run(here, store_url), refused, only_run(there, store_url):
        pass
    with only_run(there, store_url):
        pass


def test_a_store_that_cannot_be_reached_is_named_without_its_address(tmp_path: Path) -> None:
    for url in ("postgresql+psycopg://nobody@127.0.0.1:9/none", "mysterydb://nobody@host/none", "nonsense"):
        with pytest.raises(HomeError) as caught:
            open_store(Home(tmp_path), url)
        assert caught.value.rule in ("store", "store_url")
        assert "nobody" not in str(caught.value)


def test_a_store_of_newer_software_is_refused(opening: Callable[[], Store]) -> None:
    newer = opening()
    with newer.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = '9999'"))
    newer.close()
    with pytest.raises(HomeError, match="状态库打不开"):
        opening()


@pytest.mark.slow
def test_a_run_on_postgresql_publishes_the_same_ledger(
    store_url: str, finished_home: Path, small_district: Path, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    assert sanzhao("init", "--home", home).code == 0
    (home / "keys" / "district.key").write_bytes((finished_home / "keys" / "district.key").read_bytes())
    config = home / "config.toml"
    config.write_text(config.read_text("utf-8").replace('store_url = ""', f'store_url = "{store_url}"'), "utf-8")
    answer = sanzhao("run", "--home", without_reports(home), "--drop", small_district / "drop", "--as-of", DAY)
    assert answer.code in (0, 3), answer.err
    name = Path("ledger") / "ledger.parquet"
    assert (home / name).read_bytes() == (finished_home / name).read_bytes()
    assert not (home / "state" / "sanzhao.db").exists()
    assert sanzhao("ledger", "verify", "--home", home).code == 0
    rotations_killed(home, [0.1, 0.25, 0.4], partial(forked, environment={"PGPASSWORD": os.environ["PGPASSWORD"]}))
    assert (home / name).read_bytes() == (finished_home / name).read_bytes()
