"""Two tables as encoded columns of integers, one entry per row, with row numbers in place of ids."""

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

NIBBLES = """
create or replace macro nibbles(a, b, mask) as
    ((xor(a, b) & mask) | ((xor(a, b) & mask) >> 1) | ((xor(a, b) & mask) >> 2) | ((xor(a, b) & mask) >> 3))
    & 1229782938247303441::ubigint
"""
_ROWS_IN_CACHE = 1 << 14
_ROWS_AT_HAND = CHUNK_ROWS
"""Rows of a spooled side that are looked at together where all rows are looked at in order."""
Seqs = npt.NDArray[np.int64]
Columns = Mapping[str, Any]


@dataclass(frozen=True)
class Side:
    """One table's rows: encoded columns (numpy; text to compare as Arrow strings), and ids where needed.

    Columns and ids are in memory, or in a spool (`spooled`), where each answer is read from a file.
    """

    rows: int
    columns: Columns
    ids: tuple[pa.Array, ...] | SpooledColumn = ()
    unread: Mapping[str, Unread] = field(default_factory=dict)
    """By column, filled cells that show nothing; columns without such are left out."""
    spooled: bool = False

    def parts(self, names: tuple[str, ...]) -> Iterator[tuple[int, Side]]:
        """These columns of all rows in order, with the first row's number; spooled ones some rows at a time."""
        if not self.spooled:
            yield 0, self
            return
        for part in row_ranges(self.rows, _ROWS_AT_HAND):
            yield part.start, Side(part.stop - part.start, {name: self.columns[name][part] for name in names})

    def take(self, names: tuple[str, ...], seqs: Seqs) -> dict[str, Any]:
        """These columns of these rows."""
        found = {}
        for name in names:
            column = self.columns[name]
            found[name] = column.take(row_array(seqs) if isinstance(column, pa.Array) else seqs)
        return found

    def rows_at(self, seqs: Seqs) -> Side:
        """These rows by themselves."""
        return Side(len(seqs), self.take(tuple(self.columns), seqs))

    def whole_ids(self) -> pa.Array:
        """The ids of all rows."""
        if isinstance(self.ids, SpooledColumn):
            return self.ids[0 : self.rows]
        return pa.chunked_array(self.ids, pa.string()).combine_chunks()

    def in_order_of_ids(self, seqs: Seqs) -> Seqs:
        """Numbers that stand in the order of these rows' ids; the rows' own where the side has no ids."""
        if not len(self.ids):
            return seqs
        rows, place = np.unique(seqs, return_inverse=True)
        ranks = np.empty(len(rows), np.int64)
        ranks[sorted_rows(strings(self.ids_of(rows)))] = np.arange(len(rows))
        return ranks[place]

    def ids_of(self, seqs: Seqs) -> pa.Array:
        """The ids of these rows."""
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
    """Row counts of what was loaded; `same` where one table is held against itself."""

    left: int
    right: int
    same: bool
    unread: Mapping[str, Mapping[str, Unread]] = field(default_factory=dict, compare=False)
    """By side and column, filled cells that show nothing, where they were counted."""

    @property
    def pairs(self) -> float:
        """Pairs there could be."""
        return self.left * (self.left - 1) / 2 if self.same else float(self.left) * self.right


@dataclass(frozen=True)
class Both:
    """Both sides encoded; the same one twice where a table is held against itself."""

    left: Side
    right: Side
    same: bool
    spool: Spool | None = None
    """Where both sides lie, if they do not lie in memory."""
    progress: Progress = silent

    @property
    def unread(self) -> dict[str, Mapping[str, Unread]]:
        """Filled cells that show nothing, by side and column."""
        return {"table": self.left.unread} if self.same else {"left": self.left.unread, "right": self.right.unread}

    @property
    def counts(self) -> Sides:
        """How many rows."""
        return Sides(self.left.rows, self.right.rows, self.same)


