"""One rule for every cell that leaves the product: a spreadsheet must take it for text, never for a formula."""

from __future__ import annotations

import re

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""Openings that one spreadsheet or another takes for a formula, the wide forms too, at once or once saved as text."""
LONGEST = 32_000
"""Excel takes 32,767 characters in a cell."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def harmless(cell: str) -> str:
    """A cell a spreadsheet would take for a formula gets a quote in front; control characters go."""
    clean = _CONTROL.sub("", cell)[:LONGEST]
    return f"'{clean}" if clean.lstrip(" \u3000\xa0\ufeff\u200b").startswith(FORMULA_STARTS) else clean
