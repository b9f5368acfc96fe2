"""One grid per delimited text file, whatever its encoding and delimiter."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from itertools import chain

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Grid, even
from flows.staging.refusals import too_wide
from flows.staging.values.cells import Cell
from schemas.errors import InputError

csv.field_size_limit(1 << 24)
_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_DELIMITERS = (",", "\t", ";", "|", "，", "\x01")
_FIRST, _MOST_LOST = 65_536, 1000
_CUT = "文件末行不完整，可能在传送中被截断，请与提供方核对行数"


def decode(data: bytes, where: str) -> tuple[str, str, str | None]:
    """Text, its encoding, and a note when the last character was cut. Raises InputError when it is not text."""
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            return _decoded(data, (encoding,), where)
    if b"\x00" in data[:4096]:
        even_nulls, odd_nulls = data[:4096:2].count(0), data[1:4096:2].count(0)
        if max(even_nulls, odd_nulls) > 4 * min(even_nulls, odd_nulls):
            return _decoded(data, ("utf-16-be",) if even_nulls > odd_nulls else ("utf-16-le",), where)
    return _decoded(data, ("utf-8", "gb18030"), where)


def _decoded(data: bytes, encodings: tuple[str, ...], where: str) -> tuple[str, str, str | None]:
    for encoding in encodings:
        if encoding == "gb18030" and (mended := _mended(data)):
            return mended
        decoder = codecs.getincrementaldecoder(encoding)()
        try:
            text = decoder.decode(data)
        except (UnicodeDecodeError, UnicodeError):
            continue
        if _is_text(text):
            cut = bool(decoder.getstate()[0])
            return text.removeprefix("\ufeff"), encoding.removesuffix("-sig"), _CUT if cut else None
    raise InputError(
        "认不出文字编码，或不是表格文件",
        where=where,
        rule="unreadable_text",
        action="另存为 .xlsx 或 UTF-8 的 .csv 后重投",
    )


def _mended(data: bytes) -> tuple[str, str, str | None] | None:
    """UTF-8 with a few damaged bytes, which GB18030 would read as other characters; each is shown as lost."""
    if data[:_FIRST].decode("utf-8", "replace").count("\ufffd") > _MOST_LOST + 1:  # one may be the cut itself
        return None
    text = data.decode("utf-8", "replace")
    lost, sample = text.count("\ufffd"), text[:200_000]
    if lost > _MOST_LOST or lost * 20 > len(sample) - len(sample.encode("ascii", "ignore")):
        return None
    lines = sorted({text.count("\n", 0, found.start()) + 1 for found in re.finditer("\ufffd", text)})
    shown = "、".join(map(str, lines[:5])) + ("等" if len(lines) > 5 else "")
    return text.removeprefix("\ufeff"), "utf-8", f"第{shown}行有{lost}处坏字符，按“□”读取，请核对原件"


def _is_text(text: str) -> bool:
    sample = text[:65536]
    strange = sum(1 for character in sample if character < " " and character not in "\t\r\n\x01\x0b\x0c\x1a")
    return "\x00" not in sample and strange * 200 <= len(sample)


def read_text(text: str, encoding: str, where: str, note: str | None = None) -> Grid:
    """A text file as a grid; record numbers count blank lines, as a spreadsheet shows them.

    Raises InputError when its lines are too many or too long to be kept side by side.
    """
    delimiter = _sniff(text)
    rows = _records(text, delimiter)
    if note is None and len(rows) > 2 and not text.endswith(("\n", "\r")) and _is_short(rows):
        note = _CUT
    width = max(map(len, rows), default=0)
    if width > MAX_COLUMNS or width * len(rows) > MAX_CELLS or len(rows) > MAX_ROWS:
        raise too_wide(where)
    grid: list[list[Cell]] = rows  # type: ignore[assignment]  # a list of texts is a list of cells to its readers
    return Grid(None, even(grid), encoding=encoding, note=note)


def _is_short(rows: list[list[str]]) -> bool:
    """The last record has fewer fields than every whole one: it was cut, not a tail line of few words."""
    usual = Counter(len(row) for row in rows[:200]).most_common(1)[0][0]
    return 1 < len(rows[-1]) < usual


def _records(text: str, delimiter: str) -> list[list[str]]:
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
        longest = max(map(len, chain.from_iterable(rows)), default=0)
        runaway = longest > 2000 and any(len(cell) > 2000 and cell.count("\n") > 20 for row in rows for cell in row)
    except csv.Error:
        runaway = True
    if runaway:  # a quote that is never closed swallows the rest of the file
        rows = list(csv.reader(text.splitlines(), delimiter=delimiter, quoting=csv.QUOTE_NONE))
    return rows


def _sniff(text: str) -> str:
    """The delimiter that cuts the most of the first lines into the same number of fields."""
    sample = [line for line in text[:20000].splitlines()[:60] if line.strip()][:40]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        try:
            widths = Counter(len(row) for row in csv.reader(sample, delimiter=delimiter))
        except csv.Error:
            continue
        if not widths:  # nothing but blanks and control characters
            continue
        width, lines = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
        score = lines * min(width - 1, 5) / max(len(sample), 1)
        if score > best_score:
            best, best_score = delimiter, score
    return best
