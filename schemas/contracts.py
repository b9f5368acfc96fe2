"""Contracts as data: what sources send, what workspace relations and published tables hold.

Every contract is a TOML file; a new source or alias is an edit there (or in the home's `sources/` folder).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from schemas.errors import ContractError, TableError
from schemas.rules import Rule
from schemas.types import arrow_type

Role = Literal["roll", "transfer", "floating", "organisation", "worker", "self_report"]
FieldType = Literal[
    "text", "person_name", "id_number", "phones", "date", "partial_date", "month", "validity", "yes_no", "code",
    "integer", "uscc",
]  # fmt: skip

_STAGED: dict[FieldType, pa.DataType] = {
    "text": pa.string(),
    "person_name": pa.string(),
    "id_number": pa.string(),
    "phones": pa.list_(pa.string()),
    "date": pa.date32(),
    "partial_date": pa.string(),
    "month": pa.date32(),
    "validity": pa.string(),
    "yes_no": pa.bool_(),
    "code": pa.string(),
    "integer": pa.int32(),
    "uscc": pa.string(),
}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class SourceField(_Frozen):
    """One canonical field of a source: the headers it goes by and how its cells are read."""

    name: str
    title: str
    type: FieldType
    aliases: tuple[str, ...]
    values: str | None = None
    imported: bool = Field(default=True, alias="import")

    def staged(self) -> list[pa.Field]:
        """The columns this field becomes in staging."""
        column = pa.field(self.name, _STAGED[self.type])
        if self.type != "id_number":
            return [column]
        return [column, pa.field(f"{self.name}_kind", pa.string()), pa.field(f"{self.name}_text", pa.string())]


class SourceContract(_Frozen):
    """One source: who sends it, what role its rows play, which fields are read."""

    name: str
    title: str
    department: str
    role: Role
    scope: Literal["all", "by_trade", "contact"] = "all"
    """Whose rows belong to platform work: all, those whose unit, job or licence shows it, or nobody's (a source that
    only lends addresses to people found elsewhere)."""
    snapshot: Literal["full", "increment"] = "full"
    record_id: str | None = None
    start_field: str | None = None
    consent: str | None = None
    id_fallback: tuple[str, ...] = ()
    periods: tuple[tuple[str, str, str], ...] = ()
    """Fields with a start and an end in one cell, and the two fields they fill: 起止年月, 起始年月, 终止年月."""
    period_alone: Literal["start", "end"] = "start"
    """What a single date in such a field is."""
    ages: tuple[tuple[str, int], ...] = ()
    """Dates that nobody can have before an age in years: the start of work (14), joining the Party (18)."""
    important: tuple[str, ...] = ()
    """Fields whose absence a clerk is told of where a file has columns that nobody knows."""
    require: tuple[tuple[str, ...], ...]
    row_needs: tuple[tuple[str, ...], ...]
    fields: tuple[SourceField, ...]

    @model_validator(mode="before")
    @classmethod
    def _fields_from_table(cls, data: dict[str, Any]) -> dict[str, Any]:
        fields = data.get("fields")
        if isinstance(fields, dict):
            data = {**data, "fields": tuple({"name": name, **body} for name, body in fields.items())}
        return data

    @model_validator(mode="after")
    def _names_exist(self) -> SourceContract:
        names = {field.name for field in self.fields}
        used = {name for group in (*self.require, *self.row_needs) for name in group} | set(self.id_fallback)
        used |= {name for name in (self.record_id, self.start_field, self.consent) if name}
        used |= (
            {name for period in self.periods for name in period} | set(self.important) | {name for name, _ in self.ages}
        )
        if used - names:
            raise ValueError(f"fields named but not declared: {sorted(used - names)}")
        return self

    @property
    def imported(self) -> tuple[SourceField, ...]:
        return tuple(field for field in self.fields if field.imported)

    def field(self, name: str) -> SourceField | None:
        return next((field for field in self.fields if field.name == name), None)

    def staged_schema(self) -> pa.Schema:
        """Columns of `stage_<source>`: the leading columns of `stage_source`, then the imported fields."""
        leading = list(stage_table("stage_source").schema)
        return pa.schema([*leading, *(column for field in self.imported for column in field.staged())])


class TableContract(_Frozen):
    """What one relation or published file must look like."""

    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    name: str
    title: str = ""
    grain: str
    one_row: str = ""
    """The grain in Chinese, for who reads a published table."""
    unique: tuple[str, ...] = ()
    sorted: tuple[str, ...] = ()
    withheld: tuple[str, ...] = ()
    """Columns that are empty under an objection (异议): they say a status or let it be guessed."""
    undated: tuple[str, ...] = ()
    """Columns that may change without dating a row anew (`changed_on`)."""
    columns: dict[str, str]
    allowed: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _known_columns(self) -> TableContract:
        strange = sorted({*self.withheld, *self.undated} - self.columns.keys())
        if strange:
            raise ValueError(f"no columns of {self.name}: {', '.join(strange)}")
        return self

    @property
    def dating(self) -> tuple[str, ...]:
        """Columns that date a row anew when they change, in order."""
        return tuple(name for name in self.columns if name not in self.undated)

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema; a `!` behind the type means never null, the words behind it are the meaning."""
        return pa.schema([_column(name, text) for name, text in self.columns.items()])


