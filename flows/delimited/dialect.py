"""One dialect per file: the sign between its cells and the sign around them."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

_DELIMITERS = (",", "\t", ";", "|", "，", "；", "^", "~", "\x01", "\x1f", "\x1e")
_HINT = re.compile(r"""["']?sep=([^\r\n"'])["']?[ \t]*(?=[\r\n])""", re.IGNORECASE)
_SAMPLED_LINES, _SAMPLED_TEXT = 60, 40_000


@dataclass(frozen=True)
class Dialect:
    """How the cells of a file are set apart; `hinted`: its first line only names the delimiter, as Excel's `sep=;`."""

    delimiter: str
    quote: str = '"'
    hinted: bool = False


def find_dialect(text: str) -> Dialect:
    """The delimiter that cuts the most of the first lines into the same number of cells, and what stands around them.

    Cells in quotes are taken out first, so that what they hold does not count; a lone quote hides nothing.
    """
    lines = [line for line in re.split("[\r\n]+", text[:_SAMPLED_TEXT])[:_SAMPLED_LINES] if line.strip()]
    if hint := _HINT.match(text):
        return Dialect(hint[1], _quote(lines[1:], hint[1]), hinted=True)
    bare = [re.sub(r'"(?:[^"]|"")*"', "", line) if line.count('"') % 2 == 0 else line for line in lines]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        counts = Counter(line.count(delimiter) for line in bare)
        width, same = max(counts.items(), key=lambda item: (item[1] * (item[0] > 0), item[0]), default=(0, 0))
        score = same * min(width, 5) / max(len(bare), 1)
        if score > best_score:
            best, best_score = delimiter, score
    return Dialect(best, _quote(lines, best))


def _quote(lines: list[str], delimiter: str) -> str:
    """The single quote where most cells stand between two of them; else the double one."""
    cells = [cell for line in lines for cell in line.split(delimiter) if cell]
    single = sum(len(cell) > 1 and cell[0] == cell[-1] == "'" for cell in cells)
    return "'" if cells and single * 2 > len(cells) and not any('"' in cell for cell in cells) else '"'
