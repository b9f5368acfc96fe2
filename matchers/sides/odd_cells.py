"""Cells of a column that are not plainly written: noted batch by batch, read once per different text, and put in place.

Most cells of most tables are plain and are encoded as they stand; a reader looks at the others alone.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.ids import KINDS
from matchers.encoding.several import Numbers, one_after_another
from matchers.encoding.strings import dictionary_codes, row_array
from matchers.model.link_model import LinkModel
from matchers.sides.named_rows import ColumnReading, NamedRows, RowNumbers, Rows
from matchers.sides.spooled_column import SpooledColumn
from matchers.sides.unread import Unread, showing_nothing, unread_texts


class OddCells:
    """The odd cells of one column: their rows, and which of the different texts each of them has."""

    def __init__(self, column: str, kind: str, reading: ColumnReading) -> None:
        self.column, self.kind, self.reading = column, kind, reading
        self._rows: list[RowNumbers] = []
        self._codes: list[RowNumbers] = []
        self._texts: dict[str, int] = {}

    def note(self, first: int, cells: pa.Array, forms: Mapping[str, Any]) -> None:
        """Note the odd ones of some cells, the first of which stands in this row."""
        rows = self.reading.odd(cells, forms)
        if len(rows):
            self._noted(rows + first, cells.take(row_array(rows)))

    def note_dictionary(self, first: int, cells: pa.DictionaryArray, forms: Mapping[str, Any]) -> None:
        """The same of cells that came as a dictionary, whose different texts have these forms."""
        distinct = cells.dictionary
        places = self.reading.odd(distinct, forms)
        own = np.full(len(distinct) + 1, -1, np.int64)
        own[places] = [self._code(text) for text in distinct.take(row_array(places)).to_pylist()]
        codes = own[dictionary_codes(cells, len(distinct))]
        rows = np.flatnonzero(codes >= 0)
        if len(rows):
            self._rows.append(rows + first)
            self._codes.append(codes[rows])

    def note_filled(self, first: int, cells: pa.Array) -> None:
        """Note every filled one of some cells, the first of which stands in this row."""
        rows = np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False))
        if len(rows):
            self._noted(rows + first, cells.take(row_array(rows)))

    def _noted(self, rows: RowNumbers, cells: pa.Array) -> None:
        encoded = cells.dictionary_encode()
        own = np.array([self._code(text) for text in encoded.dictionary.to_pylist()], np.int64)
        self._rows.append(rows)
        self._codes.append(own[dictionary_codes(encoded, 0)])

    def _code(self, text: str) -> int:
        return self._texts.setdefault(text, len(self._texts))

    @property
    def noted(self) -> NotedCells:
        """What was noted so far."""
        none = np.zeros(0, np.int64)
        return NotedCells(list(self._texts), np.concatenate([none, *self._rows]), np.concatenate([none, *self._codes]))

    def put(self, encoded: MutableMapping[str, Any], model: LinkModel) -> Unread:
        """Put what the odd cells show into the column's encoded forms; how many of them show nothing, and why."""
        if not self._texts:
            return Unread()
        noted = self.noted
        return put_read(encoded, model, self.column, noted, self.reading.read(noted.texts))


@dataclass(frozen=True)
class NotedCells:
    """Odd cells of one column: the different texts, the rows that have them, and which text each of these rows has."""

    texts: list[str]
    rows: RowNumbers
    codes: RowNumbers


def put_read(
    encoded: MutableMapping[str, Any], model: LinkModel, column: str, noted: NotedCells, cells: pa.Array
) -> Unread:
    """Put odd cells, of which each text was read as one of `cells`, into a column's encoded forms; how many of them
    show nothing, and why."""
    forms = model.kind(column).encode(cells)
    for form, values in forms.items():
        name = f"{column}_{form}"
        encoded[name] = _with_rows(encoded[name], noted.rows, values, noted.codes)
    counts = np.bincount(noted.codes, minlength=len(noted.texts))
    silent = {noted.texts[code]: int(counts[code]) for code in showing_nothing(forms).tolist()}
    kind = model.columns[column]
    failed = int(counts[forms["kind"] == KINDS["invalid"]].sum()) if kind == "masked_id" else 0
    return unread_texts(silent, kind) + Unread(failed_check=failed)


def odd_cells(table: Rows, model: LinkModel) -> dict[str, OddCells]:
    """By column what notes its odd cells; of tables that are read as they stand none."""
    if not isinstance(table, NamedRows) or table.reading is None:
        return {}
    found = {}
    for column, kind in model.columns.items():
        reading = table.reading(kind)
        if reading is not None and _is_text(table.schema.field(column).type):
            found[column] = OddCells(column, kind, reading)
    return found


def all_odd(table: Rows, odd: OddCells) -> OddCells:
    """Every filled cell of a column whose plain cells are in doubt too, by a second look at the table."""
    found, first = OddCells(odd.column, odd.kind, odd.reading), 0
    for batch in table.select([odd.column]).to_batches():
        cells = batch.column(0)
        cells = cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells
        found.note(first, cells, {})
        first += batch.num_rows
    return found


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _with_rows(column: Any, rows: npt.NDArray[np.int64], values: Any, codes: npt.NDArray[np.int64]) -> Any:
    """A column with other values in these rows."""
    if isinstance(column, np.ndarray | SpooledColumn):
        column[rows] = values.take(row_array(codes)) if isinstance(values, pa.Array) else values.take(codes)
        return column
    places = np.arange(len(column))
    places[rows] = len(column) + codes
    if isinstance(column, Numbers):
        return one_after_another([column, values]).take(places)
    return pa.concat_arrays([column, values]).take(row_array(places))
