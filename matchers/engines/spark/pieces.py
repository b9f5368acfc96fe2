"""One task's piece of a table, encoded as the embedded engine encodes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.engines.spark.setting import Setting
from matchers.sides.encoded import Side, encode_part, finished, ids_text
from matchers.sides.unread import Unread

Seqs = npt.NDArray[np.int64]


@dataclass(frozen=True)
class EncodedPiece:
    """Encoded rows of one piece with their ids and their numbers in the table; `first`: the piece's first row's."""

    side: int
    first: int
    rows: Side
    ids: pa.Array
    unread: dict[str, Unread]
    numbers: Seqs


def encoded_piece(setting: Setting, number: int, chosen: Seqs | None = None) -> EncodedPiece:
    """A piece as it stands: numbers that are nobody's are not yet silenced, what an ID shows is not yet filled in.

    `chosen`: only these of its rows, by their place in it.
    """
    side, piece = setting.numbered_pieces[number]
    table = setting.tables[side]
    wanted = list(dict.fromkeys([*setting.model.columns, table.id_column]))
    batches = list(piece.rows.select(wanted).to_batches())
    rows = pa.Table.from_batches(batches, batches[0].schema if batches else piece.rows.select(wanted).schema)
    numbers = np.arange(rows.num_rows) if chosen is None else chosen
    rows = rows if chosen is None else rows.take(pa.array(chosen))
    columns, unread = encode_part(table.title, rows, setting.model)
    ids = [ids_text(chunk) for chunk in rows[table.id_column].chunks]
    joined = pa.concat_arrays(ids) if ids else pa.array([], pa.string())
    return EncodedPiece(side, piece.first, Side(rows.num_rows, columns), joined, dict(unread), numbers + piece.first)


def finished_piece(setting: Setting, number: int, chosen: Seqs | None = None) -> EncodedPiece:
    """A piece as it is compared, once the whole tables have been looked at. `chosen`: as `encoded_piece`."""
    piece = encoded_piece(setting, number, chosen)
    silent = setting.known.silent[piece.side]

    def shared(column: str, values: npt.NDArray[np.uint64], names: npt.NDArray[np.uint64]) -> Seqs:
        return np.flatnonzero(np.isin(values, silent[column])) if column in silent else np.zeros(0, np.int64)

    columns: dict[str, Any] = dict(piece.rows.columns)
    finished(columns, setting.model, shared)
    return EncodedPiece(piece.side, piece.first, Side(piece.rows.rows, columns), piece.ids, piece.unread, piece.numbers)


def piece_ids(setting: Setting, number: int) -> pa.Table:
    """The rows of a piece with their ids: row, id."""
    side, piece = setting.numbered_pieces[number]
    column = setting.tables[side].id_column
    ids = [ids_text(batch.column(column)) for batch in piece.rows.select([column]).to_batches()]
    rows = np.arange(piece.first, piece.first + sum(map(len, ids)))
    return pa.table({"row": pa.array(rows), "id": pa.chunked_array(ids, pa.string())})
