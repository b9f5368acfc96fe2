"""Awkward files one by one: archives, Parquet, formulas, hidden parts, bombs, tricks; each with its rows or line."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from flows.staging.readers import read_file
from schemas.policy import Reading
from tests.flows.staging.corpus.layouts import HEAD, LAYOUTS, NAMES, row
from tests.flows.staging.corpus.writers import CONTAINERS, Layout, text, xlsx, zipped
from tests.flows.staging.night import Staged, staged

PLAIN = LAYOUTS["plain"]
HIDDEN = Layout(PLAIN.cells, PLAIN.rows, hidden=(2,))


def one(night: Staged, column: str) -> list[object]:
    return [
        value for (value,) in night.rows(f"select {column} from stage_files where source = 'platform' order by file")
    ]


def rewritten(data: bytes, part: str, old: bytes, new: bytes, extra: dict[str, bytes] | None = None) -> bytes:
    """A package with one part changed and others added."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as package, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as changed:
        for entry in package.infolist():
            body = package.read(entry)
            changed.writestr(entry.filename, body.replace(old, new) if entry.filename == part else body)
        for name, body in (extra or {}).items():
            changed.writestr(name, body)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_names_in_an_archive_are_read_in_either_encoding(tmp_path: Path, encoding: str) -> None:
    files = {
        "区东/骑手一.xlsx": xlsx(PLAIN), "区东/骑手二.csv": text(PLAIN, "gb18030"), "__MACOSX/区东/._骑手一.xlsx": b"x",
        "区东/~$骑手一.xlsx": b"lock", "Thumbs.db": b"x",
    }  # fmt: skip
    with staged(tmp_path, {"platform/十一月.zip": zipped(files, encoding)}) as night:
        assert one(night, "file") == ["十一月.zip/区东/骑手一.xlsx", "十一月.zip/区东/骑手二.csv"]
        assert one(night, "accepted") == [3, 3]
        assert night.rows('select distinct "row" from stage_platform order by 1') == [(2,), (3,), (4,)]


def test_one_bad_member_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    files = {"好.csv": text(PLAIN, "utf-8"), "图.xlsx": b"\x89PNG\r\n\x1a\n" + bytes(99), "又.zip": zipped({"a": b"1"})}
    with staged(tmp_path, {"platform/a.zip": zipped(files)}) as night:
        states = dict(night.rows("select file, coalesce(message, '') from stage_files where source = 'platform'"))
        assert "规则 archive_in_archive" in states["a.zip/又.zip"]
        assert "规则 not_a_table" in states["a.zip/图.xlsx"]
        assert night.one("select count(*) from stage_platform") == 3


def test_paths_that_lead_out_of_an_archive_lead_nowhere(tmp_path: Path) -> None:
    body = text(PLAIN, "utf-8")
    tricks = {"../../etc/cron.d/a.csv": body, "/srv/b.csv": body, "C:\\Windows\\c.csv": body, "d\u202evsc.csv": body}
    link = zipfile.ZipInfo("链接.csv")
    link.external_attr = 0o120777 << 16
    out = io.BytesIO(zipped(tricks))
    with zipfile.ZipFile(out, "a") as package:
        package.writestr(link, "/etc/passwd")
    with staged(tmp_path, {"platform/a.zip": out.getvalue()}) as night:
        names = sorted(map(str, one(night, "file")))
        assert names == sorted(
            ["a.zip/etc/cron.d/a.csv", "a.zip/srv/b.csv", "a.zip/Windows/c.csv", "a.zip/dvsc.csv", "a.zip/链接.csv"]
        )
        assert night.one("select count(*) from stage_platform") == 12
        assert not list(tmp_path.rglob("*.csv")) or all(
            path.parent.name == "party_members" for path in tmp_path.rglob("*.csv")
        )


def bomb() -> bytes:
    return zipped({"a.csv": b"0" * (400 << 20)})


def lying_size() -> bytes:
    data = bytearray(zipped({"a.csv": text(PLAIN, "utf-8") * 2000}))
    at = data.rindex(b"PK\x01\x02")
    data[at + 24 : at + 28] = (10).to_bytes(4, "little")
    return bytes(data)


def locked_member() -> bytes:
    data = bytearray(zipped({"a.csv": b"x,y\n1,2\n"}))
    data[6] |= 1
    data[data.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


def repeated_strings() -> bytes:
    """One long shared string in every cell of a sheet: a few kilobytes that would be gigabytes in memory."""
    cells = "".join(f'<row r="{n}">' + f'<c r="A{n}" t="s"><v>0</v></c>' * 1 + "</row>" for n in range(1, 40_001))
    sheet = f'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>'
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>'
        + b"a" * 32_000
        + b"</t></si></sst>"
    )
    source = xlsx(PLAIN)
    with zipfile.ZipFile(io.BytesIO(source)) as package:
        old_sheet, old_strings = package.read("xl/worksheets/sheet1.xml"), package.read("xl/sharedStrings.xml")
    data = rewritten(source, "xl/worksheets/sheet1.xml", old_sheet, sheet.encode())
    return rewritten(data, "xl/sharedStrings.xml", old_strings, strings)


