"""Equal values are equal however written or typed, words for nothing are none, what is unread is counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from importlib import resources

import numpy as np
import pyarrow as pa
import pytest

from matchers.encoding.cells import encode_partial_dates, encode_phone_lists
from matchers.encoding.ids import encode_ids
from matchers.encoding.names import encode_names
from matchers.encoding.numbers import encode_dates, encode_phones
from matchers.encoding.several import Numbers
from matchers.encoding.text import encode_category, encode_text
from matchers.model.link_model import parse_link_model
from matchers.sides.encoded import encode_sides
from matchers.sides.unread import Unread, unread_lines
from tests.matchers.conftest import full_id

FIVE = [
    pa.array(["5", "5.0", "5.00", " 5 ", "５", "５．０", "5.", "0.5E+01"]),
    pa.array([5, 5], pa.int8()), pa.array([5.0]), pa.array([5.0], pa.float16()),
    pa.array([Decimal("5.00")]), pa.array([Decimal("5")]), pa.array(["5.00"]).dictionary_encode(),
    pa.array(["5"], pa.large_string()), pa.array(["5"], pa.string_view()),
]  # fmt: skip
ALIKE = [
    ["Café", "Cafe\u0301", "CAFÉ", " café ", "café\u3000", "ｃａｆé"],
    ["重庆蓝骑公司", "重庆蓝骑公司 ", "\u3000重庆蓝骑公司", "\ufeff重庆蓝骑公司"],
    ["Blue  Rider", "blue rider", "BLUE\u00a0RIDER", "Ｂｌｕｅ　Ｒｉｄｅｒ"],
    ["1234.5", "1,234.50", "1234.500"],
]
UNLIKE = [["5", "05", "50", "-5", "5a"], ["1.2.0", "1.2"], ["A区", "B区"], ["13812345678", "+13812345678"]]
NOTHING = [
    "nan",
    "NULL",
    "None",
    r"\N",
    "#N/A",
    "暂无",
    "不详",
    "/",
    "-",
    "（null）",
    "无",
    "暂 无",
    "",
    "  ",
    "N/A",
    "未知",
]


@pytest.mark.parametrize("encode", [encode_category, lambda column: encode_text(column)[0]], ids=["category", "text"])
def test_categories_and_texts_are_equal_however_typed_or_written(encode) -> None:  # type: ignore[no-untyped-def]
    assert len({int(value) for column in FIVE for value in encode(column)}) == 1
    for texts in ALIKE:
        assert len({int(value) for value in encode(pa.array(texts))}) == 1, texts
    for texts in UNLIKE:
        assert len({int(value) for value in encode(pa.array(texts))}) == len(texts), texts
    assert not encode(pa.array(NOTHING)).any()
    assert encode(pa.array(["无锡", "空港", "无锡-1", "纳尼"])).all()


def test_words_for_nothing_are_no_names_and_no_numbers() -> None:
    columns = pa.array(NOTHING)
    assert not encode_names(columns).kind.any()
    assert not encode_ids(columns).kind.any()
    assert not encode_phones(columns)[1].any()
    assert not encode_dates(columns).any()
    assert not encode_partial_dates(columns)["day"].any()  # type: ignore[union-attr]
    assert encode_names(pa.array(["吴锡", "南详", "Nana"])).kind.all()


PHONES = [
    "13812345670", "138 1234 5670", "138-1234-5670", "+8613812345670", "+86 138-1234-5670", "0086 13812345670",
    "8613812345670", "１３８１２３４５６７０", "013812345670", "13812345670.0", "电话：13812345670",
    "13812345670、13812345670", "1.3812345670E+10",
]  # fmt: skip


def test_a_phone_is_read_whatever_stands_between_or_before_its_digits() -> None:
    for column in (
        pa.array(PHONES),
        pa.array([13812345670]),
        pa.array([13812345670.0]),
        pa.array([Decimal(13812345670)]),
    ):
        assert set(encode_phones(column)[0].tolist()) == {encode_phones(pa.array(PHONES[:1]))[0][0]}
        numbers = encode_phone_lists(column)["all"]
        assert isinstance(numbers, Numbers)
        assert set(numbers.digits.tolist()) == {encode_phones(pa.array(PHONES[:1]))[0][0]}
    masked = encode_phones(pa.array(["138****5670", "138-xxxx-5670", "138＊＊＊＊5670", "+86 138●●●●5670"]))
    assert [len(set(one.tolist())) for one in masked] == [1, 1]
    none = ["12345", "13812345670、13912345671", "G12345678", "1.38E+10", "没电话"]
    assert not encode_phones(pa.array(none))[1].any()


def test_an_id_is_read_whatever_stands_between_its_digits() -> None:
    whole = full_id("500113", "19900307", "851")
    ways = [whole, f" {whole} ", f"'{whole}", f"{whole[:6]} {whole[6:14]} {whole[14:]}",
            f"{whole[:6]}-{whole[6:14]}-{whole[14:]}",
            "".join(chr(ord(sign) + 0xFEE0) for sign in whole), f"{whole}\u200b"]  # fmt: skip
    found = encode_ids(pa.array(ways))
    assert found.kind.tolist() == [1] * len(ways)
    assert (len(set(found.head.tolist())), len(set(found.tail.tolist()))) == (1, 1)
    crosses = encode_ids(pa.array(["11010519491231002X", "11010519491231002x", "11010519491231002\u0445"]))
    assert crosses.kind.tolist() == [1, 1, 1]
    assert encode_ids(pa.array([Decimal(500113199003078517)])).kind[0] in (1, 3)
    lost = encode_ids(pa.array([500113199003078517.0]))
    assert (lost.kind[0], lost.tail_mask[0] >> np.uint64(24)) == (2, 0)  # a float holds fifteen digits
    assert not encode_ids(pa.array(["E12345678", "5.00113E+17", "澳门居民"])).kind.any()


DAYS = [
    "1990-03-07", "1990/3/7", "1990.03.07", "1990年3月7日", "19900307", "1990-03-07 00:00:00", "1990/3/7 8:05",
    "07/03/1990",    "１９９０－０３－０７", "1990-03-07T16:00:00Z", "19900307.0", "32939", " 1990-03-07 ",
    "1990年03月07日 10时", "19900307120000",
]  # fmt: skip


def test_a_day_is_read_in_every_writing_by_both_kinds_of_dates() -> None:
    typed = [
        pa.array([date(1990, 3, 7)]), pa.array([date(1990, 3, 7)], pa.date64()), pa.array([datetime(1990, 3, 7, 9)]),
        pa.array([datetime(1990, 3, 6, 16, tzinfo=UTC)]), pa.array([19900307]), pa.array([19900307.0]),
        pa.array([Decimal("19900307")]), pa.array(["1990-03-07"]).dictionary_encode(),
    ]  # fmt: skip
    for column in (pa.array(DAYS), *typed):
        assert set(encode_dates(column).tolist()) == {19900307}
        assert set(encode_partial_dates(column)["day"].tolist()) == {19900307}  # type: ignore[union-attr]
    parts = encode_partial_dates(pa.array(["1990年3月", "1990-03", "199003", "1990", "1990年", "1990.3"]))["day"]
    assert parts.tolist() == [19900300, 19900300, 19900300, 19900000, 19900000, 19900300]  # type: ignore[union-attr]
    none = pa.array(["1900-01-01", "1970-01-01 08:00:00", "9999-12-31", "1990-13-07", "abc", "3287年14月"])
    assert not encode_dates(none).any()
    assert not encode_partial_dates(none)["day"].any()  # type: ignore[union-attr]


def test_what_is_filled_and_unread_is_counted_by_column_and_reason() -> None:
    model = parse_link_model((resources.files("matchers.models") / "people.toml").read_text("utf-8"), "people")
    slip = full_id("500113", "19900307", "851")
    slip = slip[:16] + str((int(slip[16]) + 1) % 10) + slip[17]
    rows = [
        {"name": "王伟", "id_number": slip, "phone": "12345", "birth_date": "哪天", "employer": "暂无"},
        {"name": "暂无", "id_number": "111111111111111111", "phone": "13800000000", "birth_date": "1970-01-01"},
        {"name": "李芳", "id_number": "护照E1", "phone": "无", "birth_date": "-", "employer": "NULL"},
        {"name": "***", "id_number": "", "phone": None, "birth_date": "1990年3月7日"},
        *({"name": f"王{given}", "phone": "13977001234"} for given in "芳娜敏静丽强"),
    ]
    columns = dict.fromkeys(("id_number", "phone", "birth_date", "sex", "district", "employer"))
    table = pa.Table.from_pylist([columns | row | {"row_id": str(at)} for at, row in enumerate(rows)])
    for given in (
        table,
        pa.table({name: table[name].cast(pa.string()).dictionary_encode() for name in table.schema.names}),
    ):
        unread = encode_sides(given, None, model, ids=("row_id", "row_id")).unread
        assert unread == {"table": {
            "id_number": Unread(unreadable=1, dummy=1, failed_check=1),
            "phone": Unread(unreadable=1, dummy=1, shared=6),
            "birth_date": Unread(unreadable=1, dummy=1),
        }}  # fmt: skip
    assert unread_lines(unread)[1] == (
        "表中 phone 列：1 格有字而读不出，1 格是假号或默认值，6 格的号码与许多不同姓名并列；这些不作一致的依据"
    )


NEAR_IDS = {"first9", "last4"}
"""Keys of the parts that one wrong digit leaves whole: they find what may be a typing error, beside the name alone."""


def test_a_failed_check_digit_or_an_impossible_birth_makes_no_key_but_of_the_parts_left_whole() -> None:
    from matchers.kinds.chinese import CHINESE
    from matchers.kinds.places import places_values
    from matchers.kinds.plain import KINDS
    from matchers.model.district import district_model

    ids = encode_ids(pa.array(["500113199003078511", "500113199013078517"]))
    assert ids.kind.tolist() == [3, 3]
    columns = {f"c_{form}": getattr(ids, form) for form in ("head", "head_mask", "tail", "tail_mask", "kind", "birth")}
    kind = KINDS["resident_id"]
    for parts in kind.places.values():
        assert not places_values(columns, "c", parts).any()
    import duckdb

    con = duckdb.connect()
    con.register("given", columns)
    masked = [sql for form, sql in CHINESE["masked_id"].keys.items() if form not in NEAR_IDS]
    rules = [
        keys for keys in district_model().blocking.values() if any(key.partition(".")[2] in NEAR_IDS for key in keys)
    ]
    assert all(any(key.startswith("name.") for key in keys) for keys in rules) and rules
    for sql in (*kind.keys.values(), *masked):
        assert con.sql(f"select {sql.replace('{c}', 'c')} from given").fetchall() == [(None,), (None,)], sql
