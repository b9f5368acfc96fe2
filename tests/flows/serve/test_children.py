"""What the service's processes are told: a log-in, loopback only, nothing sent out, no secret in a command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.home.folders import Home
from flows.home.settings import Settings
from flows.serve.children import auth_path, auth_string, children_of
from schemas.nights import ServeSettings


@pytest.fixture
def home(tmp_path: Path) -> Home:
    place = Home(tmp_path / "home")
    place.make()
    return place


def test_the_server_asks_for_a_log_in_and_sends_nothing_out(home: Home) -> None:
    server = next(child for child in children_of(home, Settings()) if child.name == "prefect")
    told = server.environment
    assert told["PREFECT_SERVER_API_AUTH_STRING"] == auth_string(home)
    assert told["PREFECT_SERVER_UI_API_URL"] == "/api"
    assert told["PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT"] == "false"
    assert (told["PREFECT_SERVER_ANALYTICS_ENABLED"], told["DO_NOT_TRACK"]) == ("false", "1")
    assert server.command[-4:] == ("--host", "127.0.0.1", "--port", "4200")


def test_nights_send_heartbeats_and_know_the_log_in(home: Home) -> None:
    runner = next(child for child in children_of(home, Settings()) if child.name == "runner")
    assert runner.environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    assert runner.environment["PREFECT_API_AUTH_STRING"] == auth_string(home)
    assert runner.environment["PREFECT_API_URL"] == "http://127.0.0.1:4200/api"
    assert "PREFECT_SERVER_API_AUTH_STRING" not in runner.environment


def test_the_log_in_is_minted_once_and_is_its_owner_s_alone(home: Home) -> None:
    first = auth_string(home)
    assert auth_string(home) == first
    assert len(first) > 30
    assert auth_path(home).stat().st_mode & 0o077 == 0
    assert (home.root / "prefect").exists() is False
    assert all(first not in " ".join(child.command) for child in children_of(home, Settings()))
    assert first not in repr(children_of(home, Settings()))
    assert (home.root / "prefect").stat().st_mode & 0o077 == 0


def test_what_prefect_s_runner_keeps_aside_lies_in_the_home_and_not_where_all_share_a_name(home: Home) -> None:
    for child in children_of(home, Settings())[:2]:
        folder = Path(child.environment["TMPDIR"])
        assert folder.is_relative_to(home.root)
        assert folder.stat().st_mode & 0o077 == 0


def test_prefect_s_records_lie_in_the_home_or_where_the_configuration_says(home: Home) -> None:
    def database(settings: Settings) -> str:
        return children_of(home, settings)[0].environment["PREFECT_API_DATABASE_CONNECTION_URL"]

    assert database(Settings()) == f"sqlite+aiosqlite:///{home.root}/prefect/prefect.db"
    url = "postgresql+asyncpg://sanzhao@127.0.0.1/prefect"
    assert database(Settings(serve=ServeSettings(database_url=url))) == url


def test_prefect_settings_of_the_machine_do_not_reach_the_service(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_API_KEY", "of somewhere else")
    assert all("PREFECT_API_KEY" not in child.environment for child in children_of(home, Settings()))


def test_the_workbench_is_beside_it_unless_it_is_not_wanted(home: Home) -> None:
    assert [child.name for child in children_of(home, Settings())] == ["prefect", "runner", "review"]
    without = Settings(serve=ServeSettings(review=False))
    assert [child.name for child in children_of(home, without)] == ["prefect", "runner"]
