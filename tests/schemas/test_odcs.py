"""The published contracts are the standard's, and are what the one definition says.

`odcs-v3.2.0.schema.json` is the Open Data Contract Standard's own JSON schema (Apache-2.0), as the package
open-data-contract-standard 3.2.0 ships it.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import jsonschema
import pytest
import yaml

from schemas.contracts import ledger_table
from schemas.odcs import TABLES, as_yaml, breaking_changes, contract

SCHEMA = json.loads((Path(__file__).parent / "odcs-v3.2.0.schema.json").read_text("utf-8"))


@pytest.mark.parametrize("name", TABLES)
def test_each_contract_is_valid_by_the_standard_and_generated_from_the_definition(name: str) -> None:
    text = (resources.files("schemas") / "ledger" / f"{name}.odcs.yaml").read_text("utf-8")
    assert text == as_yaml(contract(name)), "run python -m schemas.odcs"
    body = yaml.safe_load(text)
    assert body == contract(name)
    jsonschema.Draft201909Validator(SCHEMA).validate(body)
    assert [column["name"] for column in body["schema"][0]["properties"]] == list(ledger_table(name).columns)


def test_the_standard_would_refuse_a_wrong_contract() -> None:
    body = contract("ledger")
    body["schema"][0]["properties"][0]["logicalType"] = "text"
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft201909Validator(SCHEMA).validate(body)


@pytest.mark.parametrize(
    ("new", "breaks"),
    [
        ({"a": "string!", "b": "int32"}, False),
        ({"a": "string! said otherwise", "b": "int32", "c": "string"}, False),
        ({"a": "string!", "b": "int32", "c": "string!"}, True),
        ({"a": "string!"}, True),
        ({"a": "string!", "b": "int64"}, True),
        ({"a": "string", "b": "int32"}, True),
        ({"b": "int32", "a": "string!"}, True),
        ({"c": "string", "a": "string!", "b": "int32"}, True),
    ],
)
def test_what_is_breaking(new: dict[str, str], breaks: bool) -> None:
    assert bool(breaking_changes({"a": "string!", "b": "int32"}, new)) == breaks


@pytest.mark.parametrize(
    ("new", "breaks"),
    [
        ("list<struct<file: string, row: int32>>!", False),
        ("list<struct<file: string, row: int32, landed_on: date32>>! the night", False),
        ("list<struct<file: string, landed_on: date32, row: int32>>!", True),
        ("list<struct<file: string>>!", True),
        ("list<struct<file: string, row: string>>!", True),
        ("list<struct<file: string, row: int32>>", True),
    ],
)
def test_a_structure_may_grow_at_its_end(new: str, breaks: bool) -> None:
    assert bool(breaking_changes({"a": "list<struct<file: string, row: int32>>!"}, {"a": new})) == breaks
