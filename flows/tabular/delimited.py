"""One row per record of a delimited file, every column as text: at full speed where the file proves to be clean."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
import pyarrow as pa

from flows.delimited import Decoded, Delimited, decode, read_records
from flows.delimited.dialect import Dialect, find_dialect
from flows.delimited.shifted import SAMPLED_ROWS, is_shifted, kinds_of, suspects
from flows.tabular.columns import named_columns, without_blank_columns
from schemas.errors import InputError
from schemas.rules import Rule

_HEAD = 64_000
_MOST_EXAMPLES = 5
_MARK = b"\xef\xbb\xbf"
_BLOCK = 4 << 20


def read_delimited(data: bytes, where: str, say: Callable[[str], None]) -> pa.Table:
    """The table below the first filled line; empty cells are null.

    Raises InputError where there is no text, columns of one name, or lines that are damaged, with their numbers.
    """
    if not data.strip(b"\x00\xef\xbb\xbf\xff\xfe \t\r\n"):
        raise InputError("文件是空的", where=where, rule=Rule.EMPTY_FILE, action="核对文件")
    clean = _clean(data, where)
    if clean is not None:
        return clean
    decoded = decode(data, where)
    if decoded.note or decoded.encoding in ("cp1252", "latin-1", "big5"):
        say(f"{where}：" + (decoded.note or f"按 {decoded.encoding} 编码读取，请核对"))
    again = _clean(decoded.text.encode(), where) if decoded.encoding not in ("utf-8", "utf-8-sig") else None
    return _weighed(decoded, where, say) if again is None else again


def _clean(data: bytes, where: str) -> pa.Table | None:
    """The table by Arrow's own reader, of UTF-8 whose every record proves to be whole; null where it does not."""
    data = data.removeprefix(_MARK)
    if b"\x00" in data or b"\x1a" in data or _MARK in data or data.count(b"\r") != data.count(b"\r\n"):
        return None
    head = data[:_HEAD]
    end = head.find(b"\n")
    dialect = find_dialect(head.decode("utf-8", "ignore"))
    if end < 0 or dialect.hinted or dialect.quote != '"' or ord(dialect.delimiter) > 127:
        return None
    try:
        header = read_records(head[:end].decode("utf-8")).rows[0]
    except (UnicodeDecodeError, IndexError):
        return None
    over_lines = _over_lines(data, dialect.delimiter, len(header))
    return None if over_lines is None or len(header) < 2 else _by_arrow(data, dialect, header, where, over_lines)


def _over_lines(data: bytes, delimiter: str, width: int) -> bool | None:
    """Whether cells reach over lines; null where one of those lines has the delimiters of a whole row."""
    if b'"' not in data:
        return False
    text = np.frombuffer(data, np.uint8)
    ends, quotes = np.flatnonzero(text == 10), np.flatnonzero(text == 34)
    inside = np.searchsorted(quotes, ends) % 2 == 1
    if not inside.any():
        return None if len(quotes) % 2 else False
    starts = np.concatenate([[0], ends, [len(text)]])
    whole = np.diff(np.searchsorted(np.flatnonzero(text == ord(delimiter)), starts)) == width - 1
    opened, goes_on = np.concatenate([[False], inside]), np.concatenate([inside, [False]])
    first, last = whole[goes_on & ~opened], whole[opened & ~goes_on]
    if len(quotes) % 2 or (whole & opened & goes_on).any() or (first & last).any():
        return None
    return True


def _by_arrow(data: bytes, dialect: Dialect, header: list[str], where: str, over_lines: bool) -> pa.Table | None:
    from pyarrow import csv

    names = named_columns(header, where)
    read = csv.ReadOptions(column_names=names, skip_rows=1, use_threads=False, block_size=_BLOCK)
    convert = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, null_values=[""]
    )
    parse = csv.ParseOptions(delimiter=dialect.delimiter, newlines_in_values=over_lines)
    try:
        table = csv.read_csv(io.BytesIO(data), read_options=read, parse_options=parse, convert_options=convert)
    except pa.ArrowInvalid:  # a line of another width, or bytes that are no UTF-8
        return None
    if _has_header_again(table, header) or _shifted(table):
        return None
    return without_blank_columns(table, header)


