"""One grid per sheet or text file: what the bytes are decides how they are read, not the file's name."""

from __future__ import annotations

import io
import re
import zipfile
import zlib

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Grid
from flows.staging.markup import looks_like_markup, read_markup
from flows.staging.text import decode, read_text
from schemas.errors import InputError

MAX_UNPACKED = 768 << 20
_SIGNATURES = (
    (b"\x89PNG", "PNG 图片"),
    (b"\xff\xd8\xff", "JPEG 图片"),
    (b"GIF8", "GIF 图片"),
    (b"BM", "BMP 图片"),
    (b"%PDF", "PDF 文件"),
    (b"Rar!", "RAR 压缩包"),
    (b"7z\xbc\xaf", "7z 压缩包"),
    (b"\x1f\x8b", "gzip 压缩包"),
    (b"{\\rtf", "RTF 文档"),
    (b"PAR1", "Parquet 文件"),
    (b"SQLite format 3", "数据库文件"),
    (b"MZ", "可执行文件"),
    (b"\x7fELF", "可执行文件"),
)


_PACKAGES = {
    "word/document.xml": "Word 文档",
    "xl/workbook.bin": "二进制工作簿 .xlsb",
    "content.xml": "OpenDocument 文件",
}


def read_file(data: bytes, where: str) -> list[Grid]:
    """The sheets of one file. Raises InputError, in Chinese, when the whole file cannot be read."""
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InputError("文件是空的", where=where, rule="empty_file", action="重新导出后重投")
    if data[:4] == b"PK\x03\x04":
        _check_package(data, where)
        return _workbook(data, where)
    if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return _workbook(data, where)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature) and (len(signature) > 2 or b"\x00" in data[:512]):
            raise InputError(
                f"不是表格，而是{kind}", where=where, rule="not_a_table", action="请提供方导出 .xlsx 或 .csv 后重投"
            )
    text, encoding, note = decode(data, where)
    if looks_like_markup(text):
        return read_markup(text, encoding, where)
    return [read_text(text, encoding, note)]


def _check_package(data: bytes, where: str) -> None:
    """A zip must hold a workbook, and unpack to a size that can be read."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            entries = package.infolist()
            names = {entry.filename for entry in entries}
            unpacked = sum(entry.file_size for entry in entries)
            if unpacked > MAX_UNPACKED:
                raise InputError(
                    f"解开后超过 {MAX_UNPACKED >> 20} MB，不予读取",
                    where=where,
                    rule="too_large_unpacked",
                    action="拆成几个文件后重投",
                )
            if "EncryptedPackage" in names:
                raise _password(where)
            if not any(name.startswith("xl/workbook") for name in names) and "content.xml" not in names:
                kind = "Word 文档" if "word/document.xml" in names else "压缩包"
                raise InputError(
                    f"不是表格，而是{kind}", where=where, rule="not_a_table", action="解压或另存为 .xlsx 后重投"
                )
            for entry in entries:
                if re.fullmatch(r"xl/worksheets/[^/]+\.xml", entry.filename):
                    _check_extent(package, entry, where)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, EOFError, ValueError, NotImplementedError, RuntimeError):
        raise _broken(where) from None
    except zlib.error:
        raise _broken(where) from None


_WIDE_CELL = re.compile(rb"""\br\s*=\s*["']([A-Z]{2,9})[0-9]""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br\s*=\s*["']([0-9]+)""")


def _check_extent(package: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> None:
    """Refuse a sheet whose cells span more than a grid in memory can hold.

    The reader allocates the whole rectangle between the outermost cells and aborts the process when it cannot,
    so the sheet's text is looked through first; what it says of its own dimension proves nothing.
    """
    body = package.read(entry)
    last = max(map(int, _ROW.findall(body)), default=1)
    widest = max(map(_column_number, set(_WIDE_CELL.findall(body))), default=26)
    if last > MAX_ROWS or widest > MAX_COLUMNS or last * widest > MAX_CELLS:
        raise _too_wide(where)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _workbook(data: bytes, where: str) -> list[Grid]:
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as book:
            return [
                _grid(book, meta.name, _why_skipped(meta.visible, meta.typ), where) for meta in book.sheets_metadata
            ]
    except PasswordError:
        raise _password(where) from None
    except CalamineError as error:
        if "password" in str(error).lower() or _is_encrypted_package(data):
            raise _password(where) from None
        raise _broken(where) from None
    except (ValueError, OSError, OverflowError, MemoryError):
        raise _broken(where) from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # a panic of the Rust reader on a mangled file
            raise _broken(where) from None
        raise


def _is_encrypted_package(data: bytes) -> bool:
    return "EncryptedPackage".encode("utf-16-le") in data


def _why_skipped(visible: SheetVisibleEnum, kind: SheetTypeEnum) -> str | None:
    if visible != SheetVisibleEnum.Visible:
        return "隐藏的工作表，未读取；如有数据，请取消隐藏后重投"
    if kind != SheetTypeEnum.WorkSheet:
        return "图表或宏表，未读取"
    return None


def _grid(book: CalamineWorkbook, name: str, skipped: str | None, where: str) -> Grid:
    if skipped:
        return Grid(name, [], skipped=skipped)
    sheet = book.get_sheet_by_name(name)
    if sheet.end is None or not sheet.height:
        return Grid(name, [], skipped="空工作表")
    _check_size(sheet, where)
    rows = sheet.to_python(skip_empty_area=False)
    return Grid(name, rows, merged=tuple(sheet.merged_cell_ranges or ()))


def _check_size(sheet: CalamineSheet, where: str) -> None:
    last_row, last_column = sheet.end or (0, 0)
    if last_row >= MAX_ROWS or last_column >= MAX_COLUMNS or last_row * last_column > MAX_CELLS:
        raise _too_wide(where)


def _too_wide(where: str) -> InputError:
    return InputError(
        "工作表行列过多（有远处的散格？）", where=where, rule="too_many_cells", action="删去数据以外的行列后重投"
    )


def _broken(where: str) -> InputError:
    return InputError("文件损坏或不完整，打不开", where=where, rule="broken_file", action="重新导出或重新传送后重投")


def _password(where: str) -> InputError:
    return InputError("文件设有密码，打不开", where=where, rule="password_protected", action="请提供方去掉密码后重投")
