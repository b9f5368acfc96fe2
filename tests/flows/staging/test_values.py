"""Every kind of dirt by name, each cell with its value and its repairs."""

from __future__ import annotations

import datetime as dt

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from flows.staging.values.cells import Cell
from flows.staging.values.columns import clean_column
from flows.staging.values.dates import clean_date, clean_month, clean_partial_date
from flows.staging.values.ids import (
    ColumnSigns,
    clean_id,
    clean_licence,
    column_signs,
)
from flows.staging.values.names import clean_name
from flows.staging.values.phones import clean_phones
from flows.staging.values.plain import clean_integer, clean_text, clean_uscc, yes_no_cleaner
from schemas.contracts import load_sources, value_map
from schemas.people import check_digit, is_valid_id

FULL = "500113199001011237"
FULL_X = "11010519491231002X"


def test_the_example_of_the_standard_is_valid_and_its_neighbours_are_not() -> None:
    assert is_valid_id(FULL_X)
    assert not is_valid_id("110105194912310021")
    assert not is_valid_id("110105194902310025")


@pytest.mark.parametrize(
    ("cell", "pattern", "kind", "repair"),
    [
        (FULL_X, FULL_X, "full", None),
        ("11010519491231002x", FULL_X, "full", "lower_case_x"),
        ("11010519491231002х", FULL_X, "full", "cyrillic"),
        ("11010519491231002×", FULL_X, "full", "crossed_x"),
        ("50011319900101123×", "50011319900101123*", "masked", "mask_character"),
        ("'" + FULL_X, FULL_X, "full", "leading_quote"),
        ("‘" + FULL_X, FULL_X, "full", "leading_quote"),
        ("１１０１０５１９４９１２３１００２Ｘ", FULL_X, "full", "full_width"),
        ("110105\u00a019491231 002X", FULL_X, "full", "spaces"),
        (FULL_X + "\t", FULL_X, "full", "spaces"),
        ("\u200b" + FULL_X, FULL_X, "full", "zero_width"),
        ("\ufeff" + FULL_X, FULL_X, "full", "zero_width"),
        ("身份证:" + FULL_X, FULL_X, "full", "extra_text"),
        ("110105194912310021", "110105194912310021", "invalid", "check_digit"),
        ("130503670401001", "130503196704010016", "full", "fifteen_digits"),
        (130503670401001.0, "130503196704010016", "full", "fifteen_digits"),
        (500113199001011000.0, "500113199001011***", "excel15", "excel_tail"),
        ("500113199001011000", "500113199001011***", "excel15", "excel_tail"),
        ("5.00113199001011E+17", "50011319900101****", "masked", "rounded_tail"),
        ("5.00113196903073E+17", "50011319690307****", "masked", "rounded_tail"),
        ("5.0011319690307283E+17", "500113196903072***", "excel15", "rounded_tail"),
        ('="500113196903072842"', "500113196903072842", "full", "formula_text"),
        ("5.00113E+17", "500113************", "masked", "scientific"),
        ("500113199001011264", "500113199001011***", "excel15", "float_tail"),
        ("50011319900101123", "50011319900*******", "masked", "seventeen_digits"),
        ("50011319750223335", "50011319750*2****5", "masked", "seventeen_digits"),
        ("500113********1237", "500113********1237", "masked", None),
        ("500113＊＊＊＊＊＊＊＊1237", "500113********1237", "masked", "full_width"),
        ("500113××××××××1237", "500113********1237", "masked", "mask_character"),
        ("500113XXXXXXXX1237", "500113********1237", "masked", "mask_character"),
        ("500113****1237", "500113********1237", "masked", "mask_length"),
        ("500***********237", "500************237", "masked", "mask_length"),
        ("5****************7", "5****************7", "masked", None),
        ("1****************X", "1****************X", "masked", None),
        ("500113199001******", "500113199001******", "masked", None),
        ("1237", "**************1237", "tail4", None),
        ("002X", "**************002X", "tail4", None),
        ("002x", "**************002X", "tail4", "lower_case_x"),
        ("G12345678", None, "other", "unusable_id"),
        ("5001131990010112370", None, "other", "unusable_id"),
    ],
)
def test_an_id_is_read_as_a_pattern_of_what_it_shows(cell: Cell, pattern: str, kind: str, repair: str | None) -> None:
    cleaned = clean_id(cell)
    assert (cleaned.value.pattern, cleaned.value.kind) == (pattern, kind)
    assert repair in cleaned.repairs if repair else cleaned.repairs == ()