def encode_sides(
    left: Rows, right: Rows | None, model: LinkModel, *, ids: tuple[str, str] | None = None, threads: int = 2,
    spool: Spool | None = None, progress: Progress = silent,
) -> Both:  # fmt: skip
    """Encode both sides, one thread a side, in memory or into a spool.

    Raises InputError where a column is missing, TableError on unfit ids.
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
    with counter.turn if spool is not None else nullcontext():  # a side's numbers are all looked at together
        silenced = silence_shared(encoded, model, model.shared_from_names)
    _fill_implied(encoded, model)
    side = Side(table.num_rows, encoded, ids.whole(), with_shared(columns.unread, silenced), spool is not None)
    if spool is not None:
        spool.note(f"side-{name}", _note_of(side))
    return side


def _note_of(side: Side) -> dict[str, Any]:
    """What finds a spooled side again."""
    return {
        "columns": {name: column.note() for name, column in side.columns.items()},
        "ids": side.ids.note() if isinstance(side.ids, SpooledColumn) and len(side.ids) else None,
        "unread": {column: asdict(counts) for column, counts in side.unread.items()},
    }


def _reopened(spool: Spool, rows: int, note: Mapping[str, Any]) -> Side:
    """A side that a killed command had encoded."""
    columns = {name: SpooledColumn.reopened(spool, one) for name, one in note["columns"].items()}
    ids = SpooledColumn.reopened(spool, note["ids"]) if note["ids"] else ()
    return Side(rows, columns, ids, {column: Unread(**counts) for column, counts in note["unread"].items()}, True)


def encode_part(
    name: str, table: Rows, model: LinkModel, odd: Mapping[str, OddCells] = MappingProxyType({})
) -> tuple[dict[str, Any], Mapping[str, Unread]]:
    """Some rows of a table encoded by themselves, and what showed nothing; `finished` does what needs the whole table.

    `odd` notes cells that are not plainly written. Raises InputError as `encode_sides` does.
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
    """Silence shared numbers (`shared`: as `silence_shared`; none where no number is) and fill in what an ID shows."""
    if shared is not None:
        silence_shared(encoded, model, model.shared_from_names, shared)
    _fill_implied(encoded, model)


def _fill_implied(encoded: MutableMapping[str, Any], model: LinkModel) -> None:
    for column, source in model.implied.items():
        _imply(encoded, model, column, source)


def refuse_unfit_columns(name: str, schema: pa.Schema, model: LinkModel) -> None:
    """Raises InputError where columns of the model are missing, or hold what it cannot read."""
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
    """Raises InputError that names the columns of the model whose cells it cannot read.

    A cell of several texts is read where the kind of its column knows several values (telephones).
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
    """The next rows, each column encoded a few rows at a time, so that what is worked on stays in the cache."""
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
    """The encoded forms of a dictionary's values and of null, each encoded once, and which of them each row has."""
    distinct = values.dictionary
    return dict(encode(pa.concat_arrays([distinct, pa.nulls(1, distinct.type)]))), dictionary_codes(
        values, len(distinct)
    )


def _imply(encoded: MutableMapping[str, Any], model: LinkModel, column: str, source: str) -> None:
    """What an ID shows: a birth date that is missing is filled from it; under evidence tiers it stands above the cell.

    An ID's digits are the issuing office's.
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
    """Put into every row of one column what is chosen of its own value and another column's."""
    for part in slices(len(own), _ROWS_AT_HAND):
        own[part] = chosen(own[part], shown[part])


def ids_text(column: pa.Array) -> pa.Array:
    """Ids as text. Raises TableError where the cells are neither texts nor numbers."""
    if not is_plain(column.type):
        raise TableError(
            f"编号列的格子是 {column.type}，不是文字或数", rule=Rule.ID_COLUMN, action="换一列编号，或改成文字"
        )
    found = as_text(column)
    return found if pa.types.is_string(found.type) else found.cast(pa.string())


class _GrowingIds:
    """The ids of a table that is read batch by batch."""

    def __init__(self, spool: Spool | None) -> None:
        self._parts: list[pa.Array] = []
        self._marks: list[npt.NDArray[np.uint64]] = []
        self._empty = 0
        self._spooled = SpooledColumn(spool) if spool is not None else None

    def append(self, ids: pa.Array) -> None:
        """The next rows' ids."""
        self._marks.append(digests(strings(ids)))
        self._empty += ids.null_count
        if self._spooled is not None:
            self._spooled.append(ids)
        else:
            self._parts.append(ids)

    def refuse_unfit(self, name: str) -> None:
        """Raises TableError where an id is empty or stands twice."""
        marks = np.concatenate([*self._marks, np.zeros(0, np.uint64)])
        self._marks = []
        ordered = np.sort(marks)
        alike = np.isin(marks, ordered[1:][ordered[1:] == ordered[:-1]])
        if self._empty or (alike.any() and self._twice(np.flatnonzero(alike))):
            raise TableError(f"编号列 {name} 有空值或重复", rule=Rule.ID_UNIQUE, action="换一列不重复的编号，或先补全")

    def _twice(self, rows: Seqs) -> bool:
        """Whether any of these rows' ids stands twice: their digests do."""
        ids = Side(int(rows[-1]) + 1, {}, self.whole()).ids_of(rows)
        return len(ids.unique()) != len(ids)

    def whole(self) -> tuple[pa.Array, ...] | SpooledColumn:
        """All ids."""
        if self._spooled is None:
            return tuple(self._parts)
        self._spooled.finish()
        return self._spooled
