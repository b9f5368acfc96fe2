"""Task numbers and check codes survive hands and spreadsheets, and cannot be made up."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.home.keys import DistrictKey
from flows.tasks.numbers import (
    BoundCells,
    check_code,
    lead_letters,
    masked_phones,
    phone_fits,
    read_code,
    read_number,
    row_fits,
    sheet_date,
    task_number,
)

KEY = DistrictKey(b"a key that tests alone use")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in map(chr, range(0x21, 0x7F))}

ROW = BoundCells("张*", "138****5678\n023-6666", "云山配送站", "云溪街道", "登记信息核实")
people = st.text("abcdefghij234567", min_size=26, max_size=26).map("p-".__add__)
codes = st.sampled_from(["S1", "P1", "L1", "Y1", "P2", "F1", "F2", "W1", "D1"])
days = st.dates(date(2020, 1, 1), date(2060, 1, 1))


def typed(number: str) -> st.SearchStrategy[str]:
    """The ways a hand, an input method or a spreadsheet may change a number."""
    ways = [
        str.lower,
        lambda text: text.translate(WIDE),
        lambda text: f" {text}\u3000",
        lambda text: text.replace("-", "—"),
        lambda text: text.replace("-", "－"),
        lambda text: f"'{text}",
        lambda text: text.replace("-", ""),
        lambda text: text[:9] + " " + text[9:],
    ]
    return st.sampled_from([way(number) for way in ways])


@given(st.data(), people, codes, days)
def test_a_number_is_read_however_it_was_typed(data: st.DataObject, person: str, code: str, day: date) -> None:
    number = task_number(day, lead_letters(KEY, person, code))
    assert read_number(data.draw(typed(number))) == number
    assert sheet_date(number) == day
    check = check_code(KEY, number, ROW)
    for typed_code in (check.lower().translate(WIDE), check.replace("-", ""), check.replace("-", " — ")):
        assert read_code(typed_code) == check


@given(people, codes, codes, days)
def test_a_check_code_belongs_to_one_number_and_one_key(person: str, code: str, other: str, day: date) -> None:
    number = task_number(day, lead_letters(KEY, person, code))
    elsewhere = task_number(day, lead_letters(DistrictKey(b"the key of another district"), person, code))
    assert number != elsewhere
    if code != other:
        assert check_code(KEY, number, ROW) != check_code(KEY, task_number(day, lead_letters(KEY, person, other)), ROW)


@pytest.mark.parametrize(
    ("row", "fits", "phone"),
    [
        (BoundCells("张三", "138****5678\n023-6666", "云山\n配送 站", "云溪街道", "登记信息核实"), True, True),
        (BoundCells("张*", "13812345678、023-6666", "云山配送站", "云溪街道", "登记信息核实"), True, True),
        (BoundCells("张*", "139****5678\n023-6666", "云山配送站", "云溪街道", "登记信息核实"), True, False),
        (BoundCells("李*", "138****5678\n023-6666", "云山配送站", "云溪街道", "登记信息核实"), False, True),
        (BoundCells("张*", "138****5678\n023-6666", "石栈配送站", "云溪街道", "登记信息核实"), False, True),
        (BoundCells("张*", "138****5678\n023-6666", "云山配送站", "石栈街道", "登记信息核实"), False, True),
        (BoundCells("张*", "138****5678\n023-6666", "云山配送站", "云溪街道", "从业时间核实"), False, True),
    ],
)
def test_a_code_binds_what_the_row_shows_however_it_is_laid_out(row: BoundCells, fits: bool, phone: bool) -> None:
    number = "261120-BCDFGHJKMN"
    code = check_code(KEY, number, ROW)
    assert (row_fits(KEY, number, code, row), phone_fits(KEY, number, code, row)) == (fits, phone)
    assert not row_fits(KEY, "261120-BCDFGHJKMP", code, ROW)
    assert masked_phones("（无）") != masked_phones("")


@given(st.text(max_size=30))
def test_no_other_text_is_a_number_or_a_code_by_chance(text: str) -> None:
    number = read_number(text)
    assert number is None or (len(number) == 17 and number[:6].isdigit())
    assert read_code("2026-11-20") is None
    assert read_code("12E45") is None
