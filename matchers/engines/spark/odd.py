"""Cells that are not plainly written: the different texts of a column meet in one task, which reads them as the
embedded engine does, and each piece puts what its own texts say into its columns."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.encoding.strings import row_array
from matchers.engines.spark.pieces import ReadPiece, noted_cells
from matchers.engines.spark.setting import Setting
from matchers.engines.spark.travel import DRIVER, Message
from matchers.sides.odd_cells import put_read
from matchers.sides.unread import Unread

ODD, CELLS, DOUBTFUL = 40, 41, 42


def noted_messages(setting: Setting, number: int, read: ReadPiece) -> Iterator[Message]:
    """A piece's different odd texts, and what was seen of its cells, each column's to a place of its own."""
    names = list(setting.model.columns)
    for column, one in read.odd.items():
        side, place = read.piece.side, names.index(column)
        head = {"side": np.array([side]), "column": np.array([place]), "piece": np.array([number]),
                "seen": pa.array([json.dumps(one.reading.seen)])}  # fmt: skip
        texts = pa.array(one.noted.texts, pa.string())
        yield Message((side * len(names) + place) % setting.shards, ODD, head, {"text": texts})


def read_cells(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """To each piece its odd texts of a column as plainly written cells, in the piece's own order; to the driver columns
    whose plain cells are not what they seem either."""
    by_column = defaultdict(list)
    for one in sorted(messages, key=lambda one: int(one.head["piece"][0])):
        by_column[int(one.head["side"][0]), int(one.head["column"][0])].append(one)
    for (side, place), own in by_column.items():
        yield from _read_column(setting, side, place, own)


def _read_column(setting: Setting, side: int, place: int, messages: list[Message]) -> Iterator[Message]:
    column = list(setting.model.columns)[place]
    reading = setting.reading(side, column)
    if reading is None:
        raise ValueError(f"{column} has no odd cells")
    for one in messages:
        reading.add_seen(json.loads(one.head["seen"][0].as_py()))
    head = {"side": np.array([side]), "column": np.array([place])}
    if reading.doubtful and (side, column) not in setting.all_odd:
        yield Message(DRIVER, DOUBTFUL, head, {})
        return
    codes: dict[str, int] = {}
    own = [[codes.setdefault(text, len(codes)) for text in one.body["text"].to_pylist()] for one in messages]
    cells = reading.read(list(codes)) if codes else pa.array([], pa.string())
    for one, places in zip(messages, own, strict=True):
        yield Message(
            int(one.head["piece"][0]), CELLS, head, {"cell": cells.take(row_array(np.array(places, np.int64)))}
        )


def doubtful_columns(setting: Setting, messages: list[Message]) -> frozenset[tuple[int, str]]:
    """Sides and columns of which every filled cell must be read."""
    names = list(setting.model.columns)
    heads = [one.head for one in messages if one.kind == DOUBTFUL]
    return frozenset((int(head["side"][0]), names[int(head["column"][0])]) for head in heads)


def put_cells(
    setting: Setting, number: int, columns: MutableMapping[str, Any], messages: list[Message]
) -> dict[str, Unread]:
    """Put a piece's odd cells into its columns; by column how many of them show nothing, and why."""
    names, found = list(setting.model.columns), {}
    for one in messages:
        column = names[int(one.head["column"][0])]
        noted = noted_cells(setting, number, column)
        cells = one.body["cell"]
        found[column] = put_read(columns, setting.model, column, noted, cells) if noted.texts else Unread()
    return found
