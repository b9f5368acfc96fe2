"""The two tables of a run as encoded columns, one entry per row; rows are known by their number, from 0."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.encoding.slices import slices
from matchers.encoding.strings import dictionary_codes, digests, row_array, sorted_rows, strings
from matchers.encoding.typed import as_text, is_plain
from matchers.engine import Progress, silent
from matchers.model.link_model import LinkModel
from matchers.sides.growing import GrowingColumns, RowCounter
from matchers.sides.named_rows import Rows
from matchers.sides.odd_cells import OddCells, all_odd, odd_cells
from matchers.sides.shared_numbers import Shared, silence_shared
from matchers.sides.spool import Spool
from matchers.sides.spooled_column import CHUNK_ROWS, SpooledColumn, row_ranges
from matchers.sides.unread import Unread, unread_cells, with_shared
from schemas.errors import InputError, TableError
from schemas.rules import Rule

# DuckDB macro: of every four-bit place, bit 0 is set where `a` and `b` differ in a bit that `mask` has.
NIBBLES = """
create or replace macro nibbles(a, b, mask) as
    ((xor(a, b) & mask) | ((xor(a, b) & mask) >> 1) | ((xor(a, b) & mask) >> 2) | ((xor(a, b) & mask) >> 3))
    & 1229782938247303441::ubigint
"""
_ROWS_IN_CACHE = 1 << 14
_ROWS_AT_HAND = CHUNK_ROWS
"""Rows of a spooled side that are loaded at a time where all rows are read in order."""
Seqs = npt.NDArray[np.int64]
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """One table's encoded columns, one entry per row: numpy arrays, Arrow strings or Numbers; and the ids, if any.

    If `spooled`, columns and ids are SpooledColumns, and every access reads chunks of the spool.
    """

    rows: int
    columns: Columns
    ids: tuple[pa.Array, ...] | SpooledColumn = ()
    unread: Mapping[str, Unread] = field(default_factory=dict)
    """Per column the counts of filled cells that give no value; columns without any are left out."""
    spooled: bool = False

    def parts(self, names: tuple[str, ...]) -> Iterator[tuple[int, Side]]:
        """The first row's number and rows of each part: the whole side, or 131,072 spooled rows with only `names`."""
        if not self.spooled:
            yield 0, self
            return
        for part in row_ranges(self.rows, _ROWS_AT_HAND):
            yield part.start, Side(part.stop - part.start, {name: self.columns[name][part] for name in names})

    def take(self, names: tuple[str, ...], seqs: Seqs) -> dict[str, Any]:
        """The named columns of the given rows, in the order of `seqs`, in memory."""
        found = {}
        for name in names:
            column = self.columns[name]
            found[name] = column.take(row_array(seqs) if isinstance(column, pa.Array) else seqs)
        return found

    def rows_at(self, seqs: Seqs) -> Side:
        """A side in memory of the given rows with all columns, without ids."""
        return Side(len(seqs), self.take(tuple(self.columns), seqs))

    def whole_ids(self) -> pa.Array:
        """One string per row: all ids, in memory."""
        if isinstance(self.ids, SpooledColumn):
            return self.ids[0 : self.rows]
        return pa.chunked_array(self.ids, pa.string()).combine_chunks()

    def in_order_of_ids(self, seqs: Seqs) -> Seqs:
        """One int64 per entry of `seqs` that sorts as the row's id does; the row number where the side has no ids."""
        if not len(self.ids):
            return seqs
        rows, place = np.unique(seqs, return_inverse=True)
        ranks = np.empty(len(rows), np.int64)
        ranks[sorted_rows(strings(self.ids_of(rows)))] = np.arange(len(rows))
        return ranks[place]

    def ids_of(self, seqs: Seqs) -> pa.Array:
        """One string per entry of `seqs`: the ids of the given rows."""
        if isinstance(self.ids, SpooledColumn):
            return self.ids.take(seqs)
        ends = np.cumsum([len(part) for part in self.ids])
        place = np.searchsorted(ends, seqs, side="right")
        by_part = np.argsort(place, kind="stable")
        found = [
            strings(part).take(seqs[mine] - (ends[number] - len(part)))
            for number, part in enumerate(self.ids)
            if len(mine := by_part[place[by_part] == number])
        ]
        back = np.empty(len(seqs), np.int64)
        back[by_part] = np.arange(len(seqs))
        return strings(pa.chunked_array(found, pa.string())).take(back)


