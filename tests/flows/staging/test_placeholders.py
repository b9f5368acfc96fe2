"""Cells that hold no value of their own: dummies, words for nothing and for the same, default days, labels of sums."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.staging.ditto import Fill, fill_dittos
from flows.staging.values.cells import Cell
from flows.staging.values.columns import clean_column
from flows.staging.values.dates import clean_date, clean_month, clean_partial_date
from flows.staging.values.ids import clean_id
from flows.staging.values.names import clean_name, former_names
from flows.staging.values.phones import clean_phones
from flows.staging.values.plain import clean_integer, clean_text, clean_uscc
from schemas.contracts import SourceField
from schemas.people import check_digit
from tests.flows.staging.night import staged

FIRST = "50011319900101123"


@pytest.mark.parametrize(
    ("cell", "pattern", "repair"),
    [
        ("111111111111111111", None, "dummy_number"),
        ("000000000000000000", None, "dummy_number"),
        (0.0, None, "unusable_id"),
        ("123456789012345678", None, "dummy_number"),
        ("987654321098765432", None, "dummy_number"),
        ("111111********1111", None, "dummy_number"),
        ("123456********5678", None, "dummy_number"),
        ("111111111111111", None, "dummy_number"),
        ("0000", None, "dummy_number"),
        ("500113199013010011", None, "impossible_birth"),
        ("500113199002301237", None, "impossible_birth"),
        ("500113188801011236", None, "impossible_birth"),
        ("500113199*13******", None, "impossible_birth"),
        ("500113199001010000", "50011319900101****", "unknown_tail"),
        ("500113900101000", "50011319900101****", "unknown_tail"),
        ("500113********0000", "500113************", "unknown_tail"),
        ("500113199001011237.0", "500113199001011237", "float_text"),
    ],
)
def test_an_id_that_stands_for_none_is_none(cell: Cell, pattern: str | None, repair: str) -> None:
    cleaned = clean_id(cell)
    assert (cleaned.value.pattern if cleaned.value else None) == pattern
    assert repair in cleaned.repairs


def test_four_zeros_are_excels_only_where_its_other_damage_is_more_frequent() -> None:
    field = SourceField(name="id_number", title="身份证号", type="id_number", aliases=())
    zeros = [f"500113198{n}0102{n}000" for n in range(1, 9)]
    (pattern, _, _) = clean_column(field, [*zeros, "500113199001010000"]).arrays
    assert pattern.to_pylist()[-1] == "500113199001010***"
    (pattern, _, _) = clean_column(field, ["500113199001010000", "500113198502030000", zeros[0]]).arrays
    assert pattern.to_pylist()[:2] == ["50011319900101****", "50011319850203****"]
    numbers: list[Cell] = [500113199001010000.0, 500113198502030000.0]
    assert clean_column(field, numbers).arrays[0].to_pylist() == ["50011319900101****", "50011319850203****"]


@pytest.mark.parametrize(
    "cell",
    ["13800000000", "13800138000", "138-0000-0000", "13888888888", "13812345678", "12345678901", 11111111111.0,
     "00000000000", "138****0000"],
)  # fmt: skip
def test_a_phone_that_stands_for_none_is_none(cell: Cell) -> None:
    cleaned = clean_phones(cell)
    assert cleaned.value is None
    assert "dummy_number" in cleaned.repairs


def test_a_phone_beside_a_dummy_stays() -> None:
    assert clean_phones("13800000000/19876100021") == (("19876100021",), ("dummy_number",))
    assert clean_phones("19876100021.0").value == ("19876100021",)


@pytest.mark.parametrize(
    "word", ["NaN", "（null）", "None", "\\N", "undefined", "＃ＲＥＦ！", "N/A", "暂 无", "不详", "/", "-"]
)
def test_a_word_for_nothing_is_nothing_in_every_field(word: str) -> None:
    for clean in (clean_name, clean_text, clean_date, clean_partial_date, clean_month, clean_uscc, clean_integer):
        assert clean(word) == (None, ("placeholder",)) or clean(word) == (None, ("full_width", "placeholder")), clean
    assert clean_id(word).value is None
    assert clean_phones(word).value is None


@pytest.mark.parametrize("text", ["无锡一站", "空港快递", "未来科技有限公司", "同上路一站", "NANA美容", "A/B栋"])
def test_a_unit_that_holds_such_a_word_is_a_unit(text: str) -> None:
    assert clean_text(text) == (text, ())


@pytest.mark.parametrize(
    ("cell", "name", "repair"),
    [
        ("买买提&middot;吐尔逊", "买买提·吐尔逊", "html_entity"),
        ("李皓&amp;#29673;", "李皓珩", "html_entity"),
        ("王⻓风", "王长风", "radical"),
        ("赵⽴言", "赵立言", "radical"),
        ("周明\ufe00轩", "周明轩", "zero_width"),
        ("周明\U000e0101轩", "周明轩", "zero_width"),
        ("\u3164吴思远\u115f", "吴思远", "zero_width"),
        ("郑可欣😀", "郑可欣", "emoji"),
        ("★李明", "李明", "emoji"),
        ("王芳`", "王芳", "edge_sign"),
        ("孙若溪（曾用名：孙小芳）", "孙若溪", "former_name"),
        ("孙若溪[原名 孙小芳]", "孙若溪", "former_name"),
        ("孙若溪 曾用名孙小芳", "孙若溪", "former_name"),
        ("李%明", "李%明", "odd_sign"),
        ("王皓衡(王强)", "王皓衡(王强)", "odd_sign"),
        ("汇总", None, "not_a_name"),
        ("合计：", None, "not_a_name"),
        ("甲", None, "not_a_name"),
    ],
)
def test_a_name_is_what_a_reader_sees_and_any_sign_left_is_flagged(cell: str, name: str | None, repair: str) -> None:
    cleaned = clean_name(cell)
    assert cleaned.value == name
    assert repair in cleaned.repairs


def test_a_former_name_is_kept_beside_the_first() -> None:
    assert former_names("孙若溪（曾用名：孙小芳、孙大芳）") == ("孙小芳", "孙大芳")
    assert former_names("孙若溪") == ()
    assert former_names("曾用名") == ()


@pytest.mark.parametrize(
    "cell",
    ["1970-01-01", "1970/1/1 8:00:00", "1970-01-01T00:00:00Z", "1969-12-31T16:00:00Z", "1900-01-01", "1899-12-30",
     "0001-01-01", "0001-01-01 00:00:00", dt.date(1970, 1, 1), dt.datetime(1970, 1, 1, 8), 25569.0, "1904-01-01"],
)  # fmt: skip
def test_a_day_that_programs_write_for_none_is_none(cell: Cell) -> None:
    cleaned = clean_date(cell)
    assert cleaned.value is None
    assert "default_date" in cleaned.repairs


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("1990-01-01T16:00:00Z", dt.date(1990, 1, 2)),
        ("1990-01-01 16:00:00+00:00", dt.date(1990, 1, 2)),
        ("1990-01-01T15:00:00.000Z", dt.date(1990, 1, 1)),
        ("1990-01-02T00:00:00+08:00", dt.date(1990, 1, 2)),
        ("1988-06-30T15:00:00Z", dt.date(1988, 7, 1)),  # summer time
    ],
)
def test_a_moment_with_a_zone_is_the_day_in_china(cell: str, day: dt.date) -> None:
    assert clean_date(cell).value == day


@pytest.mark.parametrize(
    "cells",
    [
        ["1990-01-01 23:59:59", "1985-03-04 23:59:00"],
        ["1990-01-01 23:00:00", "", "1985-03-04 23:00"],
        [dt.datetime(1990, 1, 1, 16), dt.datetime(1985, 3, 4, 16)],
        [32874.99999, 31110.99999],
        ["32874.99999", "31110.99999"],
        ["1990/1/1 下午 11:59:59", "1985/3/4 下午11:59:00"],
        ["1990-01-01 4:00:00 PM", "1985-03-04 11:00 PM"],
    ],
)
def test_a_column_whose_every_time_is_late_means_the_day_after(cells: list[Cell]) -> None:
    field = SourceField(name="birth_date", title="出生日期", type="partial_date", aliases=())
    column = clean_column(field, cells)
    assert [day for day in column.arrays[0].to_pylist() if day] == ["1990-01-02", "1985-03-05"]
    assert {repair for _, repair, _ in column.repairs} == {"next_day"}
    mixed = clean_column(field, [*cells, "1990-05-06 08:30:00"])
    assert mixed.arrays[0].to_pylist()[0] == "1990-01-01"


def test_a_ditto_takes_the_row_above_or_the_cell_on_the_left() -> None:
    columns = [["甲站", "同上", "〃", "乙站"], ["〃", "x", "同左", "（同上）"]]
    filled, fills = fill_dittos(columns, {}, ["常住地址", "家庭住址"])
    assert filled == [["甲站", "甲站", "甲站", "乙站"], ["", "x", "甲站", "甲站"]]
    assert fills[0] == Fill(1, 0, "filled_from_above", "同上")
    assert {(one.row, one.repair) for one in fills if one.column == 1} == {
        (0, "nothing_to_fill"), (2, "filled_from_left"), (3, "filled_from_above"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "cells", "value", "repair"),
    [
        (("站点", "合作商"), ("乙站", "同左"), "甲公司", "filled_from_above"),
        (("合作商", "入职日期"), ("乙站", "同左。"), "甲公司", "filled_from_above"),
        (("备用电话", "手机号"), ("13612348765", "同左"), "13612348765", "filled_from_left"),
        (("紧急联系人电话", "手机号"), ("13612348765", "同左"), "", "nothing_to_fill"),
        (("住址", "手机号"), ("乙路", "同左"), "", "nothing_to_fill"),
        (("住址", "手机号"), ("乙路", "同上"), "甲公司", "filled_from_above"),
    ],
)
def test_as_on_the_left_never_writes_a_value_of_another_kind(
    headers: tuple[str, str], cells: tuple[str, str], value: str, repair: str
) -> None:
    columns: list[Sequence[Cell]] = [["张三", "李四"], ["甲站", cells[0]], ["甲公司", cells[1]]]
    whose = {"name": 0} | ({"phones": 2} if headers[1] == "手机号" else {})
    filled, fills = fill_dittos(columns, whose, ["姓名", *headers])
    assert (filled[2][1], fills) == (value, [Fill(1, 2, repair, cells[1])])


@pytest.mark.parametrize("name", [
    "小计", "本页小计", "合计", "汇总", "累计", "总计：4人", "制表人：李四", "审核人", "审核人:",
    "备注", "填表说明", "姓名", "骑手姓名", "全区合计",
    "河口一站小计", "负责人（签字）", "合计（人）", "以上共4人", "（4）人", "甲", "(1)", "①", "签字", "其中：女",
])  # fmt: skip
def test_a_label_in_the_name_cell_is_nobody(name: str) -> None:
    field = SourceField(name="name", title="姓名", type="person_name", aliases=())
    assert clean_column(field, [name, "张伟"]).arrays[0].to_pylist() == [None, "张伟"]
    assert clean_name(name).repairs[-1] == "not_a_name"


@pytest.mark.parametrize(
    "name", ["何计", "汇智", "共和", "甲乙", "辛*", "丁一", "单位明", "张小计", "江备注", "时汇总", "于合"]
)
def test_a_name_that_holds_such_a_sign_is_a_name(name: str) -> None:
    assert clean_name(name).value == name


def test_a_row_with_blank_cells_beyond_the_header_is_read_where_nothing_moved(tmp_path: Path) -> None:
    head = "姓名,身份证号,手机号,住址,是否党员,状态,备用"
    rows = [f"张{sign},,1361234876{n},望江路{n}号,否,在职," for n, sign in enumerate("一二三四五六")]
    padded = "李一,,13612348771,望江路7号,否,在职,,,,"
    moved = "李二,,13612348772,望江路8号,2楼,否,在职,"
    full = "\n".join(
        [head.removesuffix(",备用"), *(row[:-1] for row in rows), "王一,,13612348773,望江路9号,否,在职,,,,"]
    )
    body = "\n".join([head, *rows, padded, moved])
    with staged(tmp_path, {"platform/a.csv": body.encode(), "platform/b.csv": full.encode()}) as night:
        found = night.rows("select name, declared_member, work_state from stage_platform where name[1] <> '张'")
        assert sorted(found) == [("李一", False, "active"), ("王一", False, "active")]
        assert night.rows("select row, rule from quarantine where source = 'platform'") == [(9, "fields_too_many")]


def test_an_id_is_the_one_above_only_where_the_name_is_too() -> None:
    columns = [["张三", "同上", "李四"], ["X1", "同上", "同上"]]
    filled, _ = fill_dittos(columns, {"name": 0, "id_number": 1})
    assert filled == [["张三", "张三", "李四"], ["X1", "X1", ""]]


def test_rows_that_are_nobody_and_dates_too_early_in_one_night(tmp_path: Path) -> None:
    born = FIRST + check_digit(FIRST)
    rows = [
        "甲,乙,丙,丁,1", "（1）,（2）,（3）,（4）,（5）", f"张三,{born},19876100021,甲站,2003-12-31", "",
        f"李四,{born[:-1]}*,19876100022,同上,2004-01-01", "本页小计,2人,,,", "汇总：,,,,", ",合计,,,2",
    ]  # fmt: skip
    body = "\n".join(["姓名,身份证号,手机号,站点,入职日期", *rows]).encode()
    roll = f"姓名,公民身份号码,入党日期,转正日期\n张三,{born},2007-12-31,2008-01\n".encode()
    with staged(tmp_path, {"platform/a.csv": body, "party_members/b.csv": roll}) as night:
        found = night.rows("select name, station, started_on from stage_platform order by row_key")
        assert found == [("张三", "甲站", None), ("李四", "甲站", dt.date(2004, 1, 1))]
        assert night.rows("select joined_on, full_member_on from stage_party_members where file = 'b.csv'") == [
            (None, dt.date(2008, 1, 1))
        ]
        repairs = night.rows(
            "select field, repair from stage_repairs where repair in ('too_young', 'filled_from_above')"
        )
        assert sorted(repairs) == [
            ("joined_on", "too_young"), ("started_on", "too_young"), ("station", "filled_from_above"),
        ]  # fmt: skip


def test_a_file_of_which_no_row_is_read_is_a_warning_by_itself(tmp_path: Path) -> None:
    with staged(tmp_path, {"human_resources/a.csv": "姓名,社会保障号码,联系电话\n暂无,,\n不详,,\n".encode()}) as night:
        said = night.rows("select message from stage_files where source = 'human_resources'")
        assert "2行一行也没有读进来" in str(said)
