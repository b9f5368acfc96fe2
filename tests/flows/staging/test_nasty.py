"""Sheets nobody thought of: hidden rows of every kind of file, template rows, columns in words of one's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from flows.staging.readers import read_file
from flows.staging.understanding import Reader, understand
from reports.damage import damages
from schemas.contracts import shipped_sources
from schemas.errors import InputError
from schemas.policy import Reading
from tests.flows.staging.corpus.layouts import LAYOUTS
from tests.flows.staging.corpus.writers import CONTAINERS, Layout, xlsx
from tests.flows.staging.night import book, staged
from tests.flows.staging.test_awkward import rewritten

PERSON = ["向秀芬", "500113196903072842", "13812345679"]
HIDDEN = Layout(LAYOUTS["plain"].cells, LAYOUTS["plain"].rows, hidden=(2,))


@pytest.mark.parametrize("kind", ["xlsx", "xls", "html.xls"])
@pytest.mark.parametrize(("policy", "rows"), [("read", 3), ("skip", 2)])
def test_a_hidden_row_is_read_or_left_by_policy_and_always_named(
    tmp_path: Path, kind: str, policy: str, rows: int
) -> None:
    reading = Reading.model_validate({"hidden_rows": policy})
    with staged(tmp_path, {f"platform/a.{kind}": CONTAINERS[kind](HIDDEN)}, reading) as night:
        assert night.one("select count(*) from stage_platform") == rows
        message = night.one("select message from stage_files where source = 'platform'")
        assert "有1行隐藏（第3行）" in message


def test_the_rows_that_show_how_to_fill_in_a_template_are_nobody(tmp_path: Path) -> None:
    head = ["*姓名", "*身份证号（必填，18位）", "手机号码（11位数字）"]
    rows = [head, ["示例：张三", "110101199001010015", "13800000000"], ["必填", "必填", "选填"], PERSON]
    with staged(tmp_path, {"platform/a.xlsx": book(rows)}) as night:
        assert night.rows("select name, id_number, phones from stage_platform") == [(*PERSON[:2], PERSON[2:])]
        assert night.rows('select "row", rule from quarantine order by 1') == [(2, "not_a_name"), (3, "not_a_name")]


def test_a_line_to_sign_at_the_foot_of_every_page_is_passed_over(tmp_path: Path) -> None:
    rows = [
        ["姓名", "身份证号", "手机号"],
        PERSON,
        ["站长签字：", "", "盖章："],
        ["姓名", "身份证号", "手机号"],
        PERSON,
    ]
    with staged(tmp_path, {"platform/a.xlsx": book(rows)}) as night:
        assert night.one("select (accepted, quarantined, passed_over) from stage_files where source = 'platform'") == (
            2, 0, 2,
        )  # fmt: skip


def test_digits_kept_as_formula_text_are_the_digits(tmp_path: Path) -> None:
    body = f'姓名,="身份证号",手机号\n向秀芬,="{PERSON[1]}",="{PERSON[2]}"\n'.encode("gb18030")
    with staged(tmp_path, {"platform/a.csv": body}) as night:
        assert night.rows("select id_number, phones from stage_platform") == [(PERSON[1], [PERSON[2]])]
        assert night.rows("select distinct repair from stage_repairs") == [("formula_text",)]


def test_a_number_that_was_rounded_to_fifteen_digits_shows_fourteen(tmp_path: Path) -> None:
    written = book([["姓名", "身份证号", "手机号"], ["向秀芬", 500113196903073000, PERSON[2]]])
    rounded = rewritten(written, "xl/worksheets/sheet1.xml", b"5.00113196903073E+17", b"5.00113196903073E+017")
    assert rounded != written
    with staged(tmp_path, {"platform/a.xlsx": rounded, "platform/b.xlsx": written}) as night:
        assert night.rows("select file, id_number from stage_platform order by 1") == [
            ("a.xlsx", "50011319690307****"),
            ("b.xlsx", "500113196903073***"),
        ]
        assert night.rows("select repair from stage_repairs order by 1") == [("excel_tail",), ("rounded_tail",)]


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("2023-01-01至2029-01-01", dt.date(2023, 1, 1), dt.date(2029, 1, 1)),
        ("2023.1.1-2029.1.1", dt.date(2023, 1, 1), dt.date(2029, 1, 1)),
        ("2023年1月1日—长期", dt.date(2023, 1, 1), None),
        ("至2029-01-01", None, dt.date(2029, 1, 1)),
        ("2029-01-01", None, dt.date(2029, 1, 1)),
        ("长期", None, None),
        ("六年", None, None),
    ],
)
def test_a_licence_with_one_column_for_its_term(
    tmp_path: Path, said: str, start: dt.date | None, end: dt.date | None
) -> None:
    body = f"姓名,身份证号,有效期\n向秀芬,{PERSON[1]},{said}\n".encode()
    with staged(tmp_path, {"transport/a.csv": body}) as night:
        assert night.rows("select valid_from, valid_to from stage_transport") == [(start, end)]
        repairs = {repair for (repair,) in night.rows("select repair from stage_repairs")}
        assert repairs == {"unusable_period"} if said == "六年" else "period_split" in repairs


UNSEEN = [["称呼", "证照", "通讯", "驻点", "何时来的"]] + [
    [name, f"5001131969030728{n}2", f"1381234567{n}", "甲站", f"2024-01-0{n}"]
    for n, name in enumerate(["向秀芬", "王伟", "欧阳娜"], 1)
]


def test_a_sheet_in_words_of_its_own_is_refused_with_a_guess_for_every_column(tmp_path: Path) -> None:
    (view,) = understand(book(UNSEEN), "a.xlsx", Reader(shipped_sources()["platform"], (), Reading()))
    guesses = {column.text: column.guess for column in view.columns}
    assert guesses == {"称呼": "姓名", "证照": "身份证号", "通讯": "手机号", "驻点": "站点", "何时来的": "入职日期"}
    assert all(column.field is None for column in view.columns)
    with staged(tmp_path, {"platform/a.xlsx": book(UNSEEN)}) as night:
        assert "称呼（像“姓名”）" in night.one("select message from stage_files where source = 'platform'")
        assert night.one("select count(*) from stage_platform") == 0


def test_an_important_column_nobody_knows_is_named_beside_the_columns_that_may_be_it(tmp_path: Path) -> None:
    rows = [["序号", "姓名", "身份证号", "党内时间", "备注", "空的"], [1, *PERSON[:2], "2001-07-01", "无", ""]]
    with staged(tmp_path, {"party_members/a.xlsx": book(rows)}) as night:
        missing, unknown = night.rows("select fields_missing, columns_unknown from stage_files")[0]
        assert "加入党组织日期" in missing
        assert unknown == ["党内时间"]
    (view,) = understand(book(rows), "a.xlsx", Reader(shipped_sources()["party_members"], (), Reading()))
    assert [column.guess for column in view.columns if column.guess] == ["加入党组织日期"]


def test_a_message_never_shows_a_row_of_data_as_a_header(tmp_path: Path) -> None:
    with staged(tmp_path, {"platform/a.xlsx": book(UNSEEN[1:])}) as night:
        assert "向秀芬" not in night.one("select message from stage_files where source = 'platform'")


def test_a_mangled_old_workbook_has_no_hidden_rows_and_no_traceback() -> None:
    data = bytearray(CONTAINERS["xls"](HIDDEN))
    at = data.index(b"\x85\x00", 512)  # the record that says where a sheet begins
    data[at + 4 : at + 8] = b"\xff\xff\xff\x7f"
    try:
        grids = read_file(bytes(data), "platform/a.xls")
    except InputError as error:
        assert error.rule == "broken_file"
    else:
        assert not any(grid.hidden for grid in grids)


def test_every_repair_of_an_unlucky_sheet_has_a_chinese_name() -> None:
    rows = [["姓名", "身份证号", "手机号", "入职日期"], ["李强2", "110105194912310022", "+86 138-1234-5679", "1990"]]
    (view,) = understand(xlsx(Layout(rows, ())), "a.xlsx", Reader(shipped_sources()["platform"], (), Reading()))
    assert set(view.repairs) == {"number_suffix", "check_digit", "country_code", "spaces", "year_only"}
    assert set(view.repairs) <= set(damages())
