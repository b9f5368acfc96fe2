"""One row of `stage_files` per sheet met: whether it was read, its rows, and a Chinese line on what was noticed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pyarrow as pa

from flows.staging.grid import Grid
from schemas.contracts import stage_table

_NOTES_ROWS = 20
_NOTES_COLUMNS = 3
_SHOWN_ROWS = 5


@dataclass(frozen=True)
class FileState:
    """One row of `stage_files`; `warns` says whether its message is for the office to look into."""

    source: str
    file: str
    sheet: str | None = None
    state: str = "read"
    encoding: str | None = None
    header_row: int | None = None
    rows_in: int = 0
    accepted: int = 0
    quarantined: int = 0
    passed_over: int = 0
    columns_read: tuple[str, ...] = ()
    columns_dropped: tuple[str, ...] = ()
    fields_missing: tuple[str, ...] = ()
    columns_unknown: tuple[str, ...] = ()
    fields_found: tuple[str, ...] = ()
    message: str | None = None
    warns: bool = False


def without_notes(states: list[FileState], grids: list[Grid]) -> list[FileState]:
    """A small sheet without a known header beside one that was read holds notes: skipped, not refused."""
    if not any(state.state == "read" for state in states):
        return states
    return [
        replace(state, state="skipped")
        if "no_known_header" in (state.message or "")
        and (len(grid.rows) <= _NOTES_ROWS or grid.width <= _NOTES_COLUMNS)
        else state
        for state, grid in zip(states, grids, strict=True)
    ]


def nothing_read(accepted: int, quarantined: int) -> str | None:
    """A note where a sheet has rows and none of them could be used: that is more than so many bad rows."""
    return (
        f"{quarantined}行一行也没有读进来，全部退回；请对照退回原因核对这份文件"
        if quarantined and not accepted
        else None
    )


def files_table(states: list[FileState]) -> pa.Table:
    """The states as `stage_files`."""
    schema = stage_table("stage_files").schema
    rows = [{name: getattr(state, name) for name in schema.names} for state in states]
    return pa.Table.from_pylist(rows, schema=schema)


def hidden_remark(grid: Grid, *, read: bool) -> str | None:
    """Hidden rows below the top by number, the first few of them."""
    if not grid.hidden:
        return None
    numbers = "、".join(map(str, sorted(grid.hidden)[:_SHOWN_ROWS])) + ("等" if len(grid.hidden) > _SHOWN_ROWS else "")
    return f"有{len(grid.hidden)}行隐藏（第{numbers}行），{'已照常读取' if read else '按规则未读取'}"