def _shifted(table: pa.Table) -> list[int]:
    """Rows whose cells stand one column off."""
    head = table.slice(0, SAMPLED_ROWS)
    kinds = kinds_of(_texts(head), table.num_columns)
    places = suspects(table.columns, kinds)
    rows = _texts(table.take(pa.array(places, pa.int64()))) if places else []
    return [at for at, row in zip(places, rows, strict=True) if is_shifted(row, kinds)]


def _texts(table: pa.Table) -> list[list[str]]:
    return [[cell or "" for cell in row] for row in zip(*(column.to_pylist() for column in table.columns), strict=True)]


def _has_header_again(table: pa.Table, header: list[str]) -> bool:
    """Whether a row begins with a header's text: a table joined to another."""
    import pyarrow.compute as pc

    return bool(pc.any(pc.is_in(table.column(0), pa.array(header, pa.string()))).as_py())


def _weighed(decoded: Decoded, where: str, say: Callable[[str], None]) -> pa.Table:
    """The table of a file that may be damaged."""
    result = read_records(decoded.text)
    filled = [at for at, row in enumerate(result.rows) if any(row)]
    if not filled:
        raise InputError("文件是空的", where=where, rule=Rule.EMPTY_FILE, action="核对文件")
    header = result.rows[filled[0]]
    rows = [at for at in filled[1:] if at in result.broken or result.rows[at] != header]
    width = _width(result, header, rows)
    _refuse_damaged(result, width, rows, where)
    names = named_columns(header[:width], where)
    columns = zip(*([cell or None for cell in result.rows[at][:width]] for at in rows), strict=True)
    arrays = [pa.array(column, pa.string()) for column in columns] or [pa.nulls(0, pa.string()) for _ in names]
    table = pa.table(arrays, names=names)
    _refuse([f"第{result.line(rows[at])}行各格错开一列" for at in _shifted(table)], width, where)
    for line in (*result.notes, _mended(result), _headers_again(len(filled) - 1 - len(rows))):
        if line:
            say(f"{where}：{line}")
    return without_blank_columns(table, header[:width])


def _width(result: Delimited, header: list[str], rows: list[int]) -> int:
    """Cells of a row: as the header has; a delimiter behind the last cell of every line, or of every row, is none."""
    widths = {len(result.rows[at]) for at in rows}
    if len(widths) == 1 and (width := min(widths)) != len(header):
        longer = [header] if width < len(header) else [result.rows[at] for at in rows]
        if not any(any(row[min(width, len(header)) :]) for row in longer):
            return min(width, len(header))
    return len(header)


def _refuse_damaged(result: Delimited, width: int, rows: list[int], where: str) -> None:
    """Raises InputError that names the lines of more or fewer cells than the header, or of lone quotes."""
    spare = (
        {len(result.rows[at]) for at in rows}
        if width <= min((len(result.rows[at]) for at in rows), default=0)
        else set()
    )
    accepted = spare if len(spare) == 1 and not any(any(result.rows[at][width:]) for at in rows) else {width}
    header = sorted(result.rows[next(at for at, row in enumerate(result.rows) if any(row))])
    lines = []
    for at in rows:
        row, line = result.rows[at], result.line(at)
        if at in result.broken:
            lines.append(f"第{line}行引号不成对")
        elif len(row) not in accepted:
            lines.append(f"第{line}行有{len(row)}格")
        elif sorted(row) == header:
            lines.append(f"第{line}行又是一行表头，列的次序不同")
    _refuse(lines, width, where)


def _refuse(lines: list[str], width: int, where: str) -> None:
    if lines:
        raise InputError(
            f"有几行与表头（{width}格）对不上，没有读这个表",
            where=where,
            rule=Rule.DAMAGED_LINES,
            count=len(lines),
            examples=tuple(lines[:_MOST_EXAMPLES]),
            action="改好这几行（多或少的分隔符、落单的引号）再试",
        )


def _mended(result: Delimited) -> str:
    numbers = [str(result.line(at)) for at in result.mended[:_MOST_EXAMPLES]]
    more = "等" if len(result.mended) > _MOST_EXAMPLES else ""
    return f"第{'、'.join(numbers)}{more}行有落单的引号，按普通字符略去后读取" if numbers else ""


def _headers_again(count: int) -> str:
    return f"表头又出现{count}次，已略去" if count else ""
