"""Whole files: layouts that must be read, and bad ones that must be refused by name while the others go on."""

from __future__ import annotations

import csv
import datetime as dt
import io
import pickle
import zipfile
from pathlib import Path

import msoffcrypto
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.staging.oldbook import _PlainCells
from flows.staging.readers import read_file
from schemas.errors import InputError
from tests.flows.staging.night import ROLL, book, staged

HEAD = ["平台", "骑手编号", "姓名", "手机号", "身份证号", "入职日期", "是否党员"]
ROW = ["蓝骑", "R1", "向秀芬", "138****5678", "500113********2840", "2024-01-02", "否"]
FULL = "500113196903072842"


def text(rows: list[list[str]], encoding: str = "utf-8", delimiter: str = ",") -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_text_files_in_every_encoding_and_delimiter(tmp_path: Path, encoding: str, delimiter: str) -> None:
    rare = [*ROW[:2], "𠮷田䶮", *ROW[3:]]
    with staged(tmp_path, {"platform/a.csv": text([HEAD, ROW, rare], encoding, delimiter)}) as night:
        assert night.rows('select name, phones, id_number, "row" from stage_platform order by row_key') == [
            ("向秀芬", ["138****5678"], "500113********2840", 2),
            ("𠮷田䶮", ["138****5678"], "500113********2840", 3),
        ]
        assert night.one("select encoding from stage_files where source = 'platform'") == encoding.removesuffix("-sig")


def test_rows_keep_the_numbers_a_spreadsheet_shows(tmp_path: Path) -> None:
    rows = [["蓝骑骑手名单"], [], HEAD, ROW, [], ROW, ["合计", "2"], ["制表人：某某", "", "审核人："]]
    with staged(tmp_path, {"platform/a.xlsx": book(rows, at=2)}) as night:
        assert night.rows('select "row" from stage_platform order by 1') == [(6,), (8,)]
        assert night.rows(
            "select header_row, rows_in, accepted, passed_over from stage_files where source='platform'"
        ) == [(5, 2, 2, 3)]


def test_a_header_of_two_rows_with_merged_cells(tmp_path: Path) -> None:
    rows = [
        [None] * 6,
        [None, None, None, "起", "止", None],
        ["向秀芬", FULL, "13812345679", dt.date(2020, 1, 1), "长期", "有效"],
    ]
    merges = {"A1:A2": "司机姓名", "B1:B2": "身份证号", "C1:C2": "手机号", "D1:E1": "有效期", "F1:F2": "状态"}
    with staged(tmp_path, {"transport/a.xlsx": book(rows, merges=merges)}) as night:
        assert night.rows("select name, valid_from, valid_to, work_state from stage_transport") == [
            ("向秀芬", dt.date(2020, 1, 1), None, "active")
        ]
        assert night.one("select repair from stage_repairs where field = 'valid_to'") == "open_ended"


def test_a_parent_header_over_blanks_in_a_text_file(tmp_path: Path) -> None:
    rows = [["姓名", "身份证号", "有效期", ""], ["", "", "起", "止"], ["向秀芬", FULL, "2020-01-01", "2030-01-01"]]
    with staged(tmp_path, {"transport/a.csv": text(rows)}) as night:
        assert night.one("select valid_to from stage_transport") == dt.date(2030, 1, 1)


def test_headers_with_blanks_brackets_line_breaks_and_unseen_words(tmp_path: Path) -> None:
    head = [
        "平台\n名称",
        "骑手 工号",
        "*姓　名",
        "骑手手机号码（必填）",
        "公民身份证号码(18位)",
        "入职日期：",
        "是否党员（是/否）",
    ]
    with staged(tmp_path, {"platform/a.xlsx": book([head, ROW])}) as night:
        assert night.rows(
            "select platform, worker_no, name, phones, id_number_kind, started_on, declared_member from stage_platform"
        ) == [("蓝骑", "R1", "向秀芬", ["138****5678"], "masked", dt.date(2024, 1, 2), False)]


