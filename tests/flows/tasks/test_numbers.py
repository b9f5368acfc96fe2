"""Task numbers and check codes survive hands and spreadsheets, and cannot be made up."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from flows.keys import DistrictKey
from flows.tasks.numbers import check_code, lead_letters, read_code, read_number, sheet_date, task_number

KEY = DistrictKey(b"a key that tests alone use")
WIDE = {ord(sign): ord(sign) + 0xFEE0 for sign in map(chr, range(0x21, 0x7F))}

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
    check = check_code(KEY, number)
    assert read_code(check.lower().translate(WIDE)) == check


@given(people, codes, codes, days)
def test_a_check_code_belongs_to_one_number_and_one_key(person: str, code: str, other: str, day: date) -> None:
    number = task_number(day, lead_letters(KEY, person, code))
    elsewhere = task_number(day, lead_letters(DistrictKey(b"the key of another district"), person, code))
    assert number != elsewhere
    if code != other:
        assert check_code(KEY, number) != check_code(KEY, task_number(day, lead_letters(KEY, person, other)))


@given(st.text(max_size=30))
def test_no_other_text_is_a_number_or_a_code_by_chance(text: str) -> None:
    number = read_number(text)
    assert number is None or (len(number) == 17 and number[:6].isdigit())
    assert read_code("2026-11-20") is None
    assert read_code("12E45") is None
