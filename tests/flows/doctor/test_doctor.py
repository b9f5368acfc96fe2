"""The doctor on a sound home, and on homes with one thing wrong each: found, named, with what to do."""

from __future__ import annotations

import json
import shutil
import socket
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flows.doctor import Finding, examine
from flows.home.folders import Home
from flows.run.runs import RunRecord, save_record
from tests.flows.command import sanzhao

pytestmark = pytest.mark.slow


def finding(home: Path, name: str) -> Finding:
    return next(one for one in examine(Home(home)) if one.name == name)


def test_a_sound_home_has_nothing_bad(home: Path) -> None:
    answer = sanzhao("doctor", "--home", home, "--json")
    findings = json.loads(answer.out)
    assert [one for one in findings if one["health"] == "bad"] == []
    assert {"磁盘", "权限", "时钟", "密钥", "状态库", "端口", "字体", "排期", "一本账"} <= {
        one["name"] for one in findings
    }
    assert answer.code == 3  # no service, no notices
    assert all(one["action"] for one in findings if one["health"] != "good")


def test_the_screen_shows_the_names_of_settings_in_brackets(home: Path) -> None:
    assert "[notices.email]" in sanzhao("doctor", "--home", home).out.replace("\n", "")


def test_a_ledger_put_back_to_an_older_version_is_told_everywhere_and_the_next_night_stops(
    home: Path, drop: Path
) -> None:
    """Here to before the first version; what came later than the copy put back is known to the store alone."""
    for path in (home / "ledger").iterdir():
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    told = finding(home, "一本账")
    assert (told.health, "退回到了旧版" in told.found, "从备份" in told.action) == ("bad", True, True)
    assert "退回到了旧版" in sanzhao("status", "--home", home).out.replace("\n", "")
    assert "退回到了旧版" in json.loads(sanzhao("status", "--home", home, "--json").out)["ledger_problem"]
    answer = sanzhao("run", "--home", home, "--drop", drop, "--as-of", "2026-11-20")
    assert (answer.code, "ledger_rolled_back" in answer.err) == (1, True)
    assert list((home / "ledger").glob("versions/*")) == []


def loosen(home: Path) -> None:
    (home / "keys" / "district.key").chmod(0o644)


def change_key(home: Path) -> None:
    (home / "keys" / "district.key").write_text("f" * 64, "utf-8")


def spoil_store(home: Path) -> None:
    (home / "state" / "sanzhao.db").write_bytes(b"not a database at all" * 500)


def spoil_ledger(home: Path) -> None:
    path = home / "ledger" / "ledger.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")


def cut_audit(home: Path) -> None:
    with sqlite3.connect(home / "state" / "sanzhao.db") as connection:
        connection.execute("update audit set who = '别人' where seq = 1")


def shorten_audit(home: Path) -> None:
    with sqlite3.connect(home / "state" / "sanzhao.db") as connection:
        connection.execute("delete from audit where seq = (select max(seq) from audit)")


def run_ahead(home: Path) -> None:
    ahead = datetime.now(UTC) + timedelta(days=400)
    (home / "runs" / "x").mkdir()
    save_record(Home(home), RunRecord(run_id="x", as_of=ahead.date(), started_at=ahead, state="done"))


def misspell(home: Path) -> None:
    (home / "config.toml").write_text("distrikt = 1", "utf-8")


@pytest.mark.parametrize(
    ("spoil", "name"),
    [
        (loosen, "权限"),
        (change_key, "密钥"),
        (spoil_store, "状态库"),
        (spoil_ledger, "一本账"),
        (cut_audit, "审计日志"),
        (shorten_audit, "审计日志"),
        (run_ahead, "时钟"),
        (misspell, "配置与密钥"),
    ],
)
def test_what_is_wrong_is_named_with_what_to_do(home: Path, spoil: Callable[[Path], None], name: str) -> None:
    spoil(home)
    found = finding(home, name)
    assert found.health == "bad"
    assert found.action


def test_a_taken_port_is_named(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        config = home / "config.toml"
        config.write_text(config.read_text("utf-8").replace("port = 4200", f"port = {port}", 1), "utf-8")
        assert str(port) in finding(home, "端口").found
        assert finding(home, "端口").health == "bad"
        answer = sanzhao("serve", "--home", home)
        assert (answer.code, str(port) in answer.err) == (1, True)


def test_no_home_is_said_plainly(tmp_path: Path) -> None:
    answer = sanzhao("doctor", "--home", tmp_path / "none")
    assert answer.code == 1
    assert "sanzhao init" in answer.out
