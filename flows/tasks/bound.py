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


def unbound(line: Line, found: IssuedLead | str, issued: Issued) -> str | None:
    """In Chinese why the row cannot be taken for the issued one; None where its code fits what it shows."""
    code = line.code
    if code is None:
        return _FORGED
    if len(code) == _OLD_LETTERS:
        return _FORGED if code != old_code(issued.key, line.number) else _old(line.bound, found, issued)
    if line.bound.phone is not None and not phone_fits(issued.key, line.number, code, line.bound):
        return _OTHER_ROW.format(columns=f"“{PHONE}”") if _is_issued(line, code, found, issued) else _FORGED
    if any(row_fits(issued.key, line.number, code, shown) for shown in _completed(line.bound, found)):
        return None
    if not isinstance(found, IssuedLead):
        return _FORGED if None not in _cells(line.bound).values() else found
    return _columns_changed(line, found) if _is_issued(line, code, found, issued) else _FORGED


def _cells(shown: BoundCells) -> dict[str, str | None]:
    return {NAME: shown.name, UNIT: shown.unit, STREET: shown.street, KIND: shown.kind}


def _completed(shown: BoundCells, found: IssuedLead | str) -> Iterator[BoundCells]:
    """The row with what it was issued with in the columns that were cut, as either kind of sheet has it."""
    if not isinstance(found, IssuedLead):
        yield shown
        return
    for issued in _issued_as(found):
        cells = {name: text for name, text in vars(issued).items() if getattr(shown, name) is None}
        yield replace(shown, **cells)


def _issued_as(found: IssuedLead) -> list[BoundCells]:
    """What the sheet inside the Party channel, and the one outside it, showed for this lead; without the telephone."""
    return [cells_of(found.row, found.lead[1], inside=inside, phone=None) for inside in (True, False)]


def _is_issued(line: Line, code: str, found: IssuedLead | str, issued: Issued) -> bool:
    """Whether number and code belong together, so that it is the row's other cells that moved."""
    return isinstance(found, IssuedLead) and any(
        row_fits(issued.key, line.number, code, shown) for shown in _issued_as(found)
    )


def _columns_changed(line: Line, found: IssuedLead) -> str:
    """The columns whose cells are not those that were issued."""
    apart = [
        {
            name
            for name, text in _cells(line.bound).items()
            if text is not None and not _same(name, text, _cells(shown)[name])
        }
        for shown in _issued_as(found)
    ]
    columns = min(apart, key=len) or set(_cells(line.bound))
    return _OTHER_ROW.format(columns="、".join(f"“{name}”" for name in _cells(line.bound) if name in columns))


def _same(column: str, text: str, issued: str | None) -> bool:
    if column != NAME:
        return plain_cell(text) == plain_cell(issued)
    one, other = plain_cell(text), plain_cell(issued)
    return not one or not other or "*" in (one[0], other[0]) or one[0] == other[0]


def _old(shown: BoundCells, found: IssuedLead | str, issued: Issued) -> str | None:
    if not isinstance(found, IssuedLead):
        return None
    if shown.name is None or shown.unit is None or shown.phone is None:
        return _OLD.format(why="表里又缺了姓名、单位或手机一栏")
    phones = issued.phones(found)
    if phones is None and "phone_of_another" not in found.row["flags"]:
        return _OLD.format(why="所据的原件也已销毁")
    same = [_same(NAME, shown.name, one.name) and _same(UNIT, shown.unit, one.unit) for one in _issued_as(found)]
    if any(same) and masked_phones(shown.phone) == masked_phones(phone_text(found.row, phones)):
        return None
    return _OLD.format(why="这一行的姓名、单位或手机又与任务编号的不同")