def _column(name: str, text: str) -> pa.Field:
    kind, about = _type_and_meaning(text)
    required = kind.endswith("!")
    return pa.field(name, arrow_type(kind.rstrip("!")), nullable=not required, metadata={"about": about})


def _type_and_meaning(text: str) -> tuple[str, str]:
    """`list<string>! of what` gives (`list<string>!`, `of what`); blanks inside angle brackets belong to the type."""
    depth = 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == " " and depth == 0:
            return text[:at], text[at + 1 :]
    return text, ""


def check_table(table: pa.Table, contract: TableContract) -> None:
    """Raise TableError unless the table keeps its contract: columns, types, nulls, allowed values, unique, sorted."""
    expected = contract.schema
    if table.schema.names != expected.names:
        odd = sorted(set(table.schema.names) ^ set(expected.names)) or ["次序"]
        raise TableError("列与合同不符", where=contract.name, rule=Rule.COLUMNS, examples=tuple(odd))
    for column in expected:
        _check_column(table, column, contract)
    _check_unique(table, contract)
    _check_sorted(table, contract)


def _check_column(table: pa.Table, column: pa.Field, contract: TableContract) -> None:
    values = table[column.name]
    if values.type != column.type and not same_but_field_names(values.type, column.type):
        text = f"{column.name}: {values.type}，应为 {column.type}"
        raise TableError("列类型与合同不符", where=contract.name, rule=Rule.TYPE, examples=(text,))
    if not column.nullable and values.null_count:
        raise TableError(f"列 {column.name} 有空值", where=contract.name, rule=Rule.NOT_NULL, count=values.null_count)
    allowed = contract.allowed.get(column.name)
    if allowed:
        import pyarrow.compute as pc

        flat = pc.list_flatten(values) if pa.types.is_list(values.type) else values
        strange = [value for value in pc.unique(flat).to_pylist() if value is not None and value not in allowed]
        if strange:
            raise TableError(
                f"列 {column.name} 有合同之外的值", where=contract.name, rule=Rule.ALLOWED, examples=tuple(strange[:3])
            )


def same_but_field_names(result: pa.DataType, expected: pa.DataType) -> bool:
    """Nested types may differ in nullability marks and in the name Arrow gives list items."""
    if pa.types.is_list(result) and pa.types.is_list(expected):
        return same_but_field_names(result.value_type, expected.value_type)
    if pa.types.is_struct(result) and pa.types.is_struct(expected):
        left, right = list(result), list(expected)
        return len(left) == len(right) and all(
            a.name == b.name and same_but_field_names(a.type, b.type) for a, b in zip(left, right, strict=True)
        )
    return bool(result == expected)


def _check_unique(table: pa.Table, contract: TableContract) -> None:
    if contract.unique and table.num_rows:
        groups = table.select(list(contract.unique)).group_by(list(contract.unique)).aggregate([])
        if groups.num_rows != table.num_rows:
            raise TableError(
                f"{'、'.join(contract.unique)} 重复",
                where=contract.name,
                rule=Rule.UNIQUE,
                count=table.num_rows - groups.num_rows,
            )


def _check_sorted(table: pa.Table, contract: TableContract) -> None:
    if contract.sorted and table.num_rows:
        keys = table.select(list(contract.sorted))
        by = [(name, "ascending") for name in contract.sorted]
        if not keys.sort_by(by).equals(keys):
            raise TableError("行未按合同排序", where=contract.name, rule=Rule.SORTED, examples=contract.sorted)


