"""Whether a returned row is the one that was issued: its check code is held against what the row itself shows.

A column that a street cut cannot speak against the code: what the sheet had there is taken from the version it was made
of. Sheets from before codes bound their rows bear five letters that go with the number alone; such a row counts only
where name, unit and telephone, all of them shown, are those of the person asked about.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from flows.tasks.export import cells_of, phone_text
from flows.tasks.issued import Issued, IssuedLead
from flows.tasks.numbers import BoundCells, masked_phones, old_code, phone_fits, plain_cell, row_fits
from flows.tasks.reading import Line
from reports.tasks.words import KIND, NAME, PHONE, STREET, UNIT

_OLD_LETTERS = 5
_FORGED = "校验码与任务编号不符：可能改动过，或只排了部分列的序，请整表排序、恢复原样后重报"
_OTHER_ROW = "校验码与本行内容不符：{columns}不是这个任务编号的。可能只排了部分列的序，或改过这几栏，请恢复原样后重报"
_OLD = "这份任务表是以前导出的，校验码只有5个字母，{why}，不能确认这一行是谁的；请重新导出任务表填报"


def unbound(line: Line, result: IssuedLead | str, issued: Issued) -> str | None:
    """In Chinese why the row cannot be taken for the issued one; None where its code fits what it shows."""
    code = line.code
    if code is None:
        return _FORGED
    if len(code) == _OLD_LETTERS:
        return _FORGED if code != old_code(issued.key, line.number) else _old(line.bound, result, issued)
    if line.bound.phone is not None and not phone_fits(issued.key, line.number, code, line.bound):
        return _OTHER_ROW.format(columns=f"“{PHONE}”") if _is_issued(line, code, result, issued) else _FORGED
    if any(row_fits(issued.key, line.number, code, shown) for shown in _completed(line.bound, result)):
        return None
    if not isinstance(result, IssuedLead):
        return _FORGED if None not in _cells(line.bound).values() else result
    return _columns_changed(line, result) if _is_issued(line, code, result, issued) else _FORGED


def _cells(cells: BoundCells) -> dict[str, str | None]:
    return {NAME: cells.name, UNIT: cells.unit, STREET: cells.street, KIND: cells.kind}


def _completed(shown: BoundCells, result: IssuedLead | str) -> Iterator[BoundCells]:
    """The row with what it was issued with in the columns that were cut, as either kind of sheet has it."""
    if not isinstance(result, IssuedLead):
        yield shown
        return
    for issued in _issued_as(result):
        cells = {name: text for name, text in vars(issued).items() if getattr(shown, name) is None}
        yield replace(shown, **cells)


def _issued_as(result: IssuedLead) -> list[BoundCells]:
    """What the sheet inside the Party channel, and the one outside it, showed for this lead; without the telephone."""
    return [cells_of(result.row, result.lead[1], inside=inside, phone=None) for inside in (True, False)]


def _is_issued(line: Line, code: str, result: IssuedLead | str, issued: Issued) -> bool:
    """Whether number and code belong together, so that it is the row's other cells that moved."""
    return isinstance(result, IssuedLead) and any(
        row_fits(issued.key, line.number, code, shown) for shown in _issued_as(result)
    )


def _columns_changed(line: Line, result: IssuedLead) -> str:
    """The columns whose cells are not those that were issued."""
    apart = [
        {
            name
            for name, text in _cells(line.bound).items()
            if text is not None and not _same(name, text, _cells(shown)[name])
        }
        for shown in _issued_as(result)
    ]
    columns = min(apart, key=len) or set(_cells(line.bound))
    return _OTHER_ROW.format(columns="、".join(f"“{name}”" for name in _cells(line.bound) if name in columns))


def _same(column: str, text: str, issued: str | None) -> bool:
    if column != NAME:
        return plain_cell(text) == plain_cell(issued)
    one, other = plain_cell(text), plain_cell(issued)
    return not one or not other or "*" in (one[0], other[0]) or one[0] == other[0]


def _old(cells: BoundCells, result: IssuedLead | str, issued: Issued) -> str | None:
    if not isinstance(result, IssuedLead):
        return None
    if cells.name is None or cells.unit is None or cells.phone is None:
        return _OLD.format(why="表里又缺了姓名、单位或手机一栏")
    phones = issued.phones(result)
    if phones is None and "phone_of_another" not in result.row["flags"]:
        return _OLD.format(why="所据的原件也已销毁")
    same = [_same(NAME, cells.name, entry.name) and _same(UNIT, cells.unit, entry.unit) for entry in _issued_as(result)]
    if any(same) and masked_phones(cells.phone) == masked_phones(phone_text(result.row, phones)):
        return None
    return _OLD.format(why="这一行的姓名、单位或手机又与任务编号的不同")
