"""Slices of rows that stay in the processor's cache."""

from __future__ import annotations

from collections.abc import Iterator


def slices(rows: int, size: int = 1 << 16) -> Iterator[slice]:
    """Slices of so many rows; by default so many that a column's part stays in the processor's cache."""
    return (slice(start, min(start + size, rows)) for start in range(0, rows, size))