def test_a_full_id_needs_no_repair_and_a_blank_is_nothing() -> None:
    assert clean_id(FULL_X) == ((FULL_X, "full", FULL_X), ())
    assert clean_id("") == (None, ())
    assert clean_id("无") == (None, ("placeholder",))


def test_a_column_full_of_zeros_condemns_even_the_one_whose_check_digit_fits() -> None:
    base = next(text for d in range(1, 29) for s in range(10) if is_valid_id(text := f"500113199001{d:02d}{s}000"))
    damaged = ["500113198001011000", "500113198101012000", "500113198201013000", base]
    signs, right = column_signs(pa.array(damaged))
    assert not right.any()
    assert signs.zeros
    assert clean_id(base, signs).value.kind == "excel15"
    sound, right = column_signs(pa.array([base, FULL_X, "500113198001011237", "500113198001011239"]))
    assert right.tolist()[:2] == [True, True]
    assert clean_id(base, sound).value.kind == "full"


def test_one_zero_tail_in_a_hundred_that_does_not_fit_condemns_those_that_do() -> None:
    """Excel's zeros fit by chance once in eleven; that ID would be another person's, whole and valid."""
    sound = [f"500113199{year}0101{seq:03d}" for year in range(10) for seq in range(11, 21)]
    sound = [first + check_digit(first) for first in sound]
    fitting = next(text for d in range(1, 29) for s in range(10) if is_valid_id(text := f"500113199001{d:02d}{s}000"))
    broken = ["500113198001011000", "500113198101012000"]
    assert not any(is_valid_id(text) for text in broken)
    signs, right = column_signs(pa.array([fitting, *sound, *broken[:1], *(f"1{text[1:]}" for text in sound)]))
    assert not signs.zeros
    signs, right = column_signs(pa.array([fitting, *sound, *broken]))
    assert signs.zeros
    assert [right[0], *right[-2:]] == [False] * 3
    assert right[1 : 1 + len(sound)].all()
    assert clean_id(fitting, signs).value.pattern == f"{fitting[:15]}***"


def test_a_certificate_number_of_fifteen_digits_is_no_id() -> None:
    assert clean_licence("130503670401001") == ((None, "other", "130503670401001"), ())
    assert clean_licence(FULL_X).value.kind == "full"


@given(st.dates(dt.date(1930, 1, 1), dt.date(2008, 12, 31)), st.integers(1, 999), st.integers(0, 17))
def test_a_lost_place_leaves_only_what_is_certain(birth: dt.date, sequence: int, lost: int) -> None:
    first = f"500113{birth:%Y%m%d}{sequence:03d}"
    whole = first + check_digit(first)
    found = clean_id(whole[:lost] + whole[lost + 1 :]).value
    if found.kind == "masked":
        assert all(shown in ("*", true) for shown, true in zip(found.pattern, whole, strict=True))
        assert "*" in found.pattern


ids = st.builds(
    lambda region, day, sequence: (first := f"{region}{day:%Y%m%d}{sequence:03d}") + check_digit(first),
    st.integers(110000, 659999),
    st.dates(dt.date(1920, 1, 1), dt.date(2010, 12, 31)),
    st.integers(1, 999),
)


@given(ids, st.lists(st.booleans(), min_size=18, max_size=18), st.sampled_from("*＊×●?"))
def test_a_mask_in_any_position_keeps_every_visible_digit(full: str, shown: list[bool], sign: str) -> None:
    masked = "".join(digit if visible else sign for digit, visible in zip(full, shown, strict=True))
    if not any(shown) or all(shown) or (sign == "×" and full[17] == "X" and all(shown[:17])):
        return
    expected = masked.replace(sign, "*")
    assert clean_id(masked).value.pattern == expected


@given(ids, st.integers(0, 10), st.integers(0, 6), st.integers(1, 20))
def test_a_mask_of_any_length_keeps_both_ends_in_their_places(full: str, head: int, tail: int, stars: int) -> None:
    if head + tail == 0:
        return
    ending = full[18 - tail :] if tail else ""
    found = clean_id(full[:head] + "*" * stars + ending).value
    assert found.pattern == full[:head] + "*" * (18 - head - tail) + ending


