"""Tables that commands are given and give: served, or one line that says what is wrong and where."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from flows.tabular import check_out, open_table, read_table, write_table
from schemas.errors import InputError

HEAD = ["row_id", "姓名", "手机号", "住址"]
ROWS = [[f"{n:04d}", f"王{n}", f"138{n:08d}", f"东林社区{n}号"] for n in range(50)]
TABLE = pa.table([pa.array(column) for column in zip(*ROWS, strict=True)], names=HEAD)


def text(rows: list[list[str]] = ROWS, delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows([HEAD, *rows])
    return out.getvalue()


def said(path: Path) -> tuple[pa.Table, list[str]]:
    lines: list[str] = []
    return read_table(path, lines.append), lines


SERVED: dict[str, bytes] = {
    "plain.csv": text().encode(),
    "mark.csv": text().encode("utf-8-sig"),
    "gbk.csv": text().encode("gb18030"),
    "utf16.csv": text().encode("utf-16"),
    "tab.txt": text(delimiter="\t").encode(),
    "semicolon.csv": text(delimiter=";").encode(),
    "quoted.csv": text().replace("王7", '"王7"').encode(),
    "old_mac.csv": text().replace("\r\n", "\r").encode(),
    "trailing.csv": text().replace("\r\n", ",\r\n").encode(),
    "hint.csv": b"sep=;\r\n" + text(delimiter=";").encode(),
    "dos.csv": text().encode() + b"\x1a",
    "joined.csv": (text(ROWS[:20]) + "\ufeff" + text(ROWS[20:])).encode(),
    "lone.csv": text().replace("王7", '"王7').encode(),
}


@pytest.mark.parametrize("name", SERVED)
def test_the_same_table_comes_of_every_writer(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(SERVED[name])
    table, lines = said(tmp_path / name)
    assert table.equals(TABLE)
    assert len(lines) == (name in ("dos.csv", "joined.csv", "lone.csv"))


def test_titles_above_the_header_of_a_sheet_are_no_header(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    for row in (["某区骑手台账"], ["制表：某科"], ["工号", "姓名"], ["1", "王一"], ["合计 1 人"]):
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    table, lines = said(tmp_path / "a.xlsx")
    assert table.to_pydict() == {"工号": ["1", "合计 1 人"], "姓名": ["王一", None]}
    assert [line.rpartition("a.xlsx：")[2] for line in lines] == ["表头上面有 2 行标题，没有当作表头"]


def test_line_breaks_in_cells_of_a_large_file_are_read(tmp_path: Path) -> None:
    rows = [
        [f"{n:06d}", f"王{n}", f"138{n:08d}", f"东林社区{n}号\n二单元" if n % 7 == 0 else "一号"] for n in range(30_000)
    ]
    (tmp_path / "a.csv").write_text(text(rows), "utf-8", newline="")
    assert (tmp_path / "a.csv").stat().st_size > 1 << 20
    table, lines = said(tmp_path / "a.csv")
    assert (table["住址"].to_pylist(), lines) == ([row[3] for row in rows], [])


WRONG: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "ragged.csv": (text().replace("东林社区4号", "东林,社区4号").encode(), ("damaged_lines", "第6行有5格")),
    "short.csv": (text().replace(",13800000004", "").encode(), ("damaged_lines", "第6行有3格")),
    "two.csv": (text().replace("王4,", "王4").replace("王9", '"王9').replace(",13800000009", "").encode(),
                ("damaged_lines", "第6行有3格", "第11行引号不成对")),
    "turned.csv": ((text() + "row_id,手机号,姓名,住址\r\n").encode(), ("damaged_lines", "第52行又是一行表头")),
    "shifted.csv": (text().replace("0004,王4", "0004王4").replace("东林社区4号", "东林,社区4号").encode(),
                    ("damaged_lines", "第6行各格错开一列")),
    "double.csv": (text().replace("住址", "姓名", 1).encode(), ("same_column_names", "“姓名”（第2、4列）")),
    "empty.csv": (b"\xef\xbb\xbf\r\n", ("empty_file",)),
    "picture.csv": (b"\x89PNG\r\n\x1a\n" + bytes(300), ("PNG",)),
    "noise.csv": (bytes(range(256)) * 30, ("unreadable_text",)),
    "cut.parquet": (b"PAR1" + bytes(50), ("not_a_table",)),
}  # fmt: skip


@pytest.mark.parametrize("name", WRONG)
def test_what_cannot_be_read_is_refused_with_the_line_and_the_reason(tmp_path: Path, name: str) -> None:
    data, words = WRONG[name]
    (tmp_path / name).write_bytes(data)
    with pytest.raises(InputError) as caught:
        open_table(tmp_path / name)
    assert all(word in str(caught.value) for word in words), str(caught.value)


def test_a_bad_byte_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(text().encode().replace("王4,".encode(), b"\xff4,"))
    table, (line,) = said(tmp_path / "a.csv")
    assert (table["姓名"][4].as_py(), "第6行有1处坏字符" in line) == ("\ufffd4", True)


def test_a_workbook_and_a_parquet_file_are_known_by_content(tmp_path: Path) -> None:
    pq.write_table(TABLE, tmp_path / "in_truth_parquet.csv")
    with xlsxwriter.Workbook(tmp_path / "book.csv") as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([HEAD, *ROWS]):
            sheet.write_row(at, 0, row)
    assert read_table(tmp_path / "in_truth_parquet.csv").equals(TABLE)
    assert read_table(tmp_path / "book.csv").equals(TABLE)


def test_a_folder_is_told_by_its_name(tmp_path: Path) -> None:
    for use in (read_table, open_table, check_out):
        with pytest.raises(InputError, match="是文件夹"):
            use(tmp_path)


@pytest.mark.parametrize("name", ["out.parquet", "out.csv", "out.xlsx"])
def test_a_table_is_written_by_its_extension_and_read_again(tmp_path: Path, name: str) -> None:
    table = TABLE.append_column("rules", pa.array([["same_phone", "same_name"]] * 50))
    write_table(table, tmp_path / name)
    again = read_table(tmp_path / name)
    assert again.select(HEAD).equals(TABLE)
    assert again["rules"][0].as_py() == {"out.parquet": "same_phone；same_name"}.get(
        name, '["same_phone", "same_name"]'
    )
    assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_an_unknown_extension_and_a_place_that_is_no_folder_are_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for path, rule in ((tmp_path / "out.docx", "out_kind"), (tmp_path / "file" / "out.csv", "out_place")):
        with pytest.raises(InputError, match=rule):
            check_out(path)
