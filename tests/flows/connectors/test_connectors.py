"""Every kind of connector against a real server on loopback: what is taken, what is not, and what is never said."""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from flows.connectors import FetchedBefore, FetchedFile, fetch_files
from schemas.connectors import (
    Connector,
    FolderConnector,
    HttpConnector,
    PostgresConnector,
    S3Connector,
    SftpConnector,
)
from schemas.errors import SanzhaoError
from tests.flows.connectors.servers import (
    PASSWORD,
    Postgres,
    Sftp,
    Web,
    postgres_server,
    sftp_server,
    web_server,
)

BODY = "平台,姓名,手机号\n蓝骑,张三,13812345679\n".encode()
QUICK: dict[str, Any] = {"timeout_seconds": 5, "retries": 2, "backoff_seconds": 0.01}


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text(PASSWORD + "\n", "utf-8")
    path.chmod(0o600)
    return path


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Sftp]:
    root = tmp_path / "sftp"
    (root / "out").mkdir(parents=True)
    (root / "out" / "骑手.csv").write_bytes(BODY)
    with sftp_server(root) as server:
        yield server


@pytest.fixture
def web() -> Iterator[Web]:
    with web_server() as server:
        server.files["骑手.csv"] = BODY
        yield server


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    with postgres_server() as server:
        server.sql("create table riders (worker_no text, name text, phone text)")
        server.sql("insert into riders select 'R' || n, '张三', '13812345679' from generate_series(1, 1000) n")
        server.sql("create function take_away() returns int language sql as 'delete from riders; select 1'")
        yield server


def fetched(name: str, connector: Connector, known: dict[str, FetchedBefore], **options: Any) -> list[FetchedFile]:
    return list(fetch_files(name, connector, known, **options))


def by_sftp(server: Sftp, secret: Path, **changes: Any) -> SftpConnector:
    values = {"host": "127.0.0.1", "port": server.port, "username": "district", "path": "/out"}
    return SftpConnector(
        **{"type": "sftp", **values, "host_keys": server.host_key, "secret_file": secret, **QUICK, **changes}
    )


def by_http(server: Web, **changes: Any) -> HttpConnector:
    urls = [server.url("%E9%AA%91%E6%89%8B.csv")]
    server.files["%E9%AA%91%E6%89%8B.csv"] = server.files.get("骑手.csv", BODY)
    return HttpConnector(**{"type": "http", "urls": urls, "secret_env": "SZ_TEST_TOKEN", **QUICK, **changes})


def by_postgres(server: Postgres, secret: Path, **changes: Any) -> PostgresConnector:
    values = {"host": "127.0.0.1", "port": server.port, "database": "postgres", "username": "postgres"}
    query = "select worker_no as 骑手编号, name as 姓名, phone as 手机号 from riders order by worker_no"
    return PostgresConnector(
        **{"type": "postgres", **values, "query": query, "secret_file": secret, **QUICK, **changes}
    )


def refusal(connector: Connector) -> SanzhaoError:
    """Why a source could not be had at all; never with the secret in it."""
    with pytest.raises(SanzhaoError) as caught:
        fetched("platform", connector, {})
    assert PASSWORD not in str(caught.value)
    assert PASSWORD.encode().hex() not in str(caught.value)
    return caught.value


def bodies(connector: Connector, known: dict[str, FetchedBefore] | None = None) -> dict[str, bytes | None]:
    return {file.name: file.data for file in fetched("platform", connector, known or {})}


def remembered(connector: Connector) -> dict[str, FetchedBefore]:
    """What a landing would know of a first fetch."""
    import hashlib

    found = fetched("platform", connector, {})
    return {
        file.name: FetchedBefore(file.size, file.mark, hashlib.sha256(file.data or b"").hexdigest()) for file in found
    }


def test_a_folder_gives_its_whole_files_and_no_half_written_ones(tmp_path: Path) -> None:
    (tmp_path / "骑手.csv").write_bytes(BODY)
    (tmp_path / "大表.xlsx.part").write_bytes(b"half")
    (tmp_path / "~$骑手.xlsx").write_bytes(b"lock")
    (tmp_path / "别处.csv").symlink_to("/etc/passwd")
    (tmp_path / "说明.txt").write_bytes(b"x")
    connector = FolderConnector(type="folder", path=tmp_path, pattern="*.csv")
    assert bodies(connector) == {"骑手.csv": BODY}
    assert bodies(connector, remembered(connector)) == {"骑手.csv": None}


def test_a_name_that_cannot_be_shown_is_taken_under_one_that_can(tmp_path: Path) -> None:
    for name in ("名单\u202e.csv", "名单.csv", "表\n一.csv"):
        (tmp_path / name).write_bytes(name.encode())
    connector = FolderConnector(type="folder", path=tmp_path, pattern="*.csv")
    found = bodies(connector)
    assert set(found) == {"名单.csv", "名单.csv（2）", "表一.csv"}
    assert set(found.values()) == {"名单\u202e.csv".encode(), "名单.csv".encode(), "表\n一.csv".encode()}