@given(st.lists(ids, max_size=30), st.lists(st.text("0123456789X", min_size=18, max_size=18), max_size=30))
def test_the_whole_column_check_agrees_with_the_single_one(good: list[str], other: list[str]) -> None:
    texts = list(dict.fromkeys([*good, *other]))
    signs, right = column_signs(pa.array(texts, pa.string()))
    tails = ["0000", *(["000"] if signs.zeros else [])]
    whole = [is_valid_id(text) and not text.endswith(tuple(tails)) for text in texts]
    assert right.tolist() == [one and not signs.floats for one in whole]


@given(ids.filter(lambda text: text.isdecimal()), st.booleans())
@example("274486200001010000", False)
def test_an_id_that_went_through_a_float_shows_only_digits_it_had(full: str, as_number: bool) -> None:
    through: Cell = float(full) if as_number else str(int(float(full)))
    cut = float(f"{through:.14e}") == through if isinstance(through, float) else str(through).endswith("000")
    if through == full or cut:
        return  # came back whole, or looks the same as a number that Excel cut to fifteen digits
    found = clean_id(through).value
    if found.kind in ("excel15", "masked"):
        assert all(shown in ("*", true) for shown, true in zip(found.pattern, full, strict=True))
    else:
        assert not as_number or found.kind == "other"


@pytest.mark.parametrize(
    ("cell", "name", "repair"),
    [
        ("张伟", "张伟", None),
        ("张 伟", "张伟", "spaces"),
        ("张\u3000伟", "张伟", "spaces"),
        ("张\u00a0伟", "张伟", "spaces"),
        ("张伟\u200b", "张伟", "zero_width"),
        ("阿不都•依明", "阿不都·依明", "middle_dot"),
        ("阿不都．依明", "阿不都·依明", "middle_dot"),
        ("阿不都‧依明", "阿不都·依明", "middle_dot"),
        ("阿不都・依明", "阿不都·依明", "middle_dot"),
        ("张＊", "张*", "full_width"),
        ("张×三", "张*三", "mask_character"),
        ("张XX", "张**", "mask_character"),
        ("张某", "张*", "mask_character"),
        ("张师傅", "张*", "title_word"),
        ("张伟（离职）", "张伟", "bracket_note"),
        ("李xiao明", "李xiao明", None),
        ("李□明", "李□明", None),
        ("李?明", "李?明", None),
        ("\ue123明", "\ue123明", None),
        ("ZHANG  WEI", "ZHANG WEI", "spaces"),
        ("13812345679", None, "not_a_name"),
        ("---", None, "placeholder"),
        ("+++", None, "not_a_name"),
        ("无", None, "placeholder"),
        ("某某物流有限公司", None, "not_a_person"),
        (42.0, None, "not_a_name"),
        ("示例：张三", None, "not_a_name"),
        ("必填", None, "not_a_name"),
        ('="向秀芬"', "向秀芬", "formula_text"),
    ],
)
def test_a_name_keeps_what_it_says(cell: Cell, name: str | None, repair: str | None) -> None:
    cleaned = clean_name(cell)
    assert cleaned.value == name
    assert repair in cleaned.repairs if repair else cleaned.repairs == ()


@pytest.mark.parametrize(
    ("cell", "phones", "repair"),
    [
        ("13812345679", ("13812345679",), None),
        (13812345679.0, ("13812345679",), None),
        ("+8613812345679", ("13812345679",), "country_code"),
        ("0086-138-1234-5679", ("13812345679",), "country_code"),
        ("8613812345679", ("13812345679",), "country_code"),
        ("138 1234 5679", ("13812345679",), "spaces"),
        ("１３８１２３４５６７９", ("13812345679",), "full_width"),
        ("13812345679、13987654325", ("13812345679", "13987654325"), "several_phones"),
        ("13812345679;13987654325", ("13812345679", "13987654325"), "several_phones"),
        ("13812345679/023-62812345", ("13812345679", "02362812345"), "several_phones"),
        ("13812345679 13987654325", ("13812345679", "13987654325"), "several_phones"),
        ("13812345679，13812345679", ("13812345679",), "several_phones"),
        ("13812345679；", ("13812345679",), None),
        ("1381234567913987654325", ("13812345679", "13987654325"), "several_phones"),
        ("013812345679", ("13812345679",), "leading_zero"),
        ("023-62812345", ("02362812345",), "area_code"),
        ("(023)62812345", ("02362812345",), "area_code"),
        ("138-1234-5679", ("13812345679",), "separators"),
        ("023-62812345转801", ("02362812345",), "extension"),
        ("138****5678", ("138****5678",), None),
        ("138****56", ("138******56",), "mask_length"),
        ("138xxxx5678", ("138****5678",), "mask_character"),
        ("1.38123E+10", ("13812******",), "scientific"),
        ("1381234567", None, "unusable_phone"),
        ("62812345", None, "unusable_phone"),
        ("***********", None, "masked_whole"),
        ("", None, None),
    ],
)
def test_phones_come_out_as_a_list(cell: Cell, phones: tuple[str, ...] | None, repair: str | None) -> None:
    cleaned = clean_phones(cell)
    assert cleaned.value == phones
    assert repair in cleaned.repairs if repair else cleaned.repairs == ()


