"""Every type a Parquet column can have: decoded, or the column refused by its name."""

from __future__ import annotations

import datetime as dt
import io
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.staging.grid import Grid
from flows.staging.mapping import map_columns
from flows.staging.parquet import read_parquet
from schemas.contracts import shipped_sources
from schemas.errors import InputError


def read(**columns: pa.Array) -> Grid:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return read_parquet(sink.getvalue(), "a.parquet")[0]


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        (pa.array(["张三".encode(), None], pa.binary()), ["张三", ""]),
        (pa.array(["张三".encode("gb18030"), "李四".encode("gb18030")], pa.large_binary()), ["张三", "李四"]),
        (pa.array([b"500113198501013005", None], pa.binary(18)), ["500113198501013005", ""]),
        (pa.array([b"A", b"B"]).dictionary_encode(), ["A", "B"]),
        (pa.array(["a", None], pa.large_string()), ["a", ""]),
        (pa.array([Decimal("19876100000.00"), Decimal("1.50")], pa.decimal128(20, 2)), ["19876100000", "1.50"]),
        (pa.array([["138", "139"], None]), ["138；139", ""]),
        (pa.array([2**63, 1], pa.uint64()), [str(2**63), "1"]),
        (pa.array([dt.datetime(1990, 1, 1, 16), None], pa.timestamp("ms", "UTC")), [dt.datetime(1990, 1, 2), ""]),
        (pa.array([1, None], pa.timestamp("ns")), [dt.datetime(1970, 1, 1), ""]),
        (pa.array([253402300800000, None], pa.timestamp("ms")), ["10000-01-01 00:00:00.000", ""]),
    ],
)
def test_a_column_is_decoded_whatever_its_type(column: pa.Array, cells: list[object]) -> None:
    grid = read(姓名=column)
    assert [row[0] for row in grid.rows] == ["姓名", *cells]
    assert not grid.unreadable


@pytest.mark.parametrize(
    "column",
    [
        pa.array([b"\x00\x01\xff", b"\x80"], pa.binary()),
        pa.array([{"a": 1}, None]),
        pa.array([[("a", 1)], None], pa.map_(pa.string(), pa.int64())),
        pa.array([[[1]], None]),
    ],
)
def test_a_column_without_a_reading_is_refused_by_name(column: pa.Array) -> None:
    grid = read(姓名=pa.array(["张三", "李四"]), 身份证号=column, 手机号=pa.array(["13812345679", None]))
    assert list(grid.unreadable) == [1]
    mapping = map_columns(grid, shipped_sources()["platform"], "a.parquet")
    assert "id_number" not in mapping.columns
    assert any("“身份证号”（第2列）" in note for note in mapping.notes)
    with pytest.raises(InputError, match=r"缺少必需的列.*“身份证号”"):
        map_columns(read(姓名=pa.array(["张三", "李四"]), 身份证号=column), shipped_sources()["platform"], "a.parquet")