def test_a_folder_that_is_not_mounted_is_one_clear_line(tmp_path: Path) -> None:
    error = refusal(FolderConnector(type="folder", path=tmp_path / "nowhere", **QUICK))
    assert error.rule == "connector_missing"
    assert "共享是否挂上" in str(error)


def test_sftp_takes_a_file_once_and_then_only_when_it_changed(sftp: Sftp, secret: Path) -> None:
    connector = by_sftp(sftp, secret)
    known = remembered(connector)
    assert bodies(connector, known) == {"骑手.csv": None}
    assert sftp.opened == ["/out/骑手.csv"], "the second fetch must not open the file"
    (sftp.root / "out" / "骑手.csv").write_bytes(BODY + BODY)
    assert bodies(connector, known) == {"骑手.csv": BODY + BODY}


def test_a_file_touched_but_not_changed_keeps_its_copy(sftp: Sftp, secret: Path) -> None:
    connector = by_sftp(sftp, secret)
    known = remembered(connector)
    os.utime(sftp.root / "out" / "骑手.csv", (1, 1))
    assert bodies(connector, known) == {"骑手.csv": None}


def test_sftp_connects_by_fingerprint_too(sftp: Sftp, secret: Path) -> None:
    assert bodies(by_sftp(sftp, secret, host_keys=[sftp.fingerprint])) == {"骑手.csv": BODY}


def test_an_unknown_host_key_is_refused_before_the_password_is_shown(sftp: Sftp, secret: Path) -> None:
    import asyncssh

    other = " ".join(asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().split()[:2])
    for pin in (other, "SHA256:" + "A" * 43):
        assert refusal(by_sftp(sftp, secret, host_keys=pin)).rule == "host_key"
    rsa = "ssh-rsa AAAAB3NzaC1yc2E"
    assert refusal(by_sftp(sftp, secret, host_keys=rsa)).rule == "host_key"
    assert sftp.opened == []


def test_a_wrong_password_is_not_tried_again(sftp: Sftp, secret: Path) -> None:
    secret.write_text("falsch", "utf-8")
    assert refusal(by_sftp(sftp, secret, retries=5, backoff_seconds=5)).rule == "connector_login"


def test_a_line_broken_half_way_is_taken_up_again_whole(sftp: Sftp, secret: Path) -> None:
    big = os.urandom(3 << 20)
    (sftp.root / "out" / "骑手.csv").write_bytes(big)
    sftp.cut_next = 1
    assert bodies(by_sftp(sftp, secret)) == {"骑手.csv": big}
    sftp.cut_next = 99
    (file,) = fetched("platform", by_sftp(sftp, secret), {})
    assert file.data is None
    assert file.problem
    assert "试了 3 次" in file.problem


def test_a_file_above_the_limit_is_named_and_the_others_go_on(sftp: Sftp, secret: Path) -> None:
    (sftp.root / "out" / "大.csv").write_bytes(b"x" * (2 << 20))
    found = {file.name: file for file in fetched("platform", by_sftp(sftp, secret, max_file_mb=1), {})}
    assert found["骑手.csv"].data == BODY
    assert "file_too_large" in str(found["大.csv"].problem)


def test_progress_is_told_per_file(sftp: Sftp, secret: Path) -> None:
    (sftp.root / "out" / "快递.csv").write_bytes(BODY)
    told: list[tuple[str, int, int]] = []
    fetched("platform", by_sftp(sftp, secret), {}, progress=lambda *step: told.append(step))
    assert told == [("取件 platform", 1, 2), ("取件 platform", 2, 2)]


def test_nobody_at_home_is_tried_three_times_and_named() -> None:
    connector = HttpConnector(type="http", urls=["http://127.0.0.1:9/x.csv"], **QUICK)
    (file,) = fetched("platform", connector, {})
    assert "试了 3 次" in str(file.problem)


