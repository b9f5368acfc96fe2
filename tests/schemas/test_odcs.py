"""The published contracts are the standard's, and are what the one definition says.

`odcs-v3.2.0.schema.json` is the Open Data Contract Standard's own JSON schema (Apache-2.0), as the package
open-data-contract-standard 3.2.0 ships it.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import duckdb
import jsonschema
import pyarrow as pa
import pytest
import yaml

from schemas.contracts import TableContract, ledger_table
from schemas.odcs import TABLES, as_yaml, contract
from schemas.types import arrow_type

SCHEMA = json.loads((Path(__file__).parent / "odcs-v3.2.0.schema.json").read_text("utf-8"))


def test_a_contract_that_withholds_a_column_it_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="no columns of ledger: statusses"):
        TableContract(
            name="ledger", grain="one row per person", columns={"statuses": "string"}, withheld=("statusses",)
        )


def breaking_changes(old: dict[str, str], new: dict[str, str]) -> list[str]:
    """What a reader of the old columns (`name: type`) could trip over in the new ones."""
    found = [f"{name} removed or renamed" for name in old if name not in new]
    for name, kind in old.items():
        if name in new and not _still_reads(_type(kind), _type(new[name])):
            found.append(f"{name}: {_type(kind)} became {_type(new[name])}")
    kept = [name for name in new if name in old]
    if kept != [name for name in old if name in new] or list(new)[: len(kept)] != kept:
        found.append("columns moved")
    return found + [f"{name} is new and never null" for name in new if name not in old and _type(new[name])[-1] == "!"]


def _still_reads(old: str, new: str) -> bool:
    """Whether who reads the old type reads the new one: the same, but for further members at a structure's end."""
    if old[-1:] == new[-1:] == "!":
        return _still_reads(old[:-1], new[:-1])
    return old == new or (old[-1:] != "!" and new[-1:] != "!" and _grown(arrow_type(old), arrow_type(new)))


def _grown(old: pa.DataType, new: pa.DataType) -> bool:
    if pa.types.is_list(old) and pa.types.is_list(new):
        return _grown(old.value_type, new.value_type)
    if pa.types.is_struct(old) and pa.types.is_struct(new):
        pairs = list(zip(old, new, strict=False))
        return len(old) <= len(new) and all(a.name == b.name and _grown(a.type, b.type) for a, b in pairs)
    return bool(old == new)


def _type(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == " " and depth == 0:
            return text[:at]
    return text


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


DOCUMENT = (Path(__file__).parents[2] / "docs" / "一本账与数据合同.md").read_text("utf-8")
# Reserved words of MySQL 8 and SQL:2016 that a column of ours might be called; DuckDB tells its own and PostgreSQL's.
RESERVED_ELSEWHERE = {
    "before", "change", "condition", "current", "first_value", "function", "groups", "index", "key", "keys", "lag",
    "last_value", "lead", "match", "of", "option", "period", "rank", "read", "row", "row_number", "rows", "scope",
    "system", "trigger", "usage", "value", "values", "write",
}  # fmt: skip


def test_the_columns_that_need_quotes_are_those_of_the_plan_for_the_next_major_version() -> None:
    """A new column may not be called by a reserved word; `after` goes with `before`, though it needs no quotes."""
    keywords = duckdb.sql(
        "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
    ).fetchall()
    reserved = {word for (word,) in keywords} | RESERVED_ELSEWHERE
    plan = DOCUMENT.partition("## 下一个主版本")[2]
    planned = {
        (cells[1].strip(" `"), name)
        for cells in (line.split("|") for line in plan.splitlines() if line.startswith("| `"))
        for name in cells[2].replace("`", " ").replace("、", " ").split()
        if name.isascii() and name != "evidence"
    }
    needing = {
        (name, column)
        for name in TABLES
        for field in ledger_table(name).schema
        for column in (field.name, *_members(field.type))
        if column in reserved
    }
    assert planned - {("changes", "after")} == needing
    assert not [new for new in _new_names(plan) if new in reserved]


def _members(kind: pa.DataType) -> list[str]:
    kind = kind.value_type if pa.types.is_list(kind) else kind
    return [one.name for one in kind] if pa.types.is_struct(kind) else []


def _new_names(plan: str) -> list[str]:
    cells = [line.split("|")[3] for line in plan.splitlines() if line.startswith("| `")]
    return [name for cell in cells for name in cell.replace("`", " ").replace("、", " ").split()]
