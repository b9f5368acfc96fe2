"""Judgements of persons by the rows they name: pieces look their ids up, the driver puts the judged pairs together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from matchers.blocking.blocks import packed, unpacked
from matchers.deciding.judged_pairs import refuse_contradictions
from matchers.deciding.judgements import place_judgements
from matchers.engines.spark.pieces import EncodedPiece
from matchers.engines.spark.setting import Seqs, Setting
from matchers.engines.spark.travel import DRIVER, Message

JUDGED_ROWS = 50
_SIDES = ("left_id", "right_id")


def judged_rows(setting: Setting, piece: EncodedPiece) -> Iterator[Message]:
    """Rows of a piece whose ids a judgement names, to the driver."""
    if setting.judgements is None:
        return
    columns = _SIDES if setting.same else _SIDES[piece.side : piece.side + 1]
    named = pa.concat_arrays([setting.judgements[column].combine_chunks() for column in columns])
    rows = np.flatnonzero(np.asarray(pc.is_in(piece.ids, value_set=named.drop_null())))
    if len(rows):
        body = {"row": piece.numbers[rows], "id": piece.ids.take(pa.array(rows))}
        yield Message(DRIVER, JUDGED_ROWS, {"side": np.array([piece.side])}, body)


def with_judgements(setting: Setting, messages: list[Message]) -> Setting:
    """The setting with the judged pairs. Raises TableError where judgements contradict each other."""
    if setting.judgements is None:
        return setting
    found = [one for one in messages if one.kind == JUDGED_ROWS]
    rows, ids = zip(*(_side(found, side) for side in range(len(setting.tables))), strict=True)
    placed = place_judgements(setting.judgements, (ids[0], ids[-1]), same=setting.same)
    refuse_contradictions(placed, setting.model.unique, same=setting.same)
    same, other = (
        np.sort(packed(*(own[ends] for own, ends in zip((rows[0], rows[-1]), unpacked(pairs), strict=True))))
        for pairs in (placed.same, placed.other)
    )
    return replace(setting, judged=replace(placed, same=same, other=other))


def _side(messages: list[Message], side: int) -> tuple[Seqs, pa.Array]:
    """The judged rows of a side with their ids, in the order of the rows."""
    own = [one.body for one in messages if one.head["side"][0] == side]
    rows = np.concatenate([np.zeros(0, np.int64), *(one["row"] for one in own)])
    ids = pa.concat_arrays([pa.array([], pa.string()), *(one["id"] for one in own)])
    order = np.argsort(rows)
    return rows[order], ids.take(pa.array(order))
