"""One grid per sheet or text file: what the bytes are decides how they are read, not the file's name."""

from __future__ import annotations

from flows.delimited import decode
from flows.staging.grid import Grid
from flows.staging.markup import looks_like_markup, read_markup
from flows.staging.oldbook import read_old_workbook
from flows.staging.parquet import read_parquet
from flows.staging.refusals import not_a_table, too_large
from flows.staging.text import read_text
from flows.staging.webarchive import is_web_archive, read_web_archive
from flows.staging.workbook import COMPOUND, PACKAGE, read_workbook
from schemas.errors import InputError
from schemas.policy import Reading
from schemas.rules import Rule

MAX_TEXT_FILE = 96 << 20
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
    (b"SQLite format 3", "数据库文件"),
    (b"MZ", "可执行文件"),
    (b"\x7fELF", "可执行文件"),
)


def read_file(data: bytes, where: str, reading: Reading | None = None) -> list[Grid]:
    """The sheets of one file. Raises InputError, in Chinese, when the whole file cannot be read."""
    reading = reading or Reading()
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InputError("文件是空的", where=where, rule=Rule.EMPTY_FILE, action="重新导出后重投")
    if data[:4] == PACKAGE:
        return read_workbook(data, where, reading)
    if data[:8] == COMPOUND:
        return read_old_workbook(data, where, reading)
    if data[:4] in (b"PAR1", b"PARE"):
        return read_parquet(data, where)
    for signature, kind in _SIGNATURES:
        if data.startswith(signature) and (len(signature) > 2 or b"\x00" in data[:512]):
            raise not_a_table(kind, where)
    if len(data) > MAX_TEXT_FILE:
        raise too_large(MAX_TEXT_FILE, where)
    if is_web_archive(data):
        return read_web_archive(data, where)
    decoded = decode(data, where)
    if looks_like_markup(decoded.text):
        return read_markup(decoded.text, decoded.encoding, where)
    return [read_text(decoded, where)]
