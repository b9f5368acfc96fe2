"""Encoded sides as a table of bytes, one row per side and encoded column, stored between the steps of a run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pyarrow as pa

from matchers.encoding.several import Numbers
from matchers.engines.district import EncodedSides
from matchers.model.link_model import LinkModel
from matchers.sides.encoded import Both, Side

SIDES = ("left", "right")
_ROW_ID = ""
"""The name under which the row ids are stored; no column has an empty name."""


def side_bytes(sides: EncodedSides) -> pa.Table:
    """One row per side and encoded column, the row ids included: side, name, content (an Arrow IPC stream)."""
    rows = [
        (side, name, _packed(values))
        for side, one, ids in zip(SIDES, (sides.both.left, sides.both.right), (sides.left, sides.right), strict=True)
        for name, values in {**one.columns, _ROW_ID: ids}.items()
    ]
    columns = list(zip(*rows, strict=True))
    types = (pa.string(), pa.string(), pa.binary())
    return pa.table(
        [pa.array(one, kind) for one, kind in zip(columns, types, strict=True)], ["side", "name", "content"]
    )


def sides_of(rows: Iterable[tuple[str, str, bytes]], model: LinkModel) -> EncodedSides:
    """The encoded sides of two tables, read back from rows of `side_bytes`.

    The model loses the optional columns of which the left side has no encoded column.
    """
    columns: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    for side, name, content in rows:
        columns[side][name] = _unpacked(content)
    ids = [np.asarray(columns[side].pop(_ROW_ID), np.int64) for side in SIDES]
    both = Both(Side(len(ids[0]), columns["left"]), Side(len(ids[1]), columns["right"]), False)
    return EncodedSides(both, ids[0], ids[1], model.fitted_to(_columns_in(columns["left"], model)))


def _columns_in(encoded: Mapping[str, object], model: LinkModel) -> set[str]:
    """The model's columns of which at least one encoded form is present."""
    return {column for column in model.columns if any(name.startswith(f"{column}_") for name in encoded)}


def _packed(values: object) -> bytes:
    """One encoded column as an Arrow IPC stream."""
    array = listed_numbers(values) if isinstance(values, Numbers) else pa.array(values)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("values", array.type)])) as stream:
        stream.write_batch(pa.record_batch([array], ["values"]))
    return bytes(sink.getvalue())


def _unpacked(content: bytes) -> object:
    """One encoded column read back: Numbers from lists, an Arrow array of strings, or a numpy array."""
    with pa.ipc.open_stream(content) as stream:
        array = stream.read_all()["values"].combine_chunks()
    if pa.types.is_list(array.type):
        return numbers_of_list(array)
    return array if pa.types.is_string(array.type) else array.to_numpy()


def listed_numbers(numbers: Numbers) -> pa.Array:
    """One list per cell of a column of telephone numbers; each item is a struct of same, digits, mask and whole."""
    names = ("same", "digits", "mask", "whole")
    values = pa.StructArray.from_arrays([pa.array(getattr(numbers, name)) for name in names], names=list(names))
    return pa.ListArray.from_arrays(pa.array(numbers.offsets, pa.int32()), values)


def numbers_of_list(array: pa.ListArray) -> Numbers:
    """Telephone numbers per cell, read back from the list column of `listed_numbers`."""
    same, digits, mask = (array.values.field(name).to_numpy() for name in ("same", "digits", "mask"))
    whole = array.values.field("whole").to_numpy(zero_copy_only=False)
    return Numbers(array.offsets.to_numpy().astype(np.int64), same, digits, mask, whole)
