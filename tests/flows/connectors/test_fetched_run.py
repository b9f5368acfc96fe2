"""Two whole nights with sources from PostgreSQL and SFTP, through the real command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.flows.command import sanzhao, without_reports
from tests.flows.connectors.servers import PASSWORD, Postgres, Sftp, postgres_server, sftp_server

pytestmark = pytest.mark.slow


def configure(home: Path, drop: Path, remote: Path, servers: tuple[Postgres, Sftp]) -> None:
    """Connectors for platform and transport in the home's own configuration."""
    database, sftp = servers
    assert sanzhao("init", "--home", home).code == 0
    (home / "keys" / "password").write_text(PASSWORD, "utf-8")
    (home / "keys" / "password").chmod(0o600)
    right = (remote / "transport" / "provenance.toml").read_text("utf-8")
    text = f"""
[provenance.platform]
{right}
[provenance.transport]
{right}
[connectors.platform]
type = "postgres"
host = "127.0.0.1"
port = {database.port}
database = "postgres"
username = "postgres"
query = "select worker_no as 骑手编号, name as 姓名, phone as 手机号 from riders order by 1"
secret_file = "keys/password"
[connectors.transport]
type = "sftp"
host = "127.0.0.1"
port = {sftp.port}
username = "district"
path = "/transport"
pattern = "*从业资格*"
host_keys = "{sftp.host_key}"
secret_file = "keys/password"
"""
    with (home / "config.toml").open("a", encoding="utf-8") as config:
        config.write(text)


def test_two_nights_from_servers_transfer_a_file_once_and_never_show_the_secret(
    small_district: Path, tmp_path: Path
) -> None:
    drop, remote, home = tmp_path / "drop", tmp_path / "remote", tmp_path / "home"
    shutil.copytree(small_district / "drop", drop)
    remote.mkdir()
    shutil.move(drop / "transport", remote / "transport")
    shutil.rmtree(drop / "platform")
    with postgres_server() as database, sftp_server(remote) as sftp:
        database.sql("create table riders (worker_no text, name text, phone text)")
        database.sql("insert into riders select 'R' || n, '张三', '13812345679' from generate_series(1, 50) n")
        configure(home, drop, remote, (database, sftp))
        without_reports(home)
        answers = [
            sanzhao("run", "--home", home, "--drop", drop, "--as-of", f"2026-11-{day}", "--json") for day in (19, 20)
        ]
    assert [answer.code for answer in answers] == [0, 0], answers
    rows = {line["source"]: line["rows_in"] for line in json.loads(answers[1].out)["sources"]}
    assert rows["platform"] == 50
    assert rows["transport"] > 0
    assert len(sftp.opened) == len(set(sftp.opened)) == len(list((remote / "transport").glob("*从业资格*")))
    seen = [path for path in home.rglob("*") if path.is_file() and PASSWORD.encode() in path.read_bytes()]
    assert [path.name for path in seen] == ["password"]
    assert PASSWORD not in "".join(answer.out + answer.err for answer in answers)