@dataclass(frozen=True)
class Sides:
    """The row counts of both sides; `same` where one table is deduplicated."""

    left: int
    right: int
    same: bool
    unread: Mapping[str, Mapping[str, Unread]] = field(default_factory=dict, compare=False)
    """Per side and column the counts of filled cells that give no value, where they were counted."""

    @property
    def pairs(self) -> float:
        """The number of possible pairs, without blocking."""
        return self.left * (self.left - 1) / 2 if self.same else float(self.left) * self.right


@dataclass(frozen=True)
class Both:
    """Both sides encoded; where one table is deduplicated (`same`), both are the same side."""

    left: Side
    right: Side
    same: bool
    spool: Spool | None = None
    """The spool that holds both sides; null where they are in memory."""
    progress: Progress = silent

    @property
    def unread(self) -> dict[str, Mapping[str, Unread]]:
        """Per side (`table` where one is deduplicated) and column the counts of filled cells that give no value."""
        return {"table": self.left.unread} if self.same else {"left": self.left.unread, "right": self.right.unread}

    @property
    def counts(self) -> Sides:
        """The row counts of both sides."""
        return Sides(self.left.rows, self.right.rows, self.same)


def encode_sides(
    left: Rows, right: Rows | None, model: LinkModel, *, ids: tuple[str, str] | None = None, threads: int = 2,
    spool: Spool | None = None, progress: Progress = silent,
) -> Both:  # fmt: skip
    """Both sides encoded, one thread a side, in memory or into a spool; `right` null deduplicates `left`.

    Raises InputError where a column is missing or of a type that cannot be read, TableError on unfit ids.
    """
    named = ids or (None, None)
    given = [("左表", left, named[0])] + ([] if right is None else [("右表", right, named[1])])
    counter = RowCounter(sum(table.num_rows for _, table, _ in given), progress)
    with ThreadPoolExecutor(max_workers=min(threads, 2)) as pool:
        sides = list(pool.map(lambda side: _encode(side[0], side[1], side[2], model, spool, counter), given))
    return Both(sides[0], sides[-1], right is None, spool, progress)


def _encode(
    name: str, table: Rows, id_name: str | None, model: LinkModel, spool: Spool | None, counter: RowCounter
) -> Side:
    _refuse_missing(name, table.schema, model)
    done = spool.noted(f"side-{name}") if spool is not None else None
    if spool is not None and done is not None:
        counter.add(table.num_rows)
        return _reopened(spool, table.num_rows, done)
    columns = GrowingColumns(table.num_rows, spool)
    ids = _GrowingIds(spool)
    odd = odd_cells(table, model)
    if id_name is not None and id_name not in table.schema.names:
        raise TableError(
            f"没有编号列 {id_name}", rule=Rule.ID_COLUMN, action="用 --left-id、--right-id 或 --id 指定编号列"
        )
    wanted = list(dict.fromkeys([*model.columns, *([id_name] if id_name is not None else [])]))
    for batch in table.select(wanted).to_batches():
        refuse_unreadable(name, batch.schema, model)
        _encode_batch(columns, batch, model, odd)
        if id_name is not None:
            ids.append(ids_text(batch.column(id_name)))
        counter.add(batch.num_rows)
    if not table.num_rows:
        _encode_batch(columns, table.schema.empty_table(), model, odd)
    if id_name is not None:
        ids.refuse_unfit(id_name)
    encoded = columns.whole()
    for column, noted in odd.items():
        strange = all_odd(table, noted) if noted.reading.doubtful else noted
        columns.count_unread(column, strange.put(encoded, model))
    with counter.turn if spool is not None else nullcontext():  # one side's numbers in memory at a time
        silenced = silence_shared(encoded, model, model.shared_from_names)
    _fill_implied(encoded, model)
    side = Side(table.num_rows, encoded, ids.whole(), with_shared(columns.unread, silenced), spool is not None)
    if spool is not None:
        spool.note(f"side-{name}", _note_of(side))
    return side


def _note_of(side: Side) -> dict[str, Any]:
    """What `_reopened` needs to open a spooled side again, as JSON."""
    return {
        "columns": {name: column.note() for name, column in side.columns.items()},
        "ids": side.ids.note() if isinstance(side.ids, SpooledColumn) and len(side.ids) else None,
        "unread": {column: asdict(counts) for column, counts in side.unread.items()},
    }


