"""Numbers as a workbook shows them: zeros before a code, days since 1904."""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path

import pytest
import xlsxwriter

from flows.staging.numberformats import read_format
from flows.staging.readers import read_file
from tests.flows.staging.night import staged


@pytest.mark.parametrize(
    ("code", "number", "shown"),
    [
        ("000000000000", 50011388, "000050011388"),
        ('"DY"0000', 7, "DY0007"),
        ("00000;-00000", 12, "00012"),
        ("[$-804]00000", 5, "00005"),
        ("000-0000-0000", 13812345679, "138-1234-5679"),
        ("00", 12345, "12345"),
    ],
)
def test_a_format_of_zeros_shows_a_number_as_the_sheet_does(code: str, number: int, shown: str) -> None:
    found = read_format(code)
    assert found is not None
    assert found.text_of(number) == shown


@pytest.mark.parametrize("code", ["0", "0.00", "#,##0", "yyyy-mm-dd", "@", "General", "0%", "h:mm", "0E+00", "# ?/?"])
def test_a_format_without_zeros_before_a_number_leaves_it(code: str) -> None:
    assert read_format(code) is None


def book(*, since_1904: bool) -> bytes:
    sink = io.BytesIO()
    with xlsxwriter.Workbook(sink, {"date_1904": since_1904}) as made:
        sheet = made.add_worksheet()
        code, day = made.add_format({"num_format": "00000000"}), made.add_format({"num_format": "yyyy-mm-dd"})
        sheet.write_row(0, 0, ["骑手编号", "姓名", "手机号", "入职日期", "离职日期"])
        sheet.write_row(1, 0, [388, "向秀芬", 19812345670.0])
        sheet.write_number(1, 0, 388, code)
        sheet.write_datetime(1, 3, dt.datetime(2024, 1, 2), day)
        sheet.write_number(1, 4, 45323 - (1462 if since_1904 else 0))
    return sink.getvalue()


def test_a_code_keeps_its_zeros_and_a_day_counts_from_the_year_its_book_says(tmp_path: Path) -> None:
    assert read_file(book(since_1904=False), "a.xlsx")[0].rows[1][0] == "00000388"
    files = {f"platform/{name}.xlsx": book(since_1904=name == "b") for name in "ab"}
    with staged(tmp_path, files) as night:
        found = night.rows("select worker_no, started_on, ended_on from stage_platform")
        assert found == [("00000388", dt.date(2024, 1, 2), dt.date(2024, 2, 1))] * 2
