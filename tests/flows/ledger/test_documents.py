"""Beside a version's tables: its contracts, code table and README, under the index's checksums."""

from __future__ import annotations

import csv
import json

import pytest
import yaml

from flows.home.folders import Home, write_private
from flows.ledger import ErasureOrder, erase, rollback, verify
from flows.ledger.publish.read import TABLES, current_version, kept_version, kept_versions, signature
from schemas.contracts import ledger_table
from schemas.odcs import contract
from tests.flows.ledger.coded import codes_without_word, known_codes
from tests.flows.ledger.district import AS_OF, KEY, context
from tests.flows.ledger.test_versions import home, three_nights

__all__ = ["home", "three_nights"]


def test_every_code_that_the_contracts_allow_or_the_tables_hold_has_its_word(home: Home) -> None:
    folder = home.ledger / "versions" / kept_versions(home)[-1]
    known = known_codes(folder)
    for name in TABLES:
        for column, allowed in ledger_table(name).allowed.items():
            coded = {code for code in allowed if code.isascii()}
            assert coded <= known.get(f"{name}.{column}", set()), (name, column)
    assert codes_without_word(folder) == []
    words = {
        (row["kind"], row["code"]): row["word"] for row in kept_version(home, folder.name).table("codes").to_pylist()
    }
    assert (words["status", "P1"], words["lead_state", "已办结"]) == ("口袋党员", "已办结")


def test_the_documents_say_what_the_tables_are(home: Home) -> None:
    current = current_version(home, KEY)
    assert current is not None
    text = {name: (current.folder / name).read_text("utf-8-sig") for name in current.index["documents"]}
    assert {name for name in text if name.endswith(".odcs.yaml")} == {f"{name}.odcs.yaml" for name in TABLES}
    assert yaml.safe_load(text["ledger.odcs.yaml"]) == contract("ledger")
    rows = current.table("codes").to_pylist()
    listed = list(csv.DictReader(text["codes.csv"].splitlines()))
    assert [(one["kind"], one["code"], one["word"]) for one in listed] == [
        (row["kind"], row["code"], row["word"]) for row in rows
    ]
    assert not [row["code"] for row in rows if f"| `{row['code']}` | " not in text["代码表.md"]]
    assert not [name for name in TABLES if f"`{name}.parquet`" not in text["README.md"]]
    assert current.index["as_of"] in text["README.md"]
    assert str(home.root) not in "".join(text.values())


def test_the_same_policy_gives_the_same_bytes_and_they_outlive_erasure_and_rollback(home: Home) -> None:
    same = {"codes.csv", "代码表.md", *(f"{name}.odcs.yaml" for name in TABLES)}
    first, last = (kept_version(home, kept_versions(home)[at]) for at in (0, -1))
    assert [(first.folder / name).read_bytes() for name in sorted(same)] == [
        (last.folder / name).read_bytes() for name in sorted(same)
    ]
    assert first.table("codes").equals(last.table("codes"))
    key = last.table("ledger")["person_key"].to_pylist()[0]
    erase(home, KEY, key, ErasureOrder("甲", "本人要求"))
    rollback(context(home.root, AS_OF, run_id="back"), first.version, by="甲", why="试")
    assert verify(home, KEY) == []
    for version in kept_versions(home):
        assert all((home.ledger / "versions" / version / name).exists() for name in [*same, "README.md"])


@pytest.mark.parametrize("name", ["README.md", "codes.csv", "review.odcs.yaml"])
def test_a_document_that_is_gone_is_missed(home: Home, name: str) -> None:
    version = kept_versions(home)[0]
    (home.ledger / "versions" / version / name).unlink()
    assert verify(home, KEY) == [f"{version}：缺 {name}"]


def test_a_version_from_before_there_were_documents_stands(home: Home) -> None:
    version = kept_versions(home)[0]
    folder = home.ledger / "versions" / version
    index = json.loads((folder / "index.json").read_text("utf-8"))
    for name in [*index.pop("documents"), "codes.parquet"]:
        (folder / name).unlink()
    del index["files"]["codes.parquet"], index["hmac"]
    text = json.dumps({**index, "hmac": signature(KEY, index)}, ensure_ascii=False).encode()
    write_private(folder / "index.json", text)
    assert verify(home, KEY) == []
    assert kept_version(home, version).table("codes").num_rows == 0