def _reopened(spool: Spool, rows: int, note: Mapping[str, Any]) -> Side:
    """The spooled side that an earlier, killed command finished encoding."""
    columns = {name: SpooledColumn.reopened(spool, one) for name, one in note["columns"].items()}
    ids = SpooledColumn.reopened(spool, note["ids"]) if note["ids"] else ()
    return Side(rows, columns, ids, {column: Unread(**counts) for column, counts in note["unread"].items()}, True)


def encode_part(
    name: str, table: Rows, model: LinkModel, odd: Mapping[str, OddCells] = MappingProxyType({})
) -> tuple[dict[str, Any], Mapping[str, Unread]]:
    """The encoded columns of a part of a table's rows, and per column the counts of cells that give no value.

    What needs the whole table is left to `finished`. `odd` collects cells not in plain form. Raises InputError as
    `encode_sides` does.
    """
    _refuse_missing(name, table.schema, model)
    columns = GrowingColumns(table.num_rows)
    for batch in table.select(list(model.columns)).to_batches():
        refuse_unreadable(name, batch.schema, model)
        _encode_batch(columns, batch, model, odd)
    if not table.num_rows:
        _encode_batch(columns, table.schema.empty_table(), model, odd)
    return columns.whole(), columns.unread


def finished(encoded: MutableMapping[str, Any], model: LinkModel, shared: Shared | None) -> None:
    """Finish encoded columns in place: blank shared numbers (`shared` null: none), fill columns that an ID implies."""
    if shared is not None:
        silence_shared(encoded, model, model.shared_from_names, shared)
    _fill_implied(encoded, model)


def _fill_implied(encoded: MutableMapping[str, Any], model: LinkModel) -> None:
    """Fill every column that the model declares as implied by an ID column."""
    for column, source in model.implied.items():
        _imply(encoded, model, column, source)


def refuse_unfit_columns(name: str, schema: pa.Schema, model: LinkModel) -> None:
    """Raise InputError where columns of the model are missing or of a type that cannot be read."""
    _refuse_missing(name, schema, model)
    refuse_unreadable(name, schema, model)


def _refuse_missing(name: str, schema: pa.Schema, model: LinkModel) -> None:
    missing = [column for column in model.columns if column not in schema.names]
    if missing:
        raise InputError(
            "表中没有模型要用的列", where=name, rule=Rule.COLUMNS, examples=tuple(missing),
            action="改表头，或在模型文件的 [columns] 中改列名",
        )  # fmt: skip


def refuse_unreadable(name: str, schema: pa.Schema, model: LinkModel) -> None:
    """Raise InputError naming the model's columns whose type is not text, number or date.

    Lists of texts are allowed where the kind of column takes several values a cell (telephones).
    """
    unfit = tuple(
        f"{field.name}（{field.type}）"
        for field in schema
        if field.name in model.columns and not _readable(field.type, several=bool(model.kind(field.name).lists))
    )
    if unfit:
        raise InputError(
            "模型要用的列不是文字、数或日期", where=name, rule=Rule.COLUMN_TYPE, examples=unfit,
            action="把这些列改成文字，或在模型文件里去掉",
        )  # fmt: skip


def _readable(kind: pa.DataType, *, several: bool) -> bool:
    if several and pa.types.is_list(kind):
        return bool(pa.types.is_string(kind.value_type) or pa.types.is_null(kind.value_type))
    return is_plain(kind)


def _encode_batch(
    columns: GrowingColumns, batch: pa.RecordBatch | pa.Table, model: LinkModel, odd: Mapping[str, OddCells]
) -> None:
    """Append a batch to the columns, encoded 16,384 rows at a time so that the arrays stay in the processor's cache."""
    for column in model.columns:
        whole, kind = batch.column(column), model.kind(column)
        encode = kind.encode_plain if column in odd and kind.encode_plain is not None else kind.encode
        if pa.types.is_dictionary(whole.type):
            distinct, codes = _dictionary_forms(encode, whole)
            forms = {
                form: found.take(row_array(codes) if isinstance(found, pa.Array) else codes)
                for form, found in distinct.items()
            }
            columns.put(column, 0, forms)
            if column in odd:
                odd[column].note_dictionary(columns.rows, whole, distinct)
            else:
                columns.count_unread(column, unread_cells(whole, forms, model.columns[column]))
            continue
        for part in slices(max(batch.num_rows, 1), _ROWS_IN_CACHE):
            piece = whole.slice(part.start, part.stop - part.start)
            forms = encode(piece)
            columns.put(column, part.start, forms)
            if column in odd:
                odd[column].note(columns.rows + part.start, piece, forms)
            else:
                columns.count_unread(column, unread_cells(piece, forms, model.columns[column]))
    columns.grown(batch.num_rows)


