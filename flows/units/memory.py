"""The register of units as the last published night left it: sealed in the state store, with what was asked then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

import pyarrow as pa

from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.home.store import Store
from flows.ledger.registers import hidden_spelling
from flows.units.units import Unit, UnitRegister

UNITS, DOUBTS = "units", "unit_doubts"
_TEXT = pa.string()
SPELLING = pa.struct([pa.field("text", _TEXT), pa.field("uscc", _TEXT)])
REGISTER = pa.schema(
    [
        *(pa.field(name, _TEXT) for name in (
            "unit_key", "name", "kind", "credit_code", "parent", "branch", "brand", "street", "trade", "since",
            "last_seen", "said_by",
        )),
        pa.field("spellings", pa.list_(SPELLING)),
    ]
)  # fmt: skip


class UnitDoubt(TypedDict):
    """One pair of spellings that may be one unit: the columns of `unit_doubts`."""

    left_key: str | None
    right_key: str | None
    left_text: str
    right_text: str
    left_token: str
    right_token: str
    doubt_id: str
    reason: str
    since: str


def read_register(key: DistrictKey, store: Store) -> tuple[UnitRegister, list[UnitDoubt]]:
    """The units, and the doubts a person may be asked; empty before the first night."""
    units = [unit_of(row) for row in _rows(key, store, UNITS)]
    register = UnitRegister({unit.unit_key: unit for unit in units}, lambda text: hidden_spelling(key, text))
    return register, cast(list[UnitDoubt], _rows(key, store, DOUBTS))


def unit_of(row: Mapping[str, Any]) -> Unit:
    """A row of the register as a unit."""
    spellings = tuple((one["text"], one["uscc"]) for one in row["spellings"])
    return Unit(**{**row, "spellings": spellings})


def row_of(unit: Unit) -> dict[str, object]:
    """A unit as a row of the register."""
    row: dict[str, object] = {name: getattr(unit, name) for name in REGISTER.names}
    return {**row, "spellings": _written(unit)}


def table_of(units: Sequence[Unit]) -> pa.Table:
    """Units as rows of the register, in the order given."""
    columns = {name: [getattr(unit, name) for unit in units] for name in REGISTER.names if name != "spellings"}
    return pa.table({**columns, "spellings": [_written(unit) for unit in units]}, schema=REGISTER)


def _written(unit: Unit) -> list[dict[str, str | None]]:
    return [{"text": text, "uscc": uscc} for text, uscc in unit.spellings]


def _rows(key: DistrictKey, store: Store, source: str) -> list[Mapping[str, Any]]:
    found = store.last_register(source)
    return table_in(key.unseal(found[1])).to_pylist() if found else []
