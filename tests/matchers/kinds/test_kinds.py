"""What two cells of Chinese people tables show of each other, level by level, read one by one."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchers.encoding.cells import encode_chinese_names
from matchers.engines.district import encode_rows, matching
from matchers.model.district import district_model
from matchers.model.link_model import LinkModel
from matchers.weighing.levels import comparison, levels_of_pairs
from tests.matchers.conftest import full_id

ID = full_id()
_COLUMNS = ("name", "id_number", "phone", "birth_date", "sex")


def alone(column: str) -> LinkModel:
    """The district's model with one column only."""
    whole = district_model()
    return whole.model_copy(
        update={
            "columns": {column: whole.columns[column]},
            "comparisons": {column: whole.comparisons[column]},
            "implied": {},
        }
    )


def levels(column: str, pairs: list[tuple[Any, Any]]) -> list[str]:
    """The level of each pair of cells."""
    model = alone(column)
    sides = [
        pa.table({"row_id": pa.array(range(len(pairs)), pa.int64()), column: pa.array([pair[place] for pair in pairs])})
        for place in (0, 1)
    ]
    both, rows = encode_rows(*sides, model).both, np.arange(len(pairs))
    with matching(None) as con:
        numbers = levels_of_pairs(con, comparison(model, column), both, (rows, rows))
    return [("null", *model.comparisons[column])[number] for number in numbers]


NAMES = {
    ("孟繁星", "孟繁星"): "exact", ("孟 繁·星", "孟繁星"): "exact", ("劉偉", "刘伟"): "simplified",
    ("单小曾", "丹小曾"): "different", ("张伟", "张玮"): "sound", ("孟繁星", "孟星繁"): "swapped",
    ("林莉", "林尼"): "near_sound", ("孟□星", "孟繁星"): "placeholder", ("孟*星", "孟繁星"): "masked",
    ("张师傅", "张三"): "masked", ("张*", "李三"): "different", ("孟繁星", "孟德星"): "one_character",
    ("", "孟繁星"): "null", ("***", "孟繁星"): "null",
}  # fmt: skip


def test_names_are_compared_character_by_character() -> None:
    assert dict(zip(NAMES, levels("name", list(NAMES)), strict=True)) == NAMES


IDS = {
    (ID, ID): "full", (ID[:15] + "***", ID): "first15", (ID[:6] + "*" * 8 + ID[-4:], ID): "head6_tail4",
    ("*" * 14 + ID[-4:], ID): "tail4", (ID[:3] + "*" * 15, ID): "partial", ("9" + "*" * 17, ID): "conflict",
    (full_id(sequence="853"), ID): "conflict", ("*" * 18, ID): "null", ("护照E123", ID): "null",
    ("00000" + ID[5:], ID): "conflict",
}  # fmt: skip


def test_ids_agree_as_far_as_both_show() -> None:
    assert dict(zip(IDS, levels("id_number", list(IDS)), strict=True)) == IDS


@settings(max_examples=10, deadline=None)
@given(place=st.integers(0, 16), digit=st.integers(1, 9))
def test_one_wrong_digit_and_two_neighbours_turned_are_told_from_another_persons_id(place: int, digit: int) -> None:
    wrong = ID[:place] + str((int(ID[place]) + digit) % 10) + ID[place + 1 :]
    turned = ID[:place] + ID[place + 1] + ID[place] + ID[place + 2 :]
    far = (place + 2) % 17
    twice = "".join(str((int(c) + 3) % 10) if at in (place, far) else c for at, c in enumerate(ID[:17])) + ID[17]
    found = levels("id_number", [(wrong, ID), (turned, ID), (twice, ID)])
    assert found[0] == "one_digit"
    assert found[1] == ("full" if turned == ID else "one_digit")
    assert found[2] == "conflict"


PHONES = {
    ("13800001234", "13800001234"): "full", ("138****1234", "13800001234"): "head3_tail4",
    ("*******1234", "13800001234"): "tail4", ("138********", "13800001234"): "partial",
    ("13800001234、13900005678", "13900005678"): "full", ("+86 138-0000-1234", "13800001234"): "full",
    ("62881234", "62881234"): "full", ("62881234", "62889999"): "conflict", ("138****1235", "13800001234"): "conflict",
    ("", "13800001234"): "null",
}  # fmt: skip


def test_phones_agree_by_the_best_of_all_numbers_of_a_cell() -> None:
    assert dict(zip(PHONES, levels("phone", list(PHONES)), strict=True)) == PHONES


DATES = {
    ("1990-03-07", "1990-03-07"): "full", ("1990-03", "1990-03-07"): "year_month", ("1990", "1990-03-07"): "year",
    ("1990-07-03", "1990-03-07"): "swapped", ("1991", "1990-03-07"): "conflict", ("", "1990-03-07"): "null",
    ("1990-03", "1990-03"): "year_month", ("1990年3月7日", "1990-03-07"): "full",
}  # fmt: skip


def test_dates_agree_as_far_as_they_are_given() -> None:
    assert dict(zip(DATES, levels("birth_date", list(DATES)), strict=True)) == DATES


@pytest.mark.parametrize("column", _COLUMNS)
def test_a_comparison_has_no_sides(column: str) -> None:
    cases = {"name": NAMES, "id_number": IDS, "phone": PHONES, "birth_date": DATES, "sex": {("男", "女"): ""}}[column]
    there = list(cases)
    assert levels(column, there) == levels(column, [(second, first) for first, second in there])


def test_a_name_reads_the_same_beside_names_of_any_length() -> None:
    alone_there, beside = (
        encode_chinese_names(pa.chunked_array([pa.array(names, pa.string())]))
        for names in (["孟繁星"], ["孟繁星", "阿卜杜热合曼·买买提依明·吐尔逊尼亚孜", "张*"])
    )
    assert [alone_there[form][0] for form in ("raw", "key")] == [beside[form][0] for form in ("raw", "key")]