def _dictionary_forms(
    encode: Callable[[Any], Mapping[str, Any]], values: pa.DictionaryArray
) -> tuple[dict[str, Any], Seqs]:
    """The encoded forms of a dictionary's values, with null last, and per row the place of its value among them."""
    distinct = values.dictionary
    return dict(encode(pa.concat_arrays([distinct, pa.nulls(1, distinct.type)]))), dictionary_codes(
        values, len(distinct)
    )


def _imply(encoded: MutableMapping[str, Any], model: LinkModel, column: str, source: str) -> None:
    """Fill a column from the ID column `source`, in place.

    Without evidence tiers a missing birth date is filled from the ID. With them the ID's birth date or sex replaces the
    cell's wherever the ID shows it, since the issuing office wrote it.
    """
    if not model.evidence_tiers:
        if f"{column}_day" in encoded and f"{source}_birth" in encoded:
            _fill(encoded[f"{column}_day"], encoded[f"{source}_birth"], lambda own, shown: np.where(own, own, shown))
        return
    shown_as = model.kind(column).shown_as
    forms = [name for name in encoded if name.startswith(f"{column}_")]
    if shown_as and forms and f"{source}_{shown_as[0]}" in encoded:
        empty = int(shown_as[1])
        shown = encoded[f"{source}_{shown_as[0]}"]
        _fill(encoded[forms[0]], shown, lambda own, other: np.where(other == empty, own, other))


def _fill(own: Any, shown: Any, chosen: Callable[[Any, Any], Any]) -> None:
    """Set `own` to `chosen(own, shown)`, row by row, one chunk of rows at a time."""
    for part in slices(len(own), _ROWS_AT_HAND):
        own[part] = chosen(own[part], shown[part])


def ids_text(column: pa.Array) -> pa.Array:
    """One id per row as a string. Raises TableError where the column is not text, numbers or dates."""
    if not is_plain(column.type):
        raise TableError(
            f"编号列的格子是 {column.type}，不是文字或数", rule=Rule.ID_COLUMN, action="换一列编号，或改成文字"
        )
    found = as_text(column)
    return found if pa.types.is_string(found.type) else found.cast(pa.string())


class _GrowingIds:
    """One id per row of a table that is read batch by batch, in memory or spooled."""

    def __init__(self, spool: Spool | None) -> None:
        self._parts: list[pa.Array] = []
        self._marks: list[npt.NDArray[np.uint64]] = []
        self._empty = 0
        self._spooled = SpooledColumn(spool) if spool is not None else None

    def append(self, ids: pa.Array) -> None:
        """Add the ids of the next rows."""
        self._marks.append(digests(strings(ids)))
        self._empty += ids.null_count
        if self._spooled is not None:
            self._spooled.append(ids)
        else:
            self._parts.append(ids)

    def refuse_unfit(self, name: str) -> None:
        """Raise TableError where an id is null or a duplicate; ids are compared in full only where digests agree."""
        marks = np.concatenate([*self._marks, np.zeros(0, np.uint64)])
        self._marks = []
        ordered = np.sort(marks)
        alike = np.isin(marks, ordered[1:][ordered[1:] == ordered[:-1]])
        if self._empty or (alike.any() and self._twice(np.flatnonzero(alike))):
            raise TableError(f"编号列 {name} 有空值或重复", rule=Rule.ID_UNIQUE, action="换一列不重复的编号，或先补全")

    def _twice(self, rows: Seqs) -> bool:
        """Whether two of these rows have the same id; all of them share their id's digest with another."""
        ids = Side(int(rows[-1]) + 1, {}, self.whole()).ids_of(rows)
        return len(ids.unique()) != len(ids)

    def whole(self) -> tuple[pa.Array, ...] | SpooledColumn:
        """All ids: the Arrow arrays of the batches, or one spooled column."""
        if self._spooled is None:
            return tuple(self._parts)
        self._spooled.finish()
        return self._spooled