@pytest.mark.parametrize(
    ("cell", "day", "repair"),
    [
        ("1990-01-02", dt.date(1990, 1, 2), None),
        ("19900102", dt.date(1990, 1, 2), None),
        ("1990.01.02", dt.date(1990, 1, 2), None),
        ("1990.1.2", dt.date(1990, 1, 2), None),
        ("1990/1/2 0:00:00", dt.date(1990, 1, 2), None),
        ("1990年1月2日", dt.date(1990, 1, 2), None),
        ("１９９０年１月２日", dt.date(1990, 1, 2), "full_width"),
        (dt.date(1990, 1, 2), dt.date(1990, 1, 2), None),
        (dt.datetime(1990, 1, 2, 8, 30), dt.date(1990, 1, 2), None),
        (32875.0, dt.date(1990, 1, 2), "serial_date"),
        ("32875", dt.date(1990, 1, 2), "serial_date"),
        (19900102.0, dt.date(1990, 1, 2), None),
        ("32875.0", dt.date(1990, 1, 2), "float_text"),
        ("32875.0000", dt.date(1990, 1, 2), "serial_date"),
        ("32875.33", dt.date(1990, 1, 2), "serial_date"),
        ("３２８７５．５", dt.date(1990, 1, 2), "full_width"),
        ("19900102.0", dt.date(1990, 1, 2), "float_text"),
        ("199001.00", dt.date(1990, 1, 1), "month_only"),
        ("1990.0", None, "year_only"),
        ("1990-01-02 上午 8:00", dt.date(1990, 1, 2), None),
        ("1990/1/2 下午3:05", dt.date(1990, 1, 2), None),
        ("1990/1/2下午11:05:09", dt.date(1990, 1, 2), None),
        ("1990年1月2日 晚上8点", dt.date(1990, 1, 2), None),
        ("1990-01-02 3:05:00 PM", dt.date(1990, 1, 2), None),
        ("1990-01-02 星期二 上午 12:00", dt.date(1990, 1, 2), None),
        ("下午3:05", None, "unusable_date"),
        ("1990年1月", dt.date(1990, 1, 1), "month_only"),
        ("1990", None, "year_only"),
        ("二〇〇一年七月一日", dt.date(2001, 7, 1), "chinese_digits"),
        ("一九九八年十二月二十三日", dt.date(1998, 12, 23), "chinese_digits"),
        ("九八年七月", None, "unusable_date"),
        ("至今", None, "open_ended"),
        ("长期", None, "open_ended"),
        ("9999-12-31", None, "open_ended"),
        ("1900-01-00", None, "zero_date"),
        (dt.time(0, 0), None, "zero_date"),
        ("1990-02-30", None, "unusable_date"),
        ("90.1.2", None, "unusable_date"),
        ("02/03/1990", None, "unusable_date"),
        ("", None, None),
    ],
)
def test_dates_in_every_form_an_office_writes(cell: Cell, day: dt.date | None, repair: str | None) -> None:
    cleaned = clean_date(cell)
    assert cleaned.value == day
    assert repair in cleaned.repairs if repair else cleaned.repairs == ()


@pytest.mark.parametrize(
    ("cell", "prefix"),
    [
        ("1990", "1990"),
        (1990.0, "1990"),
        ("199001", "1990-01"),
        (199001.0, "1990-01"),
        ("199001.0", "1990-01"),
        ("32875.0", "1990-01-02"),
        ("1990.0", "1990"),
        ("1990.10", "1990-10"),
        (1990.05, "1990-05"),
        ("1990年10月生", "1990-10"),
        ("19900131", "1990-01-31"),
    ],
)
def test_a_partial_date_keeps_what_is_given(cell: Cell, prefix: str) -> None:
    assert clean_partial_date(cell).value == prefix


def test_a_number_that_lost_its_last_zero_gives_only_the_year() -> None:
    assert clean_partial_date(1990.1) == ("1990", ("month_lost",))


