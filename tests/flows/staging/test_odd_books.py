"""Workbooks with parts of other names, cells far out, and web archives: read, or refused with the true reason."""

from __future__ import annotations

import io
import quopri
import re
import zipfile
from collections.abc import Callable

import pytest

from flows.staging.readers import read_file
from schemas.errors import InputError
from tests.flows.staging.night import book

ROWS = [["姓名", "手机号"], ["张三", "13812345678"], ["李四", "13812345679"]]
Renamed = Callable[[str], str]


def rewritten(name: Renamed = str, body: Callable[[str, str], str] = lambda name, text: text) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(ROWS))) as package, zipfile.ZipFile(out, "w") as copy:
        for part in package.namelist():
            copy.writestr(zipfile.ZipInfo(name(part)), body(part, package.read(part).decode()))
    return out.getvalue()


def other_main(part: str) -> str:
    return part.replace("workbook.xml", "workbook2.xml").replace("xl/", "excel/")


def other_main_inside(part: str, text: str) -> str:
    return text.replace("xl/workbook.xml", "excel/workbook2.xml") if part == "_rels/.rels" else text


@pytest.mark.parametrize(
    "data",
    [
        rewritten(lambda part: part.replace("/", "\\")),
        rewritten(str.upper),
        rewritten(lambda part: f"/{part}"),
        rewritten(other_main, other_main_inside),
    ],
)
def test_parts_under_other_names_are_found_by_their_relationships(data: bytes) -> None:
    (grid,) = read_file(data, "x.xlsx")
    assert grid.rows == ROWS


@pytest.mark.parametrize("cell", ['<c r="XFD2" s="1"/>', '<c r="XFD1048576" s="1"></c>', '<c r="ZZZ9" s="0" />'])
def test_a_formatted_cell_far_out_is_nothing(cell: str) -> None:
    row = re.sub("[A-Z]", "", re.search('"([A-Z0-9]+)"', cell)[1])  # type: ignore[index]
    far = f'<row r="{row}">{cell}</row></sheetData>'
    (grid,) = read_file(rewritten(body=lambda part, text: text.replace("</sheetData>", far)), "x.xlsx")
    assert grid.rows == ROWS


def test_a_sheet_of_many_columns_is_read_by_what_it_holds() -> None:
    wide = [[f"列{at}" for at in range(300)], *[["值"] * 300] * 5]
    (grid,) = read_file(book(wide), "x.xlsx")
    assert (grid.width, len(grid.rows)) == (300, 6)


def test_a_value_far_out_is_refused_and_says_how_far() -> None:
    far = '<row r="9"><c r="XFD9"><v>1</v></c></row></sheetData>'
    with pytest.raises(InputError, match="最远到第9行、第16384列"):
        read_file(rewritten(body=lambda part, text: text.replace("</sheetData>", far)), "x.xlsx")


def web_archive(page: str) -> bytes:
    body = quopri.encodestring(page.encode("gb18030"))
    return b"\r\n".join(
        (b"MIME-Version: 1.0", b"X-Document-Type: Workbook",
         b'Content-Type: multipart/related; boundary="----=_Next"', b"", b"------=_Next",
         b"Content-Location: file:///C:/a.htm", b"Content-Transfer-Encoding: quoted-printable",
         b'Content-Type: text/html; charset="gb2312"', b"", body, b"------=_Next--", b"")
    )  # fmt: skip


def test_a_web_archive_called_xls_is_read() -> None:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in ROWS)
    (grid,) = read_file(web_archive(f"<html><body><table>{cells}</table></body></html>"), "x.xls")
    assert (grid.rows, grid.encoding) == (ROWS, "gb18030")


def test_a_web_archive_without_a_table_is_called_one() -> None:
    with pytest.raises(InputError, match="MHTML"):
        read_file(web_archive("<html><body><p>通知</p></body></html>"), "x.xls")
