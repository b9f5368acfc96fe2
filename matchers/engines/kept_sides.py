"""Encoded sides as bytes, one entry per column, to be kept between the steps of a run and read back as they were."""

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
"""The rows' own numbers stand beside the columns under a name no column has."""


def side_bytes(sides: EncodedSides) -> pa.Table:
    """One row per side and encoded column: side, name, content (an Arrow stream of one column)."""
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
    """The sides that were kept; `model` is fitted to the columns they have."""
    columns: dict[str, dict[str, object]] = {side: {} for side in SIDES}
    for side, name, content in rows:
        columns[side][name] = _unpacked(content)
    ids = [np.asarray(columns[side].pop(_ROW_ID), np.int64) for side in SIDES]
    both = Both(Side(len(ids[0]), columns["left"]), Side(len(ids[1]), columns["right"]), False)
    return EncodedSides(both, ids[0], ids[1], model.fitted_to(_columns_in(columns["left"], model)))


def _columns_in(encoded: Mapping[str, object], model: LinkModel) -> set[str]:
    return {column for column in model.columns if any(name.startswith(f"{column}_") for name in encoded)}


def _packed(values: object) -> bytes:
    array = listed_numbers(values) if isinstance(values, Numbers) else pa.array(values)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, pa.schema([("values", array.type)])) as stream:
        stream.write_batch(pa.record_batch([array], ["values"]))
    return bytes(sink.getvalue())


def _unpacked(content: bytes) -> object:
    with pa.ipc.open_stream(content) as stream:
        array = stream.read_all()["values"].combine_chunks()
    if pa.types.is_list(array.type):
        return numbers_of_list(array)
    return array if pa.types.is_string(array.type) else array.to_numpy()


def listed_numbers(numbers: Numbers) -> pa.Array:
    """Cells of several numbers as a column of lists."""
    names = ("same", "digits", "mask", "whole")
    values = pa.StructArray.from_arrays([pa.array(getattr(numbers, name)) for name in names], names=list(names))
    return pa.ListArray.from_arrays(pa.array(numbers.offsets, pa.int32()), values)


def numbers_of_list(array: pa.ListArray) -> Numbers:
    """The cells of a column of lists."""
    same, digits, mask = (array.values.field(name).to_numpy() for name in ("same", "digits", "mask"))
    whole = array.values.field("whole").to_numpy(zero_copy_only=False)
    return Numbers(array.offsets.to_numpy().astype(np.int64), same, digits, mask, whole)
