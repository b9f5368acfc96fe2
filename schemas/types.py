"""Arrow types written as text in contracts: `list<struct<a: string, b: int32>>`."""

from __future__ import annotations

import pyarrow as pa

from schemas.errors import ContractError
from schemas.rules import Rule

_PLAIN: dict[str, pa.DataType] = {
    "string": pa.string(),
    "bool": pa.bool_(),
    "int16": pa.int16(),
    "int32": pa.int32(),
    "int64": pa.int64(),
    "double": pa.float64(),
    "date32": pa.date32(),
    "binary": pa.binary(),
}


def arrow_type(text: str) -> pa.DataType:
    """The Arrow type a contract names. Raises ContractError for a name outside the small language."""
    text = text.strip()
    if text in _PLAIN:
        return _PLAIN[text]
    if text.startswith("list<") and text.endswith(">"):
        return pa.list_(arrow_type(text[5:-1]))
    if text == "map<string, string>":
        return pa.map_(pa.string(), pa.string())
    if text.startswith("struct<") and text.endswith(">"):
        parts = (part.split(":", 1) for part in _split(text[7:-1]))
        return pa.struct([pa.field(name.strip(), arrow_type(kind)) for name, kind in parts])
    raise ContractError(f"合同中的类型 {text!r} 不认识", rule=Rule.COLUMN_TYPE, action="改为 string、int32、list<…> 等")


def _split(text: str) -> list[str]:
    """Top-level commas only: `a: string, b: list<string>` gives two parts."""
    parts, depth, start = [], 0, 0
    for at, character in enumerate(text):
        depth += (character == "<") - (character == ">")
        if character == "," and depth == 0:
            parts.append(text[start:at])
            start = at + 1
    return [*parts, text[start:]]
