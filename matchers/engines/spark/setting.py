"""What every task is told: the model, where the tables' pieces are, and what is known of the whole tables by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import duckdb
import numpy as np
import numpy.typing as npt

from matchers.engine import Options, embedded
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Sides
from matchers.sides.named_rows import Rows

Keys = npt.NDArray[np.uint64]
Seqs = npt.NDArray[np.int64]
_MIX, _STIR = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)


@dataclass(frozen=True)
class Piece:
    """Some rows of a table, read by one task; `first`: the number of the first of them in the table."""

    rows: Rows
    first: int


@dataclass(frozen=True)
class Parted:
    """A table in pieces, in order. `title`: what a clerk calls it."""

    title: str
    pieces: Sequence[Piece]
    id_column: str


@dataclass(frozen=True)
class Facts:
    """What is known of the whole tables, once they have been looked at.

    `silent`: by side and column the numbers that stand beside too many names, ascending; `least`: by key the least
    share a value has.
    """

    rows: tuple[int, int]
    silent: tuple[Mapping[str, Keys], ...]
    least: Mapping[tuple[str, str], float]


@dataclass(frozen=True)
class Setting:
    """One matching on Spark. `tables`: one where a table is held against itself; `shards`: how many tasks compare.

    `pairs_per_shard`: pairs of one key that one shard compares; a key that brings more is split over several.
    """

    model: LinkModel
    tables: tuple[Parted, ...]
    shards: int
    facts: Facts | None = None
    pairs_per_shard: int = 20_000_000

    @property
    def same(self) -> bool:
        """Whether one table is held against itself."""
        return len(self.tables) == 1

    @property
    def known(self) -> Facts:
        """The facts, which every task after the first ones has."""
        if self.facts is None:
            raise ValueError("the tables have not been looked at yet")
        return self.facts

    @property
    def sides(self) -> Sides:
        """How many rows."""
        return Sides(*self.known.rows, self.same)

    @property
    def numbered_pieces(self) -> list[tuple[int, Piece]]:
        """Each piece with the number of its side, in the order in which tasks are numbered."""
        return [(side, piece) for side, table in enumerate(self.tables) for piece in table.pieces]


@contextmanager
def working() -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection for one task, with the macros that keys need."""
    with embedded(Options(threads=1, memory="1GB")) as con:
        con.execute(NIBBLES)
        yield con


def home_of(values: Keys, salt: int, places: int) -> Seqs:
    """The place of each value, the same in every task."""
    mixed = (values ^ np.uint64((salt + 1) * 0x632BE59BD9B4E019 & (1 << 64) - 1)) * _MIX
    mixed = (mixed ^ mixed >> np.uint64(29)) * _STIR
    return ((mixed >> np.uint64(20)) % np.uint64(places)).astype(np.int64)


def by_place(places: Seqs) -> Iterator[tuple[int, Seqs]]:
    """Every place that occurs, with where it stands, in order."""
    order = np.argsort(places.astype(np.uint16) if places.max(initial=0) < 1 << 16 else places, kind="stable")
    distinct, firsts = np.unique(places[order], return_index=True)
    yield from zip(distinct.tolist(), np.split(order, firsts[1:]) if len(order) else [], strict=True)