def test_months_texts_numbers_and_codes() -> None:
    assert clean_month("202301").value == dt.date(2023, 1, 1)
    assert clean_month(202301.0).value == dt.date(2023, 1, 1)
    assert clean_month("至今") == (None, ("open_ended",))
    assert clean_text(1001.0) == ("1001", ())
    assert clean_text("  站点\u3000一 ") == ("站点 一", ("spaces",))
    assert clean_text("Ａ１２") == ("A12", ("full_width",))
    assert clean_integer("90天") == (90, ("counting_word",))
    assert clean_integer("很多") == (None, ("unusable_number",))
    assert clean_uscc("91500113ma5u000000") == ("91500113MA5U000000", ("lower_case",))
    politics = yes_no_cleaner(value_map("politics"))
    assert [politics(cell).value for cell in ("是", "中共党员", "群众", "", 1.0, "民盟")] == [
        True, True, False, None, True, False,
    ]  # fmt: skip
    assert politics("民盟").repairs == ()
    assert politics("出党").repairs == ("unknown_value",)
    assert politics("不详").repairs == ("placeholder",)


# GB/T 4762: names and short forms by code. Whoever is in no Party says 否; a League member says nothing of the Party.
STANDARD = {
    "01": (True, "中国共产党党员 中共党员 党员"),
    "02": (True, "中国共产党预备党员 中共预备党员 预备党员"),
    "03": (None, "中国共产主义青年团团员 共青团员 团员"),
    "04": (False, "中国国民党革命委员会会员 民革会员 民革党员 民革"),
    "05": (False, "中国民主同盟盟员 民盟盟员 民盟"),
    "06": (False, "中国民主建国会会员 民建会员 民建"),
    "07": (False, "中国民主促进会会员 民进会员 民进"),
    "08": (False, "中国农工民主党党员 农工党党员 农工党"),
    "09": (False, "中国致公党党员 致公党党员 致公党"),
    "10": (False, "九三学社社员 九三学社"),
    "11": (False, "台湾民主自治同盟盟员 台盟盟员 台盟"),
    "12": (False, "无党派民主人士 无党派人士 无党派"),
    "13": (False, "群众 普通公民"),
}


@pytest.mark.parametrize(("code", "meant", "words"), [(code, *rest) for code, rest in STANDARD.items()])
def test_every_word_of_the_politics_standard_is_known(code: str, meant: bool | None, words: str) -> None:
    politics = yes_no_cleaner(value_map("politics"))
    for word in words.split():
        cells = (code, word, f"{code}-{word}", f"{word}（{code}）")
        assert [politics(cell) for cell in cells] == [(meant, ())] * 4


def politics_column(*cells: Cell) -> tuple[list[bool | None], set[str]]:
    """What a column 政治面貌 says, and what is complained of."""
    field = load_sources()["human_resources"].field("declared_member")
    assert field
    column = clean_column(field, list(cells))
    return column.arrays[0].to_pylist(), {repair for _, repair, _ in column.repairs}


def test_bare_numbers_are_politics_codes_only_beside_codes_of_two_digits() -> None:
    assert politics_column(13.0, 1.0, 2.0, 3.0, 4.0, "") == ([False, True, True, None, False, None], set())
    assert politics_column("1", "2", "3") == ([True, None, None], {"unknown_value"})


anything = st.one_of(
    st.text(max_size=40),
    st.text("0123456789.*xX-/年月日 +E", max_size=24),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(10**20), 10**20).map(float),
    st.datetimes(),
    st.dates(),
    st.times(),
    st.timedeltas(),
)


@given(anything)
@example(",")
@example("²")
@example("①")
@example("0000-00-00")
@example("٠١٢٣٤٥٦٧٨٩٠١٢٣٤٥٦٧")
def test_no_cell_makes_any_cleaner_raise_and_no_change_goes_unnamed(cell: Cell) -> None:
    cleaners = (
        clean_id, clean_licence, clean_name, clean_phones, clean_date, clean_partial_date, clean_month,
        clean_text, clean_integer, clean_uscc, yes_no_cleaner(value_map("yes_no")),
    )  # fmt: skip
    for clean in cleaners:
        cleaned = clean(cell)
        if isinstance(cell, str) and cell.strip() and cleaned.value is None:
            assert cleaned.repairs, f"{clean} lost a value without a name"
    found = clean_id(cell, ColumnSigns()).value
    if found is not None and found.pattern is not None:
        assert len(found.pattern) == 18
        assert set(found.pattern) <= set("0123456789X*")
