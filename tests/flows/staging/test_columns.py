"""Whole columns cleaned at once: the same values and repairs as cell by cell, and no change without a name."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.staging.values.cells import Cell
from flows.staging.values.columns import clean_column
from flows.staging.values.fields import cleaner_of
from flows.staging.values.ids import NO_ID, ColumnSigns, column_signs, id_cleaner
from schemas.contracts import FieldType, SourceField

KINDS: tuple[FieldType, ...] = (
    "text", "person_name", "id_number", "phones", "date", "partial_date", "month", "yes_no", "code", "integer", "uscc",
)  # fmt: skip
WORDS = [
    "张伟", "张某", "李师傅", "未知", "暂无", "不详", "同志", "小姐", "张*", "欧阳娜娜", "13812345679", "138****5678",
    "138***45678", "1381234567*", "1**********", "1990-02-28", "1990-02-30", "1990-12-31", "2099-01-01", "2090-01-01",
    "1900-01-00", "500113196903072842", "50011319690307284X", "500113********2842",
    "******************", "500113199001011000",
    "91500113MA5U000000", "N/A", "#N/A", "--", "/", "", " ", "甲 乙", " 甲", "甲\u3000", "（甲）", "Ａ１", "是", "否",
    "TRUE", "１",
    "13800000000", "138****0000", "13912345679", "111111111111111111", "500113199001010000", "111111********1111",
    "NaN", "（null）", "同上",
    "50011388.0", "张&middot;伟", "⼈民", "张\ufe00伟", "\u3164", "张😀", "1970-01-01", "合计", "甲",
    "1969-12-31", "500113000000001234", "王皓衡（曾用名：王强）", "500113********0000", "(空)", "无锡", "0000",
    "500113199*13******", "1990-01-02T16:00:00Z", "1990-01-02 23:59:59",
    "小计", "备注", "制表人", "全区合计", "'000610010", "‘12", "———", "/ /", "46162.0", "2026/5/20下午3:05",
    "20260520.0",
    "向\ufffd芬", "某某街道1号", "至今", "长期",
]  # fmt: skip
cells = st.one_of(
    st.sampled_from(WORDS),
    st.text("0123456789*X-年月日张某无 /\u3000\u200b", max_size=19),
    st.text(max_size=8),
    st.sampled_from([13812345679.0, 32874.0, 0.0, True, False, 500113196903072842.0]),
    st.dates(dt.date(1890, 1, 1), dt.date(2110, 1, 1)),
)


def field_of(kind: FieldType) -> SourceField:
    values = {"yes_no": "yes_no", "code": "sex"}.get(kind)
    return SourceField(name="field", title="栏", type=kind, aliases=("栏",), values=values)


def signs_of(column: list[Cell]) -> ColumnSigns:
    return column_signs(pa.array([cell for cell in dict.fromkeys(column) if isinstance(cell, str)], pa.string()))[0]


def shown(cell: Cell) -> Cell:
    return str(cell).upper() if isinstance(cell, bool) else cell


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(KINDS), st.lists(cells, max_size=30))
def test_a_column_comes_out_as_its_cells_would_one_by_one(kind: FieldType, given_cells: list[Cell]) -> None:
    field = field_of(kind)
    column = clean_column(field, given_cells)
    plain = [shown(cell) for cell in given_cells]
    clean = id_cleaner(signs_of(plain)) if kind == "id_number" else cleaner_of(field)
    expected = [clean(cell) for cell in plain]
    if kind == "id_number":
        ids = [one.value or NO_ID for one in expected]
        assert [array.to_pylist() for array in column.arrays] == [
            list(part) for part in zip(*ids, strict=True)
        ] or not ids
    else:
        values = [list(one.value) if isinstance(one.value, tuple) else one.value for one in expected]
        assert column.arrays[0].to_pylist() == values
    assert [(index, repair) for index, repair, _ in column.repairs] == [
        (index, repair) for index, one in enumerate(expected) for repair in one.repairs
    ]


AS_WRITTEN: tuple[FieldType, ...] = ("text", "person_name", "uscc", "partial_date")


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(AS_WRITTEN), st.one_of(st.sampled_from(WORDS), st.text(max_size=12)))
def test_a_text_never_changes_without_a_named_repair(kind: FieldType, cell: str) -> None:
    column = clean_column(field_of(kind), [cell])
    value = column.arrays[0].to_pylist()[0]
    if kind == "partial_date" and value is not None:
        value, cell = value.replace("-", ""), "".join(filter(str.isdigit, cell))
        if len(value) != len(cell):  # another way of writing the same day, such as 1990年1月2日
            return
    assert (value or "") == cell.strip(" ") or column.repairs or not cell.strip(), (value, cell)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.sampled_from(WORDS), st.text("0123456789*Xx '\u3000", max_size=20)))
def test_an_id_or_phone_never_changes_without_a_named_repair(cell: str) -> None:
    column = clean_column(field_of("id_number"), [cell])
    pattern, kind = column.arrays[0].to_pylist()[0], column.arrays[1].to_pylist()[0]
    if kind != "tail4":
        assert (pattern or "") == cell.strip(" ") or column.repairs or not cell.strip()
    column = clean_column(field_of("phones"), [cell])
    phones = column.arrays[0].to_pylist()[0] or []
    assert phones == [cell.strip(" ")] or column.repairs or not cell.strip()


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_of_no_rows_has_the_staged_type(kind: FieldType) -> None:
    field = field_of(kind)
    assert [array.type for array in clean_column(field, []).arrays] == [staged.type for staged in field.staged()]
