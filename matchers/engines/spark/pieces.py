"""One task's piece of a table, encoded as the embedded engine encodes it, once, and kept in a sealed file."""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.engines.spark.columns import taken
from matchers.engines.spark.setting import Setting
from matchers.sides.encoded import Side, encode_part, finished, ids_text
from matchers.sides.odd_cells import NotedCells, OddCells, odd_cells
from matchers.sides.unread import Unread

Seqs = npt.NDArray[np.int64]
ID = "*"
"""The ids stand beside the columns under a name no column has."""
_TEXT, _ROW, _CODE = "text", "row", "code"


@dataclass(frozen=True)
class EncodedPiece:
    """Encoded rows of one piece with their ids and their numbers in the table; `first`: the piece's first row's."""

    side: int
    first: int
    rows: Side
    ids: pa.Array
    numbers: Seqs


@dataclass(frozen=True)
class ReadPiece:
    """A piece as it was read: shared numbers are not yet silenced, what an ID shows is not filled in, and cells not
    plainly written (`odd`, by column) are noted only."""

    piece: EncodedPiece
    unread: dict[str, Unread]
    odd: dict[str, OddCells]


def read_piece(setting: Setting, number: int) -> ReadPiece:
    """Read and encode a piece, and keep it."""
    side, piece = setting.numbered_pieces[number]
    table, model = setting.tables[side], setting.model
    given = piece.rows.select(list(dict.fromkeys([*model.columns, table.id_column])))
    batches = list(given.to_batches())
    rows = pa.Table.from_batches(batches, batches[0].schema if batches else given.schema)
    odd = odd_cells(given, model)
    columns, unread = encode_part(table.title, rows, model, odd)
    ids = [ids_text(chunk) for chunk in rows[table.id_column].chunks]
    joined = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
    for column in odd:
        if (side, column) in setting.all_odd:
            odd[column] = _every_filled(odd[column], rows[column])
    for column, one in odd.items():
        _keep_noted(setting, number, column, one.noted)
    setting.files.keep(f"piece-{number}", {**columns, ID: joined})
    numbers = np.arange(rows.num_rows) + piece.first
    return ReadPiece(EncodedPiece(side, piece.first, Side(rows.num_rows, columns), joined, numbers), dict(unread), odd)


def _every_filled(odd: OddCells, cells: pa.ChunkedArray) -> OddCells:
    """Every filled cell of a column whose plain cells are in doubt too."""
    found, first = OddCells(odd.column, odd.kind, odd.reading), 0
    for chunk in cells.chunks:
        found.note_filled(first, chunk.dictionary_decode() if pa.types.is_dictionary(chunk.type) else chunk)
        first += len(chunk)
    return found


def _keep_noted(setting: Setting, number: int, column: str, noted: NotedCells) -> None:
    setting.files.keep(f"texts-{number}-{column}", {_TEXT: pa.array(noted.texts, pa.string())})
    setting.files.keep(f"odd-{number}-{column}", {_ROW: noted.rows, _CODE: noted.codes})


def noted_cells(setting: Setting, number: int, column: str) -> NotedCells:
    """The odd cells of a column of a piece, as they were noted."""
    texts, cells = (setting.files.kept(f"{kept}-{number}-{column}") for kept in ("texts", "odd"))
    return NotedCells(texts[_TEXT].to_pylist(), cells[_ROW], cells[_CODE])


def kept_columns(setting: Setting, number: int) -> MutableMapping[str, Any]:
    """The columns of a piece, its odd cells read where some are; and its ids."""
    own = [f"piece-{number}"]
    return setting.files.kept(*own, *([f"cells-{number}"] if setting.reads_cells else []))


def finished_piece(setting: Setting, number: int, chosen: Seqs | None = None) -> EncodedPiece:
    """A piece as it is compared, once the whole tables have been looked at. `chosen`: only these of its rows, by their
    place in it."""
    side, piece = setting.numbered_pieces[number]
    columns = kept_columns(setting, number)
    ids = columns[ID]
    del columns[ID]
    rows = len(ids)
    if chosen is not None:
        columns, ids = {name: taken(values, chosen) for name, values in columns.items()}, taken(ids, chosen)
    silent = setting.all_facts.silent[side]

    def shared(column: str, values: npt.NDArray[np.uint64], names: npt.NDArray[np.uint64]) -> Seqs:
        return np.flatnonzero(np.isin(values, silent[column])) if column in silent else np.zeros(0, np.int64)

    finished(columns, setting.model, shared if silent else None)
    numbers = (np.arange(rows) if chosen is None else chosen) + piece.first
    return EncodedPiece(side, piece.first, Side(len(numbers), columns), ids, numbers)


def piece_ids(setting: Setting, number: int) -> pa.Table:
    """The rows of a piece with their ids: row, id."""
    _, piece = setting.numbered_pieces[number]
    ids = setting.files.kept(f"piece-{number}")[ID]
    return pa.table({"row": pa.array(np.arange(piece.first, piece.first + len(ids))), "id": ids})
