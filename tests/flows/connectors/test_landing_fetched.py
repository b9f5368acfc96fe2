"""Fetched sources in the landing: the drop wins, copies are shared, and a silent server is one line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from flows.home.settings import Settings, parse_settings
from flows.landing import land, load_manifest, read_landed
from flows.run.context import RunContext
from schemas.connectors import FolderConnector
from schemas.errors import ContractError, InputError
from schemas.provenance import parse_provenance
from tests.flows.staging.night import PROVENANCE, ROLL, make_run, put

WORKERS = "平台,姓名,手机号\n蓝骑,张三,13812345679\n".encode()
RIGHT = parse_provenance(PROVENANCE, "x")


def fetching(tmp_path: Path, drop: Path | None, **sources: Path) -> RunContext:
    connectors: Any = {
        name: FolderConnector(type="folder", path=path, retries=0, backoff_seconds=0) for name, path in sources.items()
    }
    return make_run(tmp_path, drop, settings=Settings(connectors=connectors, provenance=dict.fromkeys(sources, RIGHT)))


@pytest.fixture
def office(tmp_path: Path) -> Path:
    (tmp_path / "office").mkdir()
    (tmp_path / "office" / "蓝骑.csv").write_bytes(WORKERS)
    return tmp_path / "office"


def test_a_source_without_a_drop_folder_comes_through_its_connector(tmp_path: Path, office: Path) -> None:
    run = fetching(tmp_path, put(tmp_path / "drop", {"party_members/名册.csv": ROLL}), platform=office)
    counts = land(duckdb.connect(), run)
    assert (counts["sources"], counts["files"]) == (2, 2)
    manifest = load_manifest(run.landing, run.key)
    assert [read_landed(run, entry) for entry in manifest.files] == [ROLL, WORKERS]
    assert [entry.origin is None for entry in manifest.files] == [True, False]
    assert not any(line.startswith("platform") for line in counts["warnings"])


def test_the_drop_wins_over_the_connector(tmp_path: Path, office: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL, "platform/手送.csv": WORKERS})
    run = fetching(tmp_path, drop, platform=office)
    land(duckdb.connect(), run)
    assert [entry.name for entry in load_manifest(run.landing, run.key).files] == ["名册.csv", "手送.csv"]


def test_with_connectors_for_all_no_drop_is_needed(tmp_path: Path, office: Path) -> None:
    (tmp_path / "roll").mkdir()
    (tmp_path / "roll" / "名册.csv").write_bytes(ROLL)
    run = fetching(tmp_path, tmp_path / "nowhere", platform=office, party_members=tmp_path / "roll")
    assert land(duckdb.connect(), run)["sources"] == 2


def test_an_unchanged_file_shares_the_copy_of_the_night_before(tmp_path: Path, office: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL})
    first = fetching(tmp_path, drop, platform=office)
    land(duckdb.connect(), first)
    second = replace(first, run_id="20261120T013000Z-cd34")
    (office / "蓝骑.csv").chmod(0o000)
    land(duckdb.connect(), second)
    one, two = (load_manifest(run.landing, run.key).files[1] for run in (first, second))
    assert (first.landing / str(one.sealed)).samefile(second.landing / str(two.sealed))
    assert read_landed(second, two) == WORKERS


def test_a_damaged_copy_is_not_shared_but_fetched_again(tmp_path: Path, office: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL})
    first = fetching(tmp_path, drop, platform=office)
    land(duckdb.connect(), first)
    copy = first.landing / str(load_manifest(first.landing, first.key).files[1].sealed)
    copy.write_bytes(copy.read_bytes()[:-1])
    second = replace(first, run_id="20261120T013000Z-cd34")
    land(duckdb.connect(), second)
    assert read_landed(second, load_manifest(second.landing, second.key).files[1]) == WORKERS


def test_a_silent_server_is_one_warning_and_the_others_go_on(tmp_path: Path) -> None:
    drop = put(tmp_path / "drop", {"party_members/名册.csv": ROLL})
    counts = land(duckdb.connect(), fetching(tmp_path, drop, platform=tmp_path / "gone"))
    assert counts["sources"] == 1
    assert any("platform" in line and "connector_missing" in line for line in counts["warnings"])
    with pytest.raises(InputError) as caught:
        land(duckdb.connect(), fetching(tmp_path, tmp_path / "nowhere", party_members=tmp_path / "gone"))
    assert caught.value.rule == "no_roll"
    assert "connector_missing" in str(caught.value)


def test_a_fetched_source_without_provenance_is_refused_with_the_template(tmp_path: Path, office: Path) -> None:
    run = fetching(tmp_path, put(tmp_path / "drop", {"party_members/名册.csv": ROLL}), platform=office)
    run = replace(run, settings=run.settings.model_copy(update={"provenance": {}}))
    counts = land(duckdb.connect(), run)
    assert any("规则 provenance" in line and 'approval_no = "' in line for line in counts["warnings"])
    assert counts["sources"] == 1


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('type = "sftp"\nhost = "a"\nusername = "u"\nhost_keys = "ssh-ed25519 A"\npassword = "geheim1"', "secret_file"),
        ('type = "sftp"\nhost = "a"\nusername = "u"', "host_keys"),
        ('type = "http"\nurls = "https://u:geheim1@a/x.csv"', "口令"),
        ('type = "http"\nurls = "http://example.org/x.csv?geheim1"', "https"),
        ('type = "ftp"\nhost = "geheim1"', "folder、sftp"),
    ],
)
def test_a_mistake_in_a_connector_is_named_without_its_value(tmp_path: Path, text: str, word: str) -> None:
    with pytest.raises(ContractError) as caught:
        parse_settings(f"[connectors.platform]\n{text}\n", tmp_path / "config.toml")
    assert "connectors.platform" in str(caught.value)
    assert word in str(caught.value)
    assert "geheim1" not in str(caught.value)


def test_secret_files_are_found_beside_the_configuration(tmp_path: Path) -> None:
    text = '[connectors.platform]\ntype="http"\nurls="https://a/x.csv"\nsecret_file="keys/token"\n'
    connector = parse_settings(text, tmp_path / "config.toml").connectors["platform"]
    assert getattr(connector, "secret_file", None) == tmp_path / "keys" / "token"