def test_http_asks_with_its_token_and_not_again_for_what_it_has(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    connector = by_http(web)
    known = remembered(connector)
    assert bodies(connector, known) == {"骑手.csv": None}
    assert [code for _, code in web.asked] == [200, 304]
    web.files["%E9%AA%91%E6%89%8B.csv"] = BODY + b"\n"
    assert bodies(connector, known) == {"骑手.csv": BODY + b"\n"}


@pytest.mark.parametrize(("busy", "cut"), [(2, 0), (0, 2), (1, 1)])
def test_a_busy_or_broken_web_server_is_asked_again(
    web: Web, monkeypatch: pytest.MonkeyPatch, busy: int, cut: int
) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    web.busy_next, web.cut_next = busy, cut
    assert bodies(by_http(web)) == {"骑手.csv": BODY}


def test_two_addresses_that_end_alike_are_two_files(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    web.files |= {"east/w.csv": b"east", "west/w.csv": b"west"}
    urls = [web.url("east/w.csv"), web.url("west/w.csv")]
    assert bodies(by_http(web, urls=urls)) == {"w.csv": b"east", "w_2.csv": b"west"}


def test_half_a_file_is_never_handed_on(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    web.cut_next = 99
    (file,) = fetched("platform", by_http(web), {})
    assert file.data is None
    assert file.problem


def test_the_token_does_not_follow_a_redirect(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    with web_server() as elsewhere:
        web.redirect = elsewhere.url("x.csv")
        (file,) = fetched("platform", by_http(web), {})
        assert "connector_redirect" in str(file.problem)
        assert elsewhere.asked == []


def test_a_wrong_token_is_one_line_without_the_token(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", "falsch-9917")
    (file,) = fetched("platform", by_http(web), {})
    assert "connector_login" in str(file.problem)
    assert "falsch-9917" not in str(file.problem)
    assert len(web.asked) == 1


def test_a_server_that_drips_is_given_up_at_the_deadline(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SZ_TEST_TOKEN", web.token)
    web.drip = True
    started = time.monotonic()
    (file,) = fetched("platform", by_http(web, deadline_seconds=0.5, timeout_seconds=1), {})
    assert file.data is None
    assert time.monotonic() - started < 5


@pytest.mark.slow
def test_s3_takes_objects_under_its_prefix_once(secret: Path) -> None:
    with bucket() as (endpoint, client):
        connector = by_s3(endpoint, secret)
        known = remembered(connector)
        assert set(known) == {"骑手.csv"}
        assert bodies(connector, known) == {"骑手.csv": None}
        client.put_object(Bucket="district", Key="out/骑手.csv", Body=BODY * 3)
        assert bodies(connector, known) == {"骑手.csv": BODY * 3}
        assert refusal(by_s3(endpoint, secret, bucket="elsewhere")).rule == "connector_missing"
        found = fetched("platform", by_s3(endpoint, secret, prefix="big", max_file_mb=1), {})
        assert ["file_too_large" in str(file.problem) for file in found] == [True]


@pytest.mark.slow
def test_s3_without_a_server_is_one_clear_line(secret: Path) -> None:
    error = refusal(by_s3("http://127.0.0.1:9", secret, timeout_seconds=2))
    assert error.rule == "connector_unreachable"


@contextlib.contextmanager
def bucket() -> Iterator[tuple[str, Any]]:
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    endpoint = f"http://{host}:{port}"
    client = boto3.client(
        "s3", endpoint_url=endpoint, aws_access_key_id="AK", aws_secret_access_key=PASSWORD, region_name="us-east-1"
    )
    client.create_bucket(Bucket="district")
    client.put_object(Bucket="district", Key="out/骑手.csv", Body=BODY)
    client.put_object(Bucket="district", Key="out/older/旧.csv", Body=b"old")
    client.put_object(Bucket="district", Key="big/大.csv", Body=b"x" * (2 << 20))
    try:
        yield endpoint, client
    finally:
        server.stop()


def by_s3(endpoint: str, secret: Path, **changes: Any) -> S3Connector:
    values = {"endpoint_url": endpoint, "bucket": "district", "prefix": "out/", "access_key": "AK"}
    return S3Connector(**{"type": "s3", **values, "secret_file": secret, **QUICK, **changes})


@pytest.mark.slow
def test_a_query_comes_as_parquet_with_its_headers(postgres: Postgres, secret: Path) -> None:
    (file,) = fetched("platform", by_postgres(postgres, secret), {})
    table = pq.read_table(io.BytesIO(file.data or b""))
    assert file.name == "platform.parquet"
    assert table.column_names == ["骑手编号", "姓名", "手机号"]
    assert table.num_rows == 1000
    assert bodies(by_postgres(postgres, secret), remembered(by_postgres(postgres, secret))) == {file.name: None}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("query", "rule"),
    [
        ("select set_config('default_transaction_read_only', 'off', false), pg_sleep(9)", "connector_deadline"),
        ("delete from riders returning *", "connector_query"),
        ("with gone as (delete from riders returning *) select * from gone", "connector_query"),
        ("select take_away()", "connector_refused"),
        ("select set_config('transaction_read_only', 'off', false), take_away()", "connector_query"),
        ("select 1; delete from riders", "connector_query"),
        ("select nonsense from riders", "connector_query"),
    ],
)
def test_a_query_can_neither_write_nor_run_for_ever(postgres: Postgres, secret: Path, query: str, rule: str) -> None:
    (file,) = fetched("platform", by_postgres(postgres, secret, query=query, timeout_seconds=1), {})
    assert file.data is None
    assert rule in str(file.problem)
    assert len(pq.read_table(io.BytesIO(fetched("x", by_postgres(postgres, secret), {})[0].data or b""))) == 1000


@pytest.mark.slow
def test_a_wrong_database_password_is_one_line_without_it(postgres: Postgres, secret: Path) -> None:
    secret.write_text("falsch'; drop table riders; --", "utf-8")
    error = refusal(by_postgres(postgres, secret))
    assert error.rule == "connector_login"
    assert "falsch" not in str(error)


def test_a_secret_others_can_read_is_not_used(sftp: Sftp, secret: Path) -> None:
    secret.chmod(0o644)
    assert refusal(by_sftp(sftp, secret)).rule == "secret_open"
    secret.unlink()
    assert refusal(by_sftp(sftp, secret)).rule == "secret_missing"
    assert refusal(by_sftp(sftp, secret, secret_file=None, secret_env="SZ_NONE")).rule == "secret_missing"  # noqa: S106
