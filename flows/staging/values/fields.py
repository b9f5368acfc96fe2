"""The cleaner of each contract field, and whether a column's cells look like the field at all."""

from __future__ import annotations

from collections.abc import Iterable

from flows.staging.values.cells import Cell, Cleaner
from flows.staging.values.dates import clean_date, clean_month, clean_partial_date
from flows.staging.values.ids import clean_id
from flows.staging.values.names import clean_name
from flows.staging.values.phones import clean_phones
from flows.staging.values.plain import (
    clean_integer,
    clean_text,
    clean_uscc,
    map_cleaner,
    speaks_in_codes,
    yes_no_cleaner,
)
from flows.staging.values.validity import UNREAD, clean_validity
from schemas.contracts import SourceField, bare_codes, value_map

_SIMPLE: dict[str, Cleaner] = {
    "text": clean_text,
    "person_name": clean_name,
    "phones": clean_phones,
    "date": clean_date,
    "partial_date": clean_partial_date,
    "month": clean_month,
    "validity": clean_validity,
    "integer": clean_integer,
    "uscc": clean_uscc,
}
_LEAST_SHARE = 0.6


def cleaner_of(field: SourceField, column: Iterable[Cell] = ()) -> Cleaner:
    """The cleaner of a field's cells; the column's distinct cells tell whether its numbers are codes of a standard.

    An ID column is looked at as a whole elsewhere, for Excel's damage.
    """
    if field.type == "id_number":
        return clean_id
    if field.type == "yes_no":
        name = field.values or "yes_no"
        values = value_map(name)
        return yes_no_cleaner(values | bare_codes(name) if speaks_in_codes(values, column) else values)
    if field.type == "code":
        return map_cleaner(value_map(field.values)) if field.values else clean_text
    return _SIMPLE[field.type]


def looks_like(field: SourceField, cells: list[Cell]) -> bool:
    """Most filled cells can be used as this field; free text has no look, so it always passes."""
    if not cells or field.type in ("text", "uscc"):
        return bool(cells)
    if field.type == "id_number":
        usable = [getattr(clean_id(cell).value, "pattern", None) for cell in cells]
    else:
        clean = cleaner_of(field)
        usable = [clean(cell).value for cell in cells]
    return sum(value not in (None, UNREAD) for value in usable) >= _LEAST_SHARE * len(cells)
