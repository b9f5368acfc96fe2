"""The ledger in other systems' hands: PostgreSQL in one transaction, S3 with the index last."""

from __future__ import annotations

import json
import subprocess
import threading
from datetime import timedelta
from pathlib import Path

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.ledger import ErasureOrder, erase
from flows.ledger.export import load_postgres, put_s3
from flows.ledger.publish.files import sha256
from flows.ledger.publish.read import Published, current_version
from schemas.connectors import S3Connector
from schemas.errors import HomeError
from schemas.targets import PostgresTarget
from tests.flows.connectors.servers import PASSWORD, Postgres, postgres_server
from tests.flows.ledger.district import AS_OF, KEY, context, night
from tests.flows.ledger.test_readme import BLOCKS
from tests.flows.ledger.test_versions import of

pytestmark = pytest.mark.slow
README_SQL = BLOCKS["PostgreSQL"].rstrip().removesuffix(";") + " order by 1"
SECRET = {"secret_env": "PG_SECRET"}
LOGIN = {"aws_access_key_id": "k", "aws_secret_access_key": "secret"}


def published(root: Path, turn: int = 0) -> Published:
    day = AS_OF + timedelta(days=turn)
    names = ("李建国", "王秀英", "周海波")[: 2 + turn]
    night(of(*names, lost="李建国"), context(root, day, run_id=f"run-{turn}"))
    current = current_version(Home(root), DistrictKey(KEY.secret))
    assert current is not None
    return current


def asked(server: Postgres, text: str) -> str:
    command = [server.bin / "psql", "-h", "127.0.0.1", "-p", str(server.port), "-U", "postgres", "-At", "-c", text]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env={"PGPASSWORD": PASSWORD})
    return done.stdout.strip()


def test_postgresql_holds_one_whole_version_and_then_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_SECRET", PASSWORD)
    with postgres_server() as server:
        place = {"host": "127.0.0.1", "port": server.port, "database": "postgres", "username": "postgres"}
        target = PostgresTarget(type="postgres", sslmode="disable", **SECRET, **place)
        first = published(tmp_path / "home")
        assert load_postgres(first, target, "datahub")["ledger"] == 2
        assert asked(server, "select count(*), sum(cardinality(statuses)) from sanzhao.ledger") == "2|2"
        assert asked(server, "select version from sanzhao.loaded_version") == first.version
        role = "select (evidence::json->0)->>'role' from sanzhao.ledger limit 1"
        assert asked(server, role) in ("roll", "worker")
        assert asked(server, README_SQL) == f"{first.version}|{first.index['as_of']}\nL1|1\nN0|1"
        server.sql("begin; lock table sanzhao.ledger in access share mode; commit")
        second = published(tmp_path / "home", 1)
        load_postgres(second, target, "datahub")
        assert asked(server, "select count(*) from sanzhao.ledger") == "3"
        assert asked(server, "select version from sanzhao.loaded_version") == second.version


def test_a_refused_login_names_the_target_and_not_the_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_SECRET", "wrong-secret")
    with postgres_server() as server:
        place = {"host": "127.0.0.1", "port": server.port, "database": "postgres", "username": "postgres"}
        target = PostgresTarget(type="postgres", sslmode="disable", **SECRET, **place)
        with pytest.raises(HomeError, match="登录被拒绝") as refused:
            load_postgres(published(tmp_path / "home"), target, "datahub")
        assert "wrong-secret" not in str(refused.value)


def test_a_reader_of_s3_never_meets_a_half_written_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("S3_SECRET", "secret")
    server = ThreadedMotoServer("127.0.0.1", 0)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, **LOGIN,
                          region_name="us-east-1")  # fmt: skip
    client.create_bucket(Bucket="district")
    target = S3Connector(type="s3", endpoint_url=url, bucket="district", prefix="ledger", access_key="k",
                         **{"secret_env": "S3_SECRET"})  # fmt: skip
    stop, seen, wrong = threading.Event(), set(), []

    def read(place: str) -> bytes:
        return bytes(client.get_object(Bucket="district", Key=f"ledger/{place}")["Body"].read())

    def reader() -> None:
        while not stop.is_set():
            index = json.loads(read("index.json"))
            seen.add(index["version"])
            wrong.extend(
                name
                for name, told in index["files"].items()
                if sha256(read(f"versions/{index['version']}/{name}")) != told["sha256"]
            )

    versions = [published(tmp_path / "home")]
    put_s3(versions[0], target, "mirror")
    watching = threading.Thread(target=reader)
    watching.start()
    versions.append(published(tmp_path / "home", 1))
    for _ in range(3):
        put_s3(versions[1], target, "mirror")
    stop.set()
    watching.join(30)
    old = f"versions/{versions[0].version}/ledger.parquet"
    key = versions[0].table("ledger")["person_key"].to_pylist()[0]
    erase(Home(tmp_path / "home"), KEY, key, ErasureOrder("甲", "本人要求"))
    client.put_object(Bucket="district", Key="ledger/versions/20200101T013000Z-0000/index.json", Body=b"{}")
    client.put_object(Bucket="district", Key="ledger/versions/别人的/文件", Body=b"x")
    kept = current_version(Home(tmp_path / "home"), KEY)
    assert kept is not None
    put_s3(kept, target, "mirror")
    assert key not in str(pq.read_table(pa.BufferReader(read(old))).to_pylist())
    listed = [one["Key"] for one in client.list_objects_v2(Bucket="district")["Contents"]]
    assert not [name for name in listed if "20200101T013000Z-0000" in name]
    assert [name for name in listed if "别人的" in name]
    server.stop()
    assert wrong == []
    assert seen <= {version.version for version in versions}
    assert len(seen) >= 1
