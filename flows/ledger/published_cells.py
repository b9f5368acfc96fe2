"""Every text of a table that is published: numbers of persons taken out, and the proof that none is left."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.ledger.redact import Redactor, is_personal_number
from flows.ledger.written_numbers import forms_of, is_certain, numbers_in
from schemas.errors import TableError
from schemas.rules import Rule

TOKENS = frozenset({"person_key", "id_token", "pair_id", "old_key", "new_key", "unit_key", "parent"})
"""Columns of keyed tokens: whatever digits stand in one, they are nobody's."""
JSON = frozenset({"before", "after"})
"""Columns whose text is a row as JSON: its texts are looked at, its figures (a weight of 43.19…) are none."""
_MIXED = r"[\p{N}〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两]"
Leaf = tuple[str, pa.Array]


def without_numbers(table: pa.Table, redactor: Redactor) -> pa.Table:
    """The table with a token in place of every ID and mobile number; a roll number that is one is null.

    What was published before, under rules that read less, may be carried into tonight's rows.
    """

    def cleaned(name: str, text: str) -> str | None:
        if name == "member_no":
            return None
        if name in ("file", "sheet"):
            return redactor.file(text)
        return redactor.number(text) if name == "record_id" else redactor.numbers(text)

    for at, field in enumerate(table.schema):
        if _is_text(field.type):
            column = table[field.name].combine_chunks()
            again = _mapped(field.name, column, cleaned)
            if again is not column:
                table = table.set_column(at, field, again)
    return table


def check_published(tables: dict[str, pa.Table], known: Collection[str]) -> None:
    """Raise TableError where a cell holds the ID or the mobile number of one of the known, or anybody's valid ID.

    The error names table and column, never the value.
    """
    numbers = frozenset(known)
    for table, rows in tables.items():
        for field in rows.schema:
            hits = sum(_is_somebodys(text, numbers) for text in _suspects(field.name, rows[field.name]))
            if hits:
                raise TableError(
                    f"要发布的内容里有证件号或手机号：{table} 的“{field.name}”一列",
                    where=table,
                    rule=Rule.PERSONAL_NUMBER,
                    count=hits,
                    examples=(f"列 {field.name}",),
                    action="本次不发布；请把运行日志交给开发者，不要手工改文件",
                )


def _is_somebodys(text: str, known: frozenset[str]) -> bool:
    return any(is_certain(form) or form in known for result in numbers_in(text) for form in forms_of(result.number))


def _suspects(name: str, column: pa.ChunkedArray) -> Iterator[str]:
    """The distinct texts of a column, at any depth, that could hold a number."""
    if _is_text(column.type) and name not in TOKENS:
        for leaf, array in _leaves(name, column.combine_chunks()):
            if leaf in JSON:
                written = {text for row in pc.unique(array).to_pylist() if row for text in _texts(json.loads(row))}
                yield from _could_hold(pa.array(sorted(written), pa.string()))
            elif leaf not in TOKENS:
                yield from _could_hold(pc.unique(array))


def _texts(value: Any) -> Iterator[str]:
    """Every text of a JSON value but those under the name of a token."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
    elif isinstance(value, dict):
        for name, entry in value.items():
            if name not in TOKENS:
                yield from _texts(entry)


def _could_hold(texts: pa.Array) -> list[str]:
    """Texts with digits enough, in any script, for a telephone."""
    digits = pc.count_substring_regex(texts, _MIXED)
    result: list[str] = texts.filter(pc.fill_null(pc.greater_equal(digits, 11), False)).to_pylist()
    return result


def _is_text(kind: pa.DataType) -> bool:
    if pa.types.is_list(kind):
        return _is_text(kind.value_type)
    if pa.types.is_struct(kind):
        return any(_is_text(member.type) for member in kind)
    return bool(pa.types.is_string(kind))


def _leaves(name: str, array: pa.Array) -> Iterator[Leaf]:
    if pa.types.is_list(array.type):
        yield from _leaves(name, array.flatten())
    elif pa.types.is_struct(array.type):
        for at, member in enumerate(array.type):
            yield from _leaves(member.name, array.field(at))
    elif pa.types.is_string(array.type):
        yield name, array


def _mapped(name: str, array: pa.Array, cleaned: Callable[[str, str], str | None]) -> pa.Array:
    """The array with its texts cleaned; itself where nothing had to be."""
    if name in TOKENS or not _is_text(array.type):
        return array
    if pa.types.is_list(array.type):
        values = array.flatten()
        again = _mapped(name, values, cleaned)
        return array if again is values else _as_list(array, again)
    if pa.types.is_struct(array.type):
        parts = [array.field(at) for at in range(array.type.num_fields)]
        made = [_mapped(field.name, part, cleaned) for field, part in zip(array.type, parts, strict=True)]
        if all(one is other for one, other in zip(parts, made, strict=True)):
            return array
        return pa.StructArray.from_arrays(made, fields=list(array.type), mask=_nulls(array))
    changed = {text: cleaned(name, text) for text in _could_hold(pc.unique(array)) if is_personal_number(text)}
    if not changed:
        return array
    return pa.array([changed.get(text, text) for text in array.to_pylist()], pa.string())


def _as_list(array: pa.Array, values: pa.Array) -> pa.Array:
    offsets: list[Any] = [0]
    for length in array.value_lengths().fill_null(0).to_pylist():
        offsets.append(offsets[-1] + length)
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), values, array.type, mask=_nulls(array))


def _nulls(array: pa.Array) -> pa.Array | None:
    return array.is_null() if array.null_count else None
