"""Tables on a terminal whose cells are folded where they are too long, and never cut."""

from __future__ import annotations

from typing import Any

from rich.table import Column, Table


def whole_table(*titles: str, **options: Any) -> Table:
    """A table with these columns; what does not fit goes on in the next line. Further options are rich's own."""
    return Table(*(Column(title, overflow="fold") for title in titles), **options)