def test_an_emergency_contact_is_never_taken_for_the_worker(tmp_path: Path) -> None:
    head = [*HEAD, "紧急联系人姓名", "紧急联系人电话", "团员证号", "离职时间"]
    row = [*ROW, "李四", "13900000009", "1", "2025-01-01"]
    with staged(tmp_path, {"platform/a.csv": text([head, row])}) as night:
        assert night.rows("select name, phones from stage_platform") == [("向秀芬", ["138****5678"])]
        dropped = night.one("select columns_dropped from stage_files where source = 'platform'")
        assert {"紧急联系人姓名", "紧急联系人电话"} <= set(dropped)


def test_two_different_columns_for_one_field_stop_that_file(tmp_path: Path) -> None:
    head, row = [*HEAD, "证件号码"], [*ROW, "500113********9999"]
    with staged(tmp_path, {"platform/a.csv": text([head, row]), "platform/b.csv": text([HEAD, ROW])}) as night:
        (first, second) = night.states("platform")
        assert first[2] == "refused"
        assert "two_columns_for_one_field" in first[5]
        assert "证件号码" in first[5]
        assert second[2:5] == ("read", 1, 1)


def test_two_columns_that_never_disagree_are_one(tmp_path: Path) -> None:
    head = [*HEAD, "证件号码"]
    rows = [head, [*ROW, ROW[4]], [*ROW[:4], "", *ROW[5:], FULL]]
    with staged(tmp_path, {"platform/a.csv": text(rows)}) as night:
        assert night.rows("select id_number from stage_platform order by row_key") == [("500113********2840",), (FULL,)]


def test_two_phone_columns_give_all_phones(tmp_path: Path) -> None:
    with staged(tmp_path, {"platform/a.csv": text([[*HEAD, "联系电话"], [*ROW, "13900000009"]])}) as night:
        assert night.one("select phones from stage_platform") == ["138****5678", "13900000009"]


def test_repeated_headers_section_titles_and_cells_merged_down(tmp_path: Path) -> None:
    rows = [HEAD, ["龙洲湾街道"], ROW, [None, *ROW[1:]], HEAD, ROW, ["小计", None, None, 3]]
    merges = {"A3:A4": "蓝骑", "A2:G2": "龙洲湾街道"}
    with staged(tmp_path, {"platform/a.xlsx": book(rows, merges=merges)}) as night:
        assert night.rows('select platform, "row" from stage_platform order by 2') == [
            ("蓝骑", 3),
            ("蓝骑", 4),
            ("蓝骑", 6),
        ]
        assert night.rows("select field, repair from stage_repairs") == [("platform", "merged_cell")]


def test_text_or_html_under_the_name_xls(tmp_path: Path) -> None:
    cells = "".join(f"<td>{cell}</td>" for cell in ROW)
    head = "".join(f"<th>{cell}</th>" for cell in HEAD)
    page = (
        f"<html><meta charset='gbk'><table><tr><td colspan=7>骑手名单</td></tr><tr>{head}</tr><tr>{cells}</tr></table>"
    )
    files = {"platform/a.xls": text([HEAD, ROW], "gb18030", "\t"), "platform/b.xls": page.encode("gb18030")}
    with staged(tmp_path, files) as night:
        assert night.rows('select file, name, id_number, "row" from stage_platform order by 1') == [
            ("a.xls", "向秀芬", "500113********2840", 2),
            ("b.xls", "向秀芬", "500113********2840", 3),
        ]


def test_hidden_sheets_are_named_not_read(tmp_path: Path) -> None:
    import xlsxwriter

    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as workbook:
        for name in ("数据", "旧表"):
            page = workbook.add_worksheet(name)
            page.write_row(0, 0, HEAD)
            page.write_row(1, 0, ROW)
        page.hide()
    with staged(tmp_path, {"platform/a.xlsx": out.getvalue()}) as night:
        assert [state[1:5] for state in night.states("platform")] == [("数据", "read", 1, 1), ("旧表", "skipped", 0, 0)]


