"""One grid per delimited text file, whatever its encoding and delimiter."""

from __future__ import annotations

from collections import Counter

from flows.delimited import Decoded, Delimited, read_records
from flows.delimited.encoding import CUT
from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Grid, even
from flows.staging.refusals import too_wide
from flows.staging.values.cells import Cell

_EXAMPLES = 5


def read_text(decoded: Decoded, where: str) -> Grid:
    """A text file as a grid; record numbers count blank lines, as a spreadsheet shows them.

    Raises InputError when its lines are too many or too long to be kept side by side.
    """
    result = read_records(decoded.text)
    widths = list(map(len, result.rows))
    width = max(widths, default=0)
    if width > MAX_COLUMNS or width * len(widths) > MAX_CELLS or len(widths) > MAX_ROWS:
        raise too_wide(where)
    note, last = decoded.note, len(widths) - 1
    is_cut = last > 1 and not decoded.text.endswith(("\n", "\r")) and last not in result.broken and _is_short(widths)
    if is_cut or note == CUT:
        note = CUT
    grid: list[list[Cell]] = result.rows  # type: ignore[assignment]  # a list of texts is a list of cells to its readers
    notes = "；".join(text for text in (note, *result.notes) if text) or None
    return Grid(
        None,
        even(grid),
        encoding=decoded.encoding,
        note=notes,
        remark=_mended_remark(result),
        widths=widths,
        broken=frozenset(at + 1 for at in result.broken),
        cut_row=last + 1 if is_cut else None,
    )


def _is_short(widths: list[int]) -> bool:
    """The last record has fewer cells than every whole one: it was cut, not a tail line of few words."""
    usual = Counter(widths[:200]).most_common(1)[0][0]
    return 1 < widths[-1] < usual


def _mended_remark(result: Delimited) -> str | None:
    if not result.mended:
        return None
    numbers = "、".join(str(at + 1) for at in result.mended[:_EXAMPLES]) + (
        "等" if len(result.mended) > _EXAMPLES else ""
    )
    return f"第{numbers}行有落单的引号，按普通字符略去后读取，请核对原件"
