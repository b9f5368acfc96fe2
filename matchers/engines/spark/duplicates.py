"""What one table held against itself needs beside two tables: identical rows, copies, rows known to be one entity."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from matchers.blocking.copies import MOST_ROWS
from matchers.engines.spark.pieces import finished_piece
from matchers.engines.spark.setting import Seqs, Setting, by_place, home_of
from matchers.engines.spark.travel import Message
from matchers.weighing.entities import row_marks

ALIKE, ROOTS = 30, 31
_SALT = 5_000


def looked_alike(setting: Setting, number: int) -> Iterator[Message]:
    """Each row's mark, to the place where rows of one mark meet."""
    piece = finished_piece(setting, number)
    marks = row_marks(piece.rows)
    for place, rows in by_place(home_of(marks, _SALT, setting.shards)):
        head = {"first": np.array([piece.first])}
        yield Message(place, ALIKE, head, {"mark": marks[rows], "number": piece.numbers[rows]})


def alike(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """Rows that show the same as an earlier row, sent to their pieces: the first such row, and whether it has so many
    copies that they are held against it alone."""
    marks, numbers = (np.concatenate([one.body[name] for one in messages]) for name in ("mark", "number"))
    order = np.lexsort((numbers, marks))
    marks, numbers = marks[order], numbers[order]
    heads = np.flatnonzero(np.concatenate([[True], marks[1:] != marks[:-1]]))
    sizes = np.diff(np.append(heads, len(marks)))
    first, size = np.repeat(numbers[heads], sizes), np.repeat(sizes, sizes)
    again = first != numbers
    yield from root_messages(setting, numbers[again], first[again], size[again] > MOST_ROWS)
    many = ~again & (size > MOST_ROWS)  # the first of copies is held against them, though it is none
    yield from root_messages(setting, numbers[many], first[many], np.ones(int(many.sum()), bool))


def root_messages(setting: Setting, rows: Seqs, roots: Seqs, copies: np.ndarray) -> Iterator[Message]:
    """Rows with their first ones, to the pieces they are of."""
    firsts = np.array([piece.first for piece in setting.tables[0].pieces])
    for place, own in by_place(np.searchsorted(firsts, rows, side="right") - 1):
        yield Message(place, ROOTS, {}, {"row": rows[own], "root": roots[own], "copy": copies[own]})


def roots_table(setting: Setting, rows: pa.Table) -> pa.Table:
    """Rows and roots of components (row, root) as messages to the pieces."""
    row, root = (np.asarray(rows[name], np.int64) for name in ("row", "root"))
    return setting.carrier.table_of(root_messages(setting, row, root, np.zeros(len(row), bool)))


def roots_of(numbers: Seqs, messages: list[Message]) -> Seqs:
    """Per row of a piece the first row of its entity."""
    found = numbers.copy()
    for one in messages:
        found[one.body["row"] - numbers[0]] = one.body["root"]
    return found


def copies_of(messages: list[Message]) -> tuple[Seqs, Seqs]:
    """Rows of a piece that are many times the same, and the first of each kind."""
    none = np.zeros(0, np.int64)
    rows, firsts = ([none, *(one.body[name][one.body["copy"]] for one in messages)] for name in ("row", "root"))
    return np.concatenate(rows), np.concatenate(firsts)


def copies_in(setting: Setting, rows: pa.Table) -> pa.Table:
    """How many rows of some messages stand in one pair only."""
    bodies = [one.body for one in setting.carrier.messages_of(rows)]
    return pa.table({"copies": [sum(int((one["copy"] & (one["row"] != one["root"])).sum()) for one in bodies)]})


def identical_links(setting: Setting, rows: pa.Table) -> pa.Table:
    """Rows of some messages with the first row that shows the same: one, other."""
    bodies = [one.body for one in setting.carrier.messages_of(rows)]
    ends = [np.concatenate([np.zeros(0, np.int64), *(body[name] for body in bodies)]) for name in ("row", "root")]
    return pa.table(dict(zip(("one", "other"), map(pa.array, ends), strict=True)))
