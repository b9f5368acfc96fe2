"""Odd cells of a column, those not in plain form: collected per batch, read once per distinct text, then put in place.

Most cells are in plain form and are encoded directly; only the others need the slower reader (`ColumnReading`).
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
    """The odd cells of one column, collected over the batches: row number and distinct text of each."""

    def __init__(self, column: str, kind: str, reading: ColumnReading) -> None:
        self.column, self.kind, self.reading = column, kind, reading
        self._rows: list[RowNumbers] = []
        self._codes: list[RowNumbers] = []
        self._texts: dict[str, int] = {}

    def note(self, first: int, cells: pa.Array, forms: Mapping[str, Any]) -> None:
        """Collect the odd cells of a batch; `first` is the row number of its first cell."""
        rows = self.reading.odd(cells, forms)
        if len(rows):
            self._noted(rows + first, cells.take(row_array(rows)))

    def note_dictionary(self, first: int, cells: pa.DictionaryArray, forms: Mapping[str, Any]) -> None:
        """As `note`, for a dictionary-encoded batch; `forms` are the encoded forms of the dictionary's values."""
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
        """Collect every non-null cell of a batch; `first` is the row number of its first cell."""
        rows = np.flatnonzero(cells.is_valid().to_numpy(zero_copy_only=False))
        if len(rows):
            self._noted(rows + first, cells.take(row_array(rows)))

    def _noted(self, rows: RowNumbers, cells: pa.Array) -> None:
        """Collect cells with their row numbers in the table."""
        encoded = cells.dictionary_encode()
        own = np.array([self._code(text) for text in encoded.dictionary.to_pylist()], np.int64)
        self._rows.append(rows)
        self._codes.append(own[dictionary_codes(encoded, 0)])

    def _code(self, text: str) -> int:
        """The number of a distinct text, a new one if it is new."""
        return self._texts.setdefault(text, len(self._texts))

    @property
    def noted(self) -> NotedCells:
        """The odd cells collected so far."""
        none = np.zeros(0, np.int64)
        return NotedCells(list(self._texts), np.concatenate([none, *self._rows]), np.concatenate([none, *self._codes]))

    def put(self, encoded: MutableMapping[str, Any], model: LinkModel) -> Unread:
        """Read the odd cells and write them into the column's encoded forms; counts those without a value."""
        if not self._texts:
            return Unread()
        noted = self.noted
        return put_read(encoded, model, self.column, noted, self.reading.read(noted.texts))


@dataclass(frozen=True)
class NotedCells:
    """Odd cells of one column: the distinct texts, and per cell its row number and its text's place (int64)."""

    texts: list[str]
    rows: RowNumbers
    codes: RowNumbers


def put_read(
    encoded: MutableMapping[str, Any], model: LinkModel, column: str, noted: NotedCells, cells: pa.Array
) -> Unread:
    """Write odd cells into a column's encoded forms; gives the counts of those without a value.

    `cells`: what each distinct text of `noted` was read as, in plain form.
    """
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
    """Per text column with a reader an empty OddCells; none for a table without readers (`NamedRows.reading`)."""
    if not isinstance(table, NamedRows) or table.reading is None:
        return {}
    found = {}
    for column, kind in model.columns.items():
        reading = table.reading(kind)
        if reading is not None and _is_text(table.schema.field(column).type):
            found[column] = OddCells(column, kind, reading)
    return found


def all_odd(table: Rows, odd: OddCells) -> OddCells:
    """The odd cells of a column whose plain cells are in doubt, so every filled one, by reading the table again."""
    found, first = OddCells(odd.column, odd.kind, odd.reading), 0
    for batch in table.select([odd.column]).to_batches():
        cells = batch.column(0)
        cells = cells.dictionary_decode() if pa.types.is_dictionary(cells.type) else cells
        found.note(first, cells, {})
        first += batch.num_rows
    return found


def _is_text(kind: pa.DataType) -> bool:
    """Whether the type is string, or a dictionary of strings."""
    return bool(pa.types.is_string(kind.value_type if pa.types.is_dictionary(kind) else kind))


def _with_rows(column: Any, rows: npt.NDArray[np.int64], values: Any, codes: npt.NDArray[np.int64]) -> Any:
    """The column with `values[codes]` in the given rows; numpy and spooled columns are changed in place."""
    if isinstance(column, np.ndarray | SpooledColumn):
        column[rows] = values.take(row_array(codes)) if isinstance(values, pa.Array) else values.take(codes)
        return column
    places = np.arange(len(column))
    places[rows] = len(column) + codes
    if isinstance(column, Numbers):
        return one_after_another([column, values]).take(places)
    return pa.concat_arrays([column, values]).take(row_array(places))
