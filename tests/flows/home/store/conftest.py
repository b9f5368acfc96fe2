"""Stores of both kinds: SQLite in the home, and a fresh database on a PostgreSQL server of the tests' own."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.store import Store, open_store
from tests.flows.connectors.servers import PASSWORD, Postgres, postgres_server

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        os.environ["PGPASSWORD"] = PASSWORD
        yield server
        os.environ.pop("PGPASSWORD", None)


@pytest.fixture
def store_url(postgres: Postgres) -> str:
    """The address of a database with nothing in it; no password in it, as in a configuration."""
    name = f"store_{next(_NUMBERS)}"
    postgres.sql(f"create database {name}")
    return f"postgresql+psycopg://postgres@127.0.0.1:{postgres.port}/{name}"


@pytest.fixture(params=["sqlite", "postgresql"])
def opening(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], Store]:
    """Opens the same store each time it is called."""
    url = request.getfixturevalue("store_url") if request.param == "postgresql" else ""
    home = Home(tmp_path / "home")
    return lambda: open_store(home, url)


@pytest.fixture
def store(opening: Callable[[], Store]) -> Iterator[Store]:
    opened = opening()
    yield opened
    opened.close()


@pytest.fixture
def key() -> DistrictKey:
    return DistrictKey(b"a district's key of the tests")
