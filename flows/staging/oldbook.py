"""One grid per sheet of an old workbook (.xls, .et), read in a process apart that may fail without harm."""

from __future__ import annotations

import datetime as dt
import io
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

from flows.staging.grid import MAX_CELLS, MAX_COLUMNS, MAX_ROWS, Grid
from flows.staging.refusals import broken, password, too_wide
from schemas.policy import Reading

_SCRIPT = Path(__file__).with_name("apart.py")
_SECONDS = 60
"""Of the wall; the process itself stops after eight of the processor, so only a machine at a standstill gets here."""


def read_old_workbook(data: bytes, where: str, reading: Reading) -> list[Grid]:
    """The sheets of a compound-file workbook. Raises InputError when it is damaged, protected or too wide."""
    if "EncryptedPackage".encode("utf-16-le") in data:
        raise password(where)
    what, sheets = _read_apart(data)
    if what == "sheets":
        return [_grid(sheet, reading) for sheet in sheets]
    raise {"password": password, "too_wide": too_wide}.get(what, broken)(where)


def _read_apart(data: bytes) -> tuple[str, Any]:
    command = [sys.executable, "-I", str(_SCRIPT), str(MAX_ROWS), str(MAX_COLUMNS), str(MAX_CELLS)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=_SECONDS, check=False)  # noqa: S603
    except (subprocess.TimeoutExpired, BrokenPipeError):
        return "broken", None
    if done.returncode != 0 or not done.stdout:
        return "broken", None
    try:
        answer: tuple[str, Any] = _PlainCells(io.BytesIO(done.stdout)).load()
    except (pickle.UnpicklingError, EOFError):
        return "broken", None
    return answer


class _PlainCells(pickle.Unpickler):
    """Plain values and dates only: a process taken over by a hostile book cannot make this one run anything."""

    def find_class(self, module: str, name: str) -> Any:
        if module == "datetime" and name in ("date", "datetime", "time", "timedelta"):
            return getattr(dt, name)
        raise pickle.UnpicklingError(f"{module}.{name} is no cell")


def _grid(sheet: tuple[Any, ...], reading: Reading) -> Grid:
    name, visible, kind, rows, merged, hidden = sheet
    if not kind:
        return Grid(name, [], skipped="图表或宏表，未读取")
    if not visible and reading.hidden_sheets == "skip":
        return Grid(name, [], skipped="隐藏的工作表，未读取；如有数据，请取消隐藏后重投")
    if not rows:
        return Grid(name, [], skipped="空工作表")
    remark = None if visible else "隐藏的工作表，已按规则读取"
    return Grid(name, rows, merged=merged, remark=remark, hidden=frozenset(hidden))
