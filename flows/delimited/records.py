"""One row per record of a delimited text; a lone quote swallows no line, and what cannot be read is named.

A file without quotes, or whose every record passes the strict parser on a line of its own, is clean and read at full
speed. In any other, each line is weighed: a record over several lines stands only where its quotes close as RFC 4180
has it and no line inside it is itself a whole row of the file; else the lines stand alone, a lone quote being a plain
character, and a line that then does not have the cells of its neighbours is broken.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

from flows.delimited.controls import without_controls
from flows.delimited.dialect import Dialect, find_dialect
from flows.delimited.shapes import Shapes, shapes_of

csv.field_size_limit(1 << 24)
_LONGEST_CELL = 1 << 22
_LEAST_SHARE = 5
"""A width is usual that at least one in so many of the plain lines has."""


@dataclass
class Delimited:
    """The records of a text in order, blank lines included, each with as many cells as its line has.

    `broken` holds the places in `rows` of lines whose quotes cannot be resolved, `mended` of those where a lone quote
    was taken for a plain character. `lines` is the line of the file on which each record begins; null where every
    record is one line.
    """

    rows: list[list[str]]
    delimiter: str
    broken: set[int] = field(default_factory=set)
    mended: list[int] = field(default_factory=list)
    lines: list[int] | None = None
    notes: tuple[str, ...] = ()
    hinted: bool = False

    def line(self, at: int) -> int:
        """The line of the file, counted from 1, on which a record begins."""
        return self.lines[at] if self.lines else at + 1


def read_records(text: str) -> Delimited:
    """The records of a text, with its dialect found from the text itself."""
    text, notes = without_controls(text)
    dialect = find_dialect(text)
    if dialect.quote not in text:
        result = Delimited(_reader(text, dialect, csv.QUOTE_NONE), dialect.delimiter)
    else:
        result = _clean(text, dialect) or _Weighing(text, dialect).records()
    if dialect.hinted:
        result.rows[0] = []
    result.notes, result.hinted = notes, dialect.hinted
    return result


def _reader(text: str, dialect: Dialect, quoting: int) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=dialect.delimiter, quoting=quoting))  # type: ignore[arg-type]


def _clean(text: str, dialect: Dialect) -> Delimited | None:
    """The records of a file that proves to be clean: all well formed, no quote left over in any cell.

    Of a record over several lines no line inside, nor its first and last, may have the delimiters of a whole row.
    """
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=dialect.delimiter, quotechar=dialect.quote, strict=True)
    rows, ends = [], [0]
    try:
        for row in reader:
            rows.append(row)
            ends.append(reader.line_num)
    except csv.Error:
        return None
    if any(dialect.quote in cell for row in rows for cell in row):
        return None
    if ends[-1] == len(rows):
        return Delimited(rows, dialect.delimiter)
    widths = Counter(map(len, rows))
    if min(widths) < 2 or len(widths) > 1:
        return None
    texts, delimiters = list(io.StringIO(text, newline="")), min(widths) - 1
    for first, last in pairwise(ends):
        counts = [line.count(dialect.delimiter) for line in texts[first:last]] if last - first > 1 else ()
        if delimiters in counts[1:-1] or (counts and counts[0] == counts[-1] == delimiters):
            return None
    return Delimited(rows, dialect.delimiter, lines=[end + 1 for end in ends[:-1]])


class _Weighing:
    """One text whose lines are weighed against each other."""

    def __init__(self, text: str, dialect: Dialect) -> None:
        self.dialect = dialect
        self.ends = list(io.StringIO(text, newline=""))
        self.texts = [line.rstrip("\r\n") for line in self.ends]
        quote, delimiter = re.escape(dialect.quote), re.escape(dialect.delimiter)
        formula = f"={quote}[^{quote}{delimiter}]*+{quote}"  # digits kept as text, as Excel writes ="0012"
        cell = f"(?:{quote}(?:[^{quote}]|{quote}{quote})*+{quote}|{formula}|[^{quote}{delimiter}]*+)"
        self.well_formed = re.compile(f"{cell}(?:{delimiter}{cell})*+")
        self.cell = re.compile(f"{quote}((?:[^{quote}]|{quote}{quote})*+){quote}(?={delimiter}|$)|([^{delimiter}]*)")
        self.plain = [self._plain(line) for line in self.texts]
        self.usual = self._usual()

    def records(self) -> Delimited:
        """Every line read, read with a neighbour it belongs to, or broken."""
        lines: list[int] = []
        result = Delimited([], self.dialect.delimiter, lines=lines)
        at = 0
        while at < len(self.texts):
            row, last = self.plain[at], at
            if row is None:
                last, row = self._over_lines(at)
            if row is None:
                row, mended = self._alone(at)
                result.mended += [len(result.rows)] if mended else []
                result.broken |= set() if mended is not None else {len(result.rows)}
            result.rows.append(row)
            lines.append(at + 1)
            at = last + 1
        return result

    def _plain(self, line: str) -> list[str] | None:
        """The cells of a line that is well formed by itself."""
        if self.dialect.quote not in line:
            return line.split(self.dialect.delimiter) if line else []
        return self._parsed(line) if self.well_formed.fullmatch(line) else None

    def _parsed(self, text: str) -> list[str]:
        lines = io.StringIO(text, newline="")
        return next(csv.reader(lines, delimiter=self.dialect.delimiter, quotechar=self.dialect.quote, strict=True))

    def _usual(self) -> dict[int, Shapes]:
        """The widths many plain lines have, each with what its columns look like."""
        counts = Counter(len(row) for row in self.plain if row is not None and len(row) > 1)
        most = counts.most_common(1)
        widths = [width for width, count in counts.items() if count >= 2 and count * _LEAST_SHARE >= counts.total()]
        return {width: self._shapes(width) for width in widths or [width for width, _ in most]}

    def _shapes(self, width: int) -> Shapes:
        return shapes_of((row for row in self.plain if row is not None and len(row) == width), width)

    def _is_row(self, cells: list[str] | None) -> bool:
        """Whether a line's cells are as many, and look, as those of a whole row."""
        return cells is not None and len(cells) in self.usual and self.usual[len(cells)].fit(cells)

    def _is_surely_row(self, cells: list[str] | None) -> bool:
        """As above; of two columns only where one of them tells text from other things."""
        return self._is_row(cells) and (len(cells or ()) > 2 or bool(self.usual[len(cells or ())].non_text_columns))

    def _over_lines(self, first: int) -> tuple[int, list[str] | None]:
        """The last line and the cells of a record whose quoted cell holds line breaks; null where there is none."""
        quotes, size = 0, 0
        for at in range(first, len(self.texts)):
            quotes += self.texts[at].count(self.dialect.quote)
            size += len(self.ends[at])
            if quotes % 2 == 0:
                return self._closed(first, at)
            if size > _LONGEST_CELL or (at > first and self._is_surely_row(self.plain[at])):
                break
        return first, None

    def _closed(self, first: int, last: int) -> tuple[int, list[str] | None]:
        whole = "".join(self.ends[first:last]) + self.texts[last]
        if first == last or not self.well_formed.fullmatch(whole):
            return first, None
        both = all(self._is_surely_row(next(self._readings(line), None)) for line in (first, last))
        return (first, None) if both else (last, self._parsed(whole))

    def _alone(self, at: int) -> tuple[list[str], bool | None]:
        """A line by itself, and whether a lone quote was taken for a plain character; null where it is broken."""
        if f"\\{self.dialect.quote}" in self.texts[at] and self._is_row(escaped := self._escaped(self.texts[at])):
            return escaped, False
        for cells in self._readings(at):
            return cells, True
        return self.texts[at].split(self.dialect.delimiter), None

    def _readings(self, at: int) -> Iterator[list[str]]:
        """What a line may say with its lone quotes as plain characters, cells in proper quotes first kept together."""
        tolerant = [
            lone if lone or not quoted else quoted.replace(self.dialect.quote * 2, self.dialect.quote)
            for quoted, lone in self._cells(self.texts[at])
        ]
        for cells in (tolerant, self.texts[at].split(self.dialect.delimiter)):
            bare = [self._without_lone_quote(cell) for cell in cells]
            if self._is_row(bare):
                yield bare

    def _cells(self, line: str) -> Iterator[tuple[str, str]]:
        at = 0
        while match := self.cell.match(line, at):
            yield match[1] or "", match[2] or ""
            if match.end() == len(line):
                return
            at = match.end() + 1

    def _without_lone_quote(self, cell: str) -> str:
        quote = self.dialect.quote
        return cell.removeprefix(quote).removesuffix(quote) if cell.count(quote) == 1 else cell

    def _escaped(self, line: str) -> list[str]:
        """A line whose quotes inside cells are written \\", as some databases do."""
        try:
            reader = csv.reader(
                [line], delimiter=self.dialect.delimiter, quotechar=self.dialect.quote, escapechar="\\", strict=True
            )
            return next(reader)
        except csv.Error:
            return []