def test_ids_kept_as_numbers_and_dates_as_dates(tmp_path: Path) -> None:
    row = [*ROW[:3], 13812345679, 500113196903072842, dt.date(2024, 1, 2), True]
    with staged(tmp_path, {"platform/a.xlsx": book([HEAD, row])}) as night:
        assert night.rows(
            "select phones, id_number, id_number_kind, started_on, declared_member from stage_platform"
        ) == [(["13812345679"], "500113196903072***", "excel15", dt.date(2024, 1, 2), True)]


def test_the_licence_stands_in_for_a_missing_id(tmp_path: Path) -> None:
    rows = [["姓名", "身份证号", "驾驶证号", "从业资格证号", "手机号"], ["向秀芬", "", FULL, "500113620916989", ""]]
    with staged(tmp_path, {"transport/a.csv": text(rows)}) as night:
        assert night.rows("select id_number, id_number_kind, record_id, certificate_no from stage_transport") == [
            (FULL, "full", "500113620916989", None)
        ]
        assert night.rows("select * from stage_repairs") == []


def test_rows_without_use_go_to_quarantine_with_their_reason(tmp_path: Path) -> None:
    data = [
        ["向秀芬", "2840", "", "是"],
        ["李四", "", "", "是"],
        ["12345", "2840", "", "是"],
        ["王五", "2840", "", "否"],
    ]
    rows = [["姓名", "身份证号", "手机号", "是否同意使用"], *data]
    with staged(tmp_path, {"self_reports/a.csv": text(rows)}) as night:
        assert night.rows('select "row", rule from quarantine order by 1') == [
            (3, "row_needs"), (4, "not_a_name"), (5, "no_consent"),
        ]  # fmt: skip
        assert night.rows("select id_number, id_number_kind from stage_self_reports") == [
            ("**************2840", "tail4")
        ]


def locked() -> bytes:
    out = io.BytesIO()
    office = msoffcrypto.OfficeFile(io.BytesIO(book([HEAD, ROW])))
    office.encrypt("123456", out)
    return out.getvalue()