def far(cell: bytes) -> Callable[[], bytes]:
    return lambda: rewritten(xlsx(PLAIN), "xl/worksheets/sheet1.xml", b"</sheetData>", cell + b"</sheetData>")


REFUSED: dict[str, tuple[Callable[[], bytes], str]] = {
    "bomb.zip": (bomb, "too_large_unpacked"),
    "lying.zip": (lying_size, "broken_file"),
    "locked.zip": (locked_member, "password_protected"),
    "many.zip": (lambda: zipped({f"{n}.csv": b"a,b\n" for n in range(400)}), "too_many_members"),
    "empty.zip": (lambda: zipped({}) or b"", "empty_file"),
    "cut.zip": (lambda: zipped({"a.csv": text(PLAIN, "utf-8") * 99})[:-40], "broken_file"),
    "strings.xlsx": (repeated_strings, "too_large_unpacked"),
    "far_row.xlsx": (far(b'<row r="2"><c r="B900000000"><v>1</v></c></row>'), "too_many_cells"),
    "far_column.xlsx": (far(b"<row r='2'><c r = 'ZZZ2'><v>1</v></c></row>"), "too_many_cells"),
    "wide.csv": (lambda: b"," * 5000 + b"\n" + b"a\n" * 5000, "too_many_cells"),
    "ods.xlsx": (lambda: zipped({"mimetype": b"application/x", "content.xml": b"<a/>"}), "not_a_table"),
    "xlsb.xlsx": (lambda: zipped({"[Content_Types].xml": b"<a/>", "xl/workbook.bin": b"1"}), "not_a_table"),
    "cut.parquet": (lambda: parquet()[:-30], "broken_file"),
    "headless.csv": (lambda: text(Layout([row(0), row(1)], ()), "utf-8"), "no_known_header"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_harmful_or_useless_file_gets_one_line_and_gives_no_row(tmp_path: Path, name: str) -> None:
    make, rule = REFUSED[name]
    with staged(tmp_path, {f"platform/{name}": make(), "platform/好.csv": text(PLAIN, "utf-8")}) as night:
        lines = night.rows("select message from stage_files where source = 'platform' and state = 'refused'")
        assert len(lines) == 1
        assert f"规则 {rule}" in lines[0][0]
        assert "处理办法" in lines[0][0]
        assert not any(known in lines[0][0] for known in NAMES)
        assert night.rows("select distinct file from stage_platform") == [("好.csv",)]


def parquet() -> bytes:
    table = pa.table(
        {
            "平台": pa.array(["蓝骑", "蓝骑"]).dictionary_encode(),
            "骑手编号": pa.array([1, 2], pa.int64()),
            "姓名": NAMES[:2],
            "手机号": pa.array([13812345679, None], pa.int64()),
            "身份证号": pa.array([500113196903072842, 110105194912310021], pa.int64()),
            "入职日期": pa.array([dt.date(2024, 1, 2), None]),
            "是否党员": pa.array([True, None]),
            "照片": pa.array([b"\x00", b"\x01"]),
        }
    )
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def test_parquet_keeps_every_digit_of_an_id_kept_as_a_number(tmp_path: Path) -> None:
    with staged(tmp_path, {"platform/a.parquet": parquet()}) as night:
        assert night.rows(
            'select "row", name, worker_no, phones, id_number, started_on, declared_member '
            "from stage_platform order by 1"
        ) == [
            (2, NAMES[0], "1", ["13812345679"], "500113196903072842", dt.date(2024, 1, 2), True),
            (3, NAMES[1], "2", None, "110105194912310021", None, None),
        ]
        assert night.one("select columns_dropped from stage_files where source = 'platform'") == ["照片"]


def test_formulas_give_what_was_saved_and_are_never_run(tmp_path: Path) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("数据")
        page.write_row(0, 0, HEAD)
        page.write_row(1, 0, row(0))
        page.write_formula(1, 2, '=HYPERLINK("http://127.0.0.1:9/x","")&"x"', None, "张三")
        page.write_formula(1, 6, "='[1]别表'!A1", None, "是")
    data = rewritten(
        out.getvalue(), "-", b"", b"", {"xl/vbaProject.bin": b"macro", "xl/externalLinks/externalLink1.xml": b"<a/>"}
    )
    with staged(tmp_path, {"platform/a.xlsx": data}) as night:
        assert night.rows("select name, declared_member from stage_platform") == [("张三", True)]
        message = str(one(night, "message")[0])
        assert "2个公式按保存时的结果读取" in message
        assert "宏，未运行" in message
        assert "外部链接，未访问" in message
        assert night.counts["warnings"] == []


def test_a_formula_without_a_saved_result_is_named(tmp_path: Path) -> None:
    data = rewritten(
        xlsx(PLAIN),
        "xl/worksheets/sheet1.xml",
        b"</sheetData>",
        b'<row r="5"><c r="C5"><f>A1&amp;B1</f></c></row></sheetData>',
    )
    with staged(tmp_path, {"platform/a.xlsx": data}) as night:
        assert "1个公式没有保存结果" in str(one(night, "message")[0])
        assert len(night.counts["warnings"]) == 1


def test_hidden_rows_are_read_and_named_or_passed_over_by_policy(tmp_path: Path) -> None:
    with staged(tmp_path, {"platform/a.xlsx": xlsx(HIDDEN)}) as night:
        assert night.rows('select "row" from stage_platform order by 1') == [(2,), (3,), (4,)]
        assert "有1行隐藏（第3行），已照常读取" in str(one(night, "message")[0])
    skipping = Reading(hidden_rows="skip")
    with staged(tmp_path / "again", {"platform/a.xlsx": xlsx(HIDDEN)}, reading=skipping) as night:
        assert night.rows('select "row" from stage_platform order by 1') == [(2,), (4,)]
        assert "有1行隐藏（第3行），按规则未读取" in str(one(night, "message")[0])
        assert night.rows("select rows_in, passed_over from stage_files where source = 'platform'") == [(2, 1)]


def test_hidden_sheets_are_read_where_the_policy_says_so(tmp_path: Path) -> None:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        for name in ("东", "西"):
            page = book.add_worksheet(name)
            for number, cells in enumerate(PLAIN.cells):
                page.write_row(number, 0, cells)
        page.hide()
    assert [grid.skipped is None for grid in read_file(out.getvalue(), "a")] == [True, False]
    assert [grid.skipped for grid in read_file(out.getvalue(), "a", Reading(hidden_sheets="read"))] == [None, None]
    with staged(tmp_path, {"platform/a.xlsx": out.getvalue()}, reading=Reading(hidden_sheets="read")) as night:
        assert night.rows("select sheet, count(*) from stage_platform group by 1 order by 1") == [("东", 3), ("西", 3)]


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf16_without_a_mark_is_known_by_its_zeros(tmp_path: Path, encoding: str) -> None:
    with staged(tmp_path, {"platform/a.txt": text(PLAIN, encoding, "\t")}) as night:
        assert (one(night, "encoding"), one(night, "accepted")) == ([encoding], [3])
        assert night.rows('select name from stage_platform where "row" = 3') == [(NAMES[1],)]


def test_a_few_damaged_bytes_do_not_turn_a_file_into_another_encoding(tmp_path: Path) -> None:
    data = text(PLAIN, "utf-8").replace("向秀芬".encode(), "向".encode() + b"\xe7\xa7" + "芬".encode())
    with staged(tmp_path, {"platform/a.csv": data}) as night:
        assert night.rows('select name from stage_platform where "row" in (2, 3) order by "row"') == [
            ("向□芬",),
            (NAMES[1],),
        ]
        assert night.rows("select repair from stage_repairs where field = 'name'") == [("lost_character",)]
        assert "坏字符" in str(one(night, "message")[0])


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("202301-202312", (2023, 1), (2023, 12)),
        ("202512-至今", (2025, 12), None),
        ("2023.01—2023.12", (2023, 1), (2023, 12)),
        ("2023年1月至2023年12月", (2023, 1), (2023, 12)),
        ("2023-01~2023-12", (2023, 1), (2023, 12)),
        ("2025/12-", (2025, 12), None),
    ],
)
def test_a_period_in_one_cell_fills_its_start_and_end(
    tmp_path: Path, period: str, start: tuple[int, int], end: tuple[int, int] | None
) -> None:
    body = f"姓名,社会保障号码,起止年月\n向秀芬,500113196903072842,{period}\n".encode()
    with staged(tmp_path, {"human_resources/a.csv": body}) as night:
        assert night.rows("select period_from, period_to from stage_human_resources") == [
            (dt.date(*start, 1), dt.date(*end, 1) if end else None)
        ]
        assert ("period_split",) in night.rows("select repair from stage_repairs where field = 'period_from'")


def test_two_unlike_columns_for_a_lesser_field_are_chosen_between_and_said(tmp_path: Path) -> None:
    layout = Layout([[*HEAD, "上岗日期"], [*row(0), "2023-05-06"]], ())
    with staged(tmp_path, {"platform/a.csv": text(layout, "utf-8")}) as night:
        assert night.one("select started_on from stage_platform") == dt.date(2024, 1, 2)
        assert "“入职日期”取第6列，未用“上岗日期”（第8列）" in str(one(night, "message")[0])


def test_real_old_workbooks_of_the_spreadsheet_program_are_read(tmp_path: Path) -> None:
    data = CONTAINERS["xls"](PLAIN)
    assert data.startswith(b"\xd0\xcf\x11\xe0")
    with staged(tmp_path, {"platform/a.xls": data, "platform/b.et": data}) as night:
        assert one(night, "accepted") == [3, 3]