def _load(text: str, where: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ContractError(f"TOML 写法有误：{error}", where=where, rule=Rule.TOML, action="按提示的行列修改") from None


def parse_source(text: str, where: str) -> SourceContract:
    """A source contract from TOML text. Raises ContractError naming the key at fault."""
    try:
        return SourceContract.model_validate(_load(text, where))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"])
        raise ContractError(f"来源合同有误：{key} {first['msg']}", where=where, rule=Rule.SOURCE_CONTRACT) from None


@cache
def shipped_sources() -> dict[str, SourceContract]:
    """The nine shipped source contracts by name, in the order the district's work names them."""
    order = (
        "party_members", "party_transfers", "floating_members", "party_organisations",
        "market_regulation", "human_resources", "transport", "platform", "self_reports",
    )  # fmt: skip
    folder = resources.files("schemas") / "sources"
    return {name: parse_source((folder / f"{name}.toml").read_text("utf-8"), f"{name}.toml") for name in order}


def load_sources(extra: Path | None = None) -> dict[str, SourceContract]:
    """Shipped contracts plus every TOML in `extra`; one of the same name there replaces the shipped one."""
    result = dict(shipped_sources())
    for path in sorted(extra.glob("*.toml")) if extra and extra.is_dir() else ():
        contract = parse_source(path.read_text("utf-8"), path.name)
        result[contract.name] = contract
    return result


@cache
def value_map(name: str) -> dict[str, str]:
    """One named value map of `values.toml`."""
    maps = _value_maps()
    if name not in maps:
        raise ContractError(f"值对照表 {name!r} 不存在", where="values.toml", rule=Rule.VALUE_MAP)
    return maps[name]


def bare_codes(name: str) -> dict[str, str]:
    """What a value map's codes mean without their leading zero, in a column that speaks in codes; mostly empty."""
    return _value_maps().get(f"{name}_bare_codes", {})


@cache
def _value_maps() -> dict[str, dict[str, str]]:
    text = (resources.files("schemas") / "values.toml").read_text("utf-8")
    return {
        name: {str(key): str(value) for key, value in values.items()}
        for name, values in _load(text, "values.toml").items()
    }


@cache
def _tables(file: str) -> dict[str, TableContract]:
    body = _load((resources.files("schemas") / file).read_text("utf-8"), file)
    return {name: TableContract(name=name, **table) for name, table in body.items() if isinstance(table, dict)}


def stage_table(name: str) -> TableContract:
    """The contract of a workspace relation."""
    return _workspace_tables()[name]


@cache
def _workspace_tables() -> dict[str, TableContract]:
    files = ("staging", "matching", "domain")
    return {name: table for file in files for name, table in _tables(f"tables/{file}.toml").items()}


@dataclass(frozen=True)
class RelationContract:
    """What one relation of the workspace must look like: its columns and types, and the columns that name a row."""

    name: str
    schema: pa.Schema
    unique: tuple[str, ...] = ()


def workspace_table(name: str, sources: Mapping[str, SourceContract]) -> RelationContract:
    """The contract of a relation that one step hands to another; those of a source follow the source's own contract.

    Raises TableError for a relation that has none.
    """
    if name.removeprefix("stage_") in sources:
        return RelationContract(name, sources[name.removeprefix("stage_")].staged_schema(), ("row_key",))
    known = _workspace_tables().get("drift_keys" if name.startswith("drift_keys_") else name)
    known = known or _published_tables().get(name.removesuffix("_published"))
    if known is None:
        raise TableError(f"表 {name} 没有合同", where=name, rule=Rule.RELATION_CONTRACT)
    return RelationContract(name, known.schema, known.unique)


@cache
def _published_tables() -> dict[str, TableContract]:
    return _tables("ledger/ledger.toml")


def ledger_table(name: str) -> TableContract:
    """The contract of a published table: ledger, review, changes, coverage or aliases."""
    return _published_tables()[name]


@cache
def ledger_schema_version() -> str:
    """The version of the published tables' schema."""
    return str(_load((resources.files("schemas") / "ledger/ledger.toml").read_text("utf-8"), "ledger.toml")["version"])
