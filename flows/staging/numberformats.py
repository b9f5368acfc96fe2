"""Numbers as their workbook shows them: codes kept as numbers under a format of zeros, with the zeros before them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flows.staging.values.cells import Cell

_FORMAT = re.compile(rb"<(?:\w+:)?numFmt\b[^>]*>")
_STYLES = re.compile(rb"<(?:\w+:)?cellXfs\b.*?</(?:\w+:)?cellXfs>", re.DOTALL)
_STYLE = re.compile(rb"<(?:\w+:)?xf\b[^>]*>")
_CELL = rb"""<(?:\w+:)?c\b(?=[^>]*?\ss\s*=\s*["'](%s)["'])[^>]*?\sr\s*=\s*["']([A-Z]{1,3})([0-9]{1,7})["']"""
_PART = re.compile(r'"([^"]*)"|\\(.)|_.|\*.|\[\$([^\]-]*)[^\]]*\]|\[[^\]]*\]|([0#?])|([-\s()+·、])')


@dataclass(frozen=True)
class ZeroFormat:
    """A number format of digits and fixed text: text as it stands, null for the place of a digit; at least `least`."""

    parts: tuple[str | None, ...]
    least: int

    def text_of(self, number: float) -> str:
        """A whole number as the format shows it: its digits from the right, zeros before them up to `least`."""
        digits = str(int(number)).zfill(self.least)
        places = self.parts.count(None)
        ahead, digits = digits[: max(len(digits) - places, 0)], digits[max(len(digits) - places, 0) :].rjust(places)
        text, rest = "", iter(digits)
        for part in self.parts:
            if part is None:
                text += ahead + next(rest).strip()
                ahead = ""
            else:
                text += part
        return text


def zero_formats(styles: bytes) -> dict[int, ZeroFormat]:
    """Cell style -> its format, of the styles whose format writes zeros before a number or text beside it."""
    codes = {int(number): code for tag in _FORMAT.findall(styles) if (number := _attribute(tag, "numFmtId")).isdigit()
             for code in [_attribute(tag, "formatCode")]}  # fmt: skip
    formats = {number: result for number, code in codes.items() if (result := read_format(code)) is not None}
    cells = _STYLES.search(styles)
    if not formats or cells is None:
        return {}
    numbers = [_attribute(tag, "numFmtId") for tag in _STYLE.findall(cells[0])]
    return {
        style: formats[int(number)]
        for style, number in enumerate(numbers)
        if number.isdigit() and int(number) in formats
    }


def read_format(code: str) -> ZeroFormat | None:
    """A format code that shows whole numbers with zeros before them or fixed text beside them; null for all others."""
    first = code.split(";", maxsplit=1)[0]
    parts: list[str | None] = []
    least = at = 0
    while at < len(first):
        match = _PART.match(first, at)
        if match is None:
            return None
        quoted, escaped, money, place, sign = match.groups()
        if place:
            parts.append(None)
            least += place == "0"
        elif (text := quoted or escaped or money or sign) is not None:
            parts.append(text)
        at = match.end()
    return ZeroFormat(tuple(parts), least) if least > 1 or (least and len(parts) > 1) else None


def formatted_cells(pieces: Iterable[bytes], formats: Mapping[int, ZeroFormat]) -> dict[tuple[int, int], ZeroFormat]:
    """(row, column), counted from 0, of the cells of one worksheet that stand under one of the formats."""
    pattern = re.compile(_CELL % b"|".join(str(style).encode() for style in sorted(formats)))
    return {
        (int(row) - 1, _column(letters)): formats[int(style)]
        for piece in pieces
        for style, letters, row in pattern.findall(piece)
    }


def show_numbers(rows: list[list[Cell]], cells: Mapping[tuple[int, int], ZeroFormat]) -> None:
    """Put the text a workbook shows in place of each whole number under a format of zeros."""
    for (row, column), shape in cells.items():
        if row < len(rows) and column < len(rows[row]):
            cell = rows[row][column]
            if isinstance(cell, float) and cell.is_integer() and 0 <= cell < 1e15:
                rows[row][column] = shape.text_of(cell)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number - 1


def _attribute(tag: bytes, name: str) -> str:
    match = re.search(rf"""\s{name}\s*=\s*(?:"([^"]*)"|'([^']*)')""", tag.decode("utf-8", "replace"))
    return html.unescape(match[1] or match[2] or "") if match else ""
