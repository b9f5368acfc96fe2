"""One row per row of a single table with the thing it is, the first of its own duplicates: relation `things`.

Values are counted over things there, or the rows of one person would make that person's name and phone look common.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matchers.encoding.strings import digests, strings
from matchers.linkage.blocks import Keys, Seqs, packed
from matchers.linkage.entities import grouped, joined, mixed
from matchers.relations import make

_BETWEEN = "\x1f"


def identical_cells(table: pa.Table, columns: list[str]) -> Seqs:
    """Per row the first row whose cells in these columns are all the same."""
    return grouped(mixed(table.num_rows, [_marks(table[column].combine_chunks()) for column in columns]))


def _marks(cells: pa.Array) -> Keys:
    texts = pc.binary_join(cells, _BETWEEN) if pa.types.is_list(cells.type) else cells.cast(pa.string())
    return digests(strings(texts))


def make_things(con: duckdb.DuckDBPyConnection, things: Seqs) -> None:
    """Make `things`: seq, thing."""
    con.register("given", {"seq": np.arange(len(things), dtype=np.int32), "thing": things.astype(np.int32)})
    make(con, "things", "select seq, thing from given")
    con.unregister("given")


def join_linked(con: duckdb.DuckDBPyConnection) -> bool:
    """Make rows that `decided` links one thing; false where that changes nothing."""
    before = np.asarray(con.execute("select thing from things order by seq").fetchnumpy()["thing"], np.int64)
    links = con.execute("select la, ra from decided where decision = 'link' order by la, ra").fetchnumpy()
    after = joined(before, packed(np.asarray(links["la"], np.int64), np.asarray(links["ra"], np.int64)))
    make_things(con, after)
    return not np.array_equal(before, after)