def zipped(name: str, data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr(name, data)
    return out.getvalue()


def far_cell() -> bytes:
    source = zipfile.ZipFile(io.BytesIO(book([HEAD, ROW])))
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for entry in source.infolist():
            data = source.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                cell = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                data = data.replace(b"</sheetData>", cell)
            package.writestr(entry.filename, data)
    return out.getvalue()


BAD = {
    "picture.xlsx": (b"\x89PNG\r\n\x1a\n" + bytes(100), "not_a_table"),
    "word.xlsx": (zipped("word/document.xml", b"<w/>"), "not_a_table"),
    "noise.xlsx": (bytes(range(256)) * 20, "unreadable_text"),
    "locked.xlsx": (locked(), "password_protected"),
    "cut.xlsx": (book([HEAD, *[ROW] * 200])[:-900], "broken_file"),
    "empty.xlsx": (b"", "empty_file"),
    "blank.csv": (b"\xef\xbb\xbf\r\n\r\n", "empty_file"),
    "unknown.csv": (text([["甲", "乙", "丙"], ["1", "2", "3"]]), "no_known_header"),
    "short.csv": (text([["平台", "姓名", "入职日期"], ["蓝骑", "向秀芬", "2024-01-02"]]), "required_column_missing"),
    "far.xlsx": (far_cell(), "too_many_cells"),
    "ole.xls": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "broken_file"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_gets_one_clear_line_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    data, rule = BAD[name]
    with staged(tmp_path, {f"platform/{name}": data, "platform/好.csv": text([HEAD, ROW])}) as night:
        bad = next(state for state in night.states("platform") if state[0] == name)
        assert bad[2] == "refused"
        assert f"规则 {rule}" in bad[5]
        assert bad[5].startswith(f"platform/{name}")
        assert "处理办法" in bad[5]
        assert "\n" not in bad[5]
        assert night.counts["refused"] == 1
        assert night.one("select count(*) from stage_platform") == 1


def test_a_missing_column_is_named_with_what_was_found(tmp_path: Path) -> None:
    with staged(tmp_path, {"platform/a.csv": BAD["short.csv"][0]}) as night:
        message = night.states("platform")[0][5]
        assert "缺少必需的列：身份证号或手机号或骑手编号" in message
        assert "已认出：平台、姓名、入职日期" in message


def test_a_text_file_cut_in_a_row_is_read_and_says_so(tmp_path: Path) -> None:
    data = text([HEAD, ROW, ROW], "gb18030")[:-25]
    with staged(tmp_path, {"platform/a.csv": data}) as night:
        (state,) = night.states("platform")
        assert state[2:5] == ("read", 2, 2)
        assert "截断" in state[5]


def test_a_quote_never_closed_does_not_swallow_the_file(tmp_path: Path) -> None:
    lines = [",".join(HEAD), '蓝骑,R0,"向秀芬,138****5678,500113********2840,2024-01-02,否', *[",".join(ROW)] * 60]
    with staged(tmp_path, {"platform/a.csv": "\n".join(lines).encode()}) as night:
        assert night.one("select count(*) from stage_platform") == 61


def test_a_roll_without_a_usable_row_refuses_the_run(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match="党员名册没有一行可用"),
        staged(tmp_path, {"party_members/名册.csv": b"x,y\n1,2\n"}),
    ):
        pass


def test_absent_sources_have_empty_relations_of_the_right_shape(tmp_path: Path) -> None:
    from schemas.contracts import load_sources

    with staged(tmp_path, {"party_members/名册.csv": ROLL}) as night:
        for name, contract in load_sources().items():
            assert night.con.table(f"stage_{name}").columns == contract.staged_schema().names


cells = st.one_of(
    st.text(max_size=12), st.sampled_from(["向秀芬", FULL, "13812345679", "合计", "", "500113********2840"])
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(cells, min_size=7, max_size=7), max_size=12), st.sampled_from(["utf-8", "gb18030"]))
def test_every_row_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], encoding: str
) -> None:
    try:
        data = text([HEAD, *rows, ROW], encoding)
    except UnicodeEncodeError:
        return
    with staged(tmp_path_factory.mktemp("night"), {"platform/a.csv": data}) as night:
        for rows_in, accepted, quarantined in night.rows("select rows_in, accepted, quarantined from stage_files"):
            assert rows_in == accepted + quarantined
        assert night.one("select sum(accepted) from stage_files where source = 'platform'") == night.one(
            "select count(*) from stage_platform"
        )


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**9), st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), min_size=1, max_size=8))
def test_mangled_bytes_are_read_or_refused_never_a_traceback(cut: int, flips: list[tuple[int, int]]) -> None:
    data = bytearray(_GOOD[cut % 3])
    for at, value in flips:
        data[at % len(data)] = value
    if cut % 2:
        del data[cut % len(data) :]
    try:
        read_file(bytes(data), "platform/a")
    except InputError as error:
        assert error.action


_GOOD = (book([HEAD, *[ROW] * 20]), text([HEAD, ROW], "gb18030"), b"<table><tr><td>a<td rowspan=2>b<tr><td>c</table>")


@pytest.mark.parametrize("sign", [b"\x1c", b"\x1d\x0b", b"\x0c\n \x1e"])
def test_a_file_of_control_signs_only_is_read_or_refused_never_a_traceback(sign: bytes) -> None:
    try:
        (grid,) = read_file(sign, "platform/a")
    except InputError:
        return
    assert not any(str(cell).strip() for row in grid.rows for cell in row)


def test_what_reads_old_books_apart_can_hand_back_cells_and_dates_but_nothing_that_runs() -> None:
    day = dt.date(2026, 11, 19)
    assert _PlainCells(io.BytesIO(pickle.dumps(("sheets", [day, 1.5, "张"])))).load() == ("sheets", [day, 1.5, "张"])
    with pytest.raises(pickle.UnpicklingError, match="is no cell"):
        _PlainCells(io.BytesIO(pickle.dumps(print))).load()
