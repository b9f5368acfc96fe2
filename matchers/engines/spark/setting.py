"""What every task is given: the model, where the tables' pieces are, and what is known of the whole tables by then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from matchers.deciding.judgements import JudgedPairs
from matchers.engine import Options, embedded
from matchers.engines.spark.sealed import SealedFolder
from matchers.engines.spark.travel import Carrier
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import NIBBLES, Sides
from matchers.sides.named_rows import ColumnReading, NamedRows, Rows
from matchers.weighing.population import prior_of_counts, whole_bits

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
    id_header: str
    """What the table itself calls its id column."""


@dataclass(frozen=True)
class Facts:
    """What is known of the whole tables, once they have been looked at.

    `silent`: by side and column the numbers that stand beside too many names, ascending; `least`: by key the least
    share a value has; `prior`: of the left rows that show the key which tells the prior, how many stand on the right,
    and how many show it.
    """

    rows: tuple[int, int]
    silent: tuple[Mapping[str, Keys], ...]
    least: Mapping[tuple[str, str], float]
    prior: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Setting:
    """One matching on Spark. `tables`: one where a table is held against itself; `shards`: how many tasks compare.

    `files`: where encoded pieces lie; `carrier`: how messages travel; `all_odd`: sides and columns whose plain cells
    are not what they seem either; `judgements`: as they were given, the three columns as text; `judged`: what persons
    said of pairs, by row numbers of the whole tables; `pairs_per_shard`: pairs of one key that one shard compares; one
    that brings more is split over several.
    """

    model: LinkModel
    tables: tuple[Parted, ...]
    shards: int
    files: SealedFolder
    carrier: Carrier = field(default_factory=Carrier)
    facts: Facts | None = None
    all_odd: frozenset[tuple[int, str]] = frozenset()
    judgements: pa.Table | None = None
    judged: JudgedPairs | None = None
    pairs_per_shard: int = 20_000_000
    links_per_task: int = 4_000_000
    """Links of rows whose components one task finds; more are found in rounds."""

    @property
    def same(self) -> bool:
        """Whether one table is held against itself."""
        return len(self.tables) == 1

    @property
    def all_facts(self) -> Facts:
        """The facts, which every task after the first ones has."""
        if self.facts is None:
            raise ValueError("the tables have not been looked at yet")
        return self.facts

    @property
    def sides(self) -> Sides:
        """How many rows."""
        return Sides(*self.all_facts.rows, self.same)

    @property
    def prior_bits(self) -> float:
        """The prior of a model with evidence tiers, in whole bits."""
        return whole_bits(prior_of_counts(self.model, self.sides, *self.all_facts.prior))

    def reading(self, side: int, column: str) -> ColumnReading | None:
        """How cells of a column are read that are not plainly written; null where all stand as they are."""
        rows = self.tables[side].pieces[0].rows
        if not isinstance(rows, NamedRows) or rows.reading is None:
            return None
        return rows.reading(self.model.columns[column])

    @property
    def reads_cells(self) -> bool:
        """Whether some cells are read once those of the whole column were looked at."""
        return any(self.reading(side, column) for side in range(len(self.tables)) for column in self.model.columns)

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
