"""One 核查任务表 per street: a row per lead to check, filled in by drop-down, read back by number and check code."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import lru_cache
from html import escape
from typing import Any

import xlsxwriter

from reports.cells import harmless
from reports.tasks.words import (
    ADDRESS,
    CHECKER,
    CODE,
    COMMUNITY,
    DAY,
    DUE,
    HOST,
    KIND,
    NAME,
    NOTE,
    NUMBER,
    PHONE,
    RESULT,
    STATION,
    STREET,
    UNIT,
)  # fmt: skip
from reports.workbook.book import print_set_up

HEADER_ROW = 4
"""Row of the header, as a spreadsheet counts."""
_LEAST_LINES, _LINE = 2, 14


@dataclass(frozen=True)
class Contact:
    """How a street officer finds a person: in clear, in locked sheets of the Party channel and on one's own screen."""

    name: str
    phone: str
    unit: str = ""
    station: str = ""
    address: str = ""
    community: str = ""


@dataclass(frozen=True)
class Task:
    """One lead to check, as it is printed; every value masked, but those of a locked sheet's contact."""

    number: str
    code: str
    name: str
    phone: str
    unit: str
    street: str
    group: str
    kind: str
    asked: str
    evidence: str
    window: str
    due: date
    """Until when it is to be answered."""
    contact: Contact | None = None


@dataclass(frozen=True)
class TaskSheet:
    """One street's sheet."""

    street: str
    as_of: date
    who: str
    at: datetime
    """When it was exported, in local time."""
    inside: bool
    """Whether it stays in the Party channel."""
    answers: tuple[str, ...]
    tasks: tuple[Task, ...]

    @property
    def title(self) -> str:
        return "新就业群体党员线索核查任务表" if self.inside else "新就业群体联系核查任务表"

    @property
    def named(self) -> bool:
        """Whether persons stand in it by their full names: then it is locked."""
        return any(task.contact for task in self.tasks)

    @property
    def mark(self) -> str:
        """Who took it out and when."""
        return f"内部资料 {self.who} {self.at:%Y-%m-%d %H:%M}"


_COLUMNS = (
    ("序号", 5), (NUMBER, 19), (CODE, 11), (NAME, 7), (PHONE, 13), (UNIT, 20), (STREET, 9), ("群体", 9),
    (KIND, 13), ("核查要点", 18), ("线索依据", 28), ("联系时段", 15), (RESULT, 10), (CHECKER, 9), (DAY, 12), (NOTE, 16),
)  # fmt: skip
_SHOWN = len(fields(Task)) - 2
"""Fields of a task that have a column in every sheet; its term has one inside the Party channel only."""
_CONTACT = ((STATION, 14), (ADDRESS, 24), (COMMUNITY, 10))
_FILLED_IN = (RESULT, CHECKER, DAY, HOST, NOTE)


def _columns(sheet: TaskSheet) -> tuple[tuple[str, int], ...]:
    """Titles and widths; the term stands, and who took a person in is asked, inside the Party channel only."""
    if not sheet.inside:
        return _COLUMNS
    head, tail = _COLUMNS[: _SHOWN + 1], _COLUMNS[_SHOWN + 1 :]
    contact = _CONTACT if sheet.named else ()
    return (*head, (DUE, 11), *contact, *tail[:-1], (HOST, 16), tail[-1])


def task_workbook(sheet: TaskSheet) -> bytes:
    """The bytes of one street's .xlsx."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(out, options) as book:
        at = sheet.at.replace(tzinfo=None, microsecond=0)
        book.set_properties({"title": sheet.title, "author": sheet.who, "created": at})
        page = book.add_worksheet("核查任务表")
        formats = _formats(book)
        _head(page, sheet, formats)
        for place, task in enumerate(sheet.tasks):
            _row(page, HEADER_ROW + place, (place + 1, task), (formats, _columns(sheet)))
        _rules(page, sheet)
        _print(page, sheet)
        page.set_background(io.BytesIO(watermark(sheet.mark)))
    return out.getvalue()


def _formats(book: Any) -> Mapping[str, Any]:
    line = {"border": 1, "border_color": "#999999", "valign": "vcenter", "text_wrap": True, "font_name": "宋体"}
    fixed = {**line, "font_size": 9, "num_format": "@"}
    return {
        "title": book.add_format({"bold": True, "font_size": 16, "font_name": "黑体"}),
        "told": book.add_format({"font_size": 9, "font_name": "宋体", "font_color": "#444444"}),
        "head": book.add_format({**line, "bold": True, "font_size": 10, "bg_color": "#E8EEF4", "align": "center"}),
        "fixed": book.add_format(fixed),
        "count": book.add_format({**fixed, "num_format": "0", "align": "center"}),
        "open": book.add_format({**fixed, "locked": False, "bg_color": "#FFFDE7"}),
        "day": book.add_format({**fixed, "locked": False, "bg_color": "#FFFDE7", "num_format": "yyyy-mm-dd"}),
    }


def _head(page: Any, sheet: TaskSheet, formats: Mapping[str, Any]) -> None:
    page.set_row(0, 26)
    page.write_string(0, 0, sheet.title, formats["title"])
    told = (
        f"{sheet.street}　共 {len(sheet.tasks)} 项　数据日期 {sheet.as_of.isoformat()}　"
        f"最早请于 {min(task.due for task in sheet.tasks).isoformat()} 前交回　{sheet.mark}　用后按规定销毁"
    )
    page.write_string(1, 0, harmless(told), formats["told"])
    host = "已由党组织接收的选“已纳管”，并写明接收组织的全称或代码。" if sheet.inside else ""
    how = (
        f"只填浅黄各栏：核查结果从下拉中选，核查人、核查日期必填。{host}"
        "可以整表排序、筛选；任务编号和校验码请勿改。请勿外传。"
    )
    page.write_string(2, 0, how, formats["told"])
    for at, (name, width) in enumerate(_columns(sheet)):
        page.set_column(at, at, width)
        page.write_string(HEADER_ROW - 1, at, name, formats["head"])
    page.freeze_panes(HEADER_ROW, 4)


def _row(
    page: Any, row: int, numbered: tuple[int, Task], look: tuple[Mapping[str, Any], Sequence[tuple[str, int]]]
) -> None:
    (place, task), (formats, columns) = numbered, look
    page.write_number(row, 0, place, formats["count"])
    for at, text in enumerate(_cells(task, len(columns) > len(_COLUMNS)), 1):
        page.write_string(row, at, harmless(text), formats["fixed"])
    for at, (name, _) in enumerate(columns):
        if name in _FILLED_IN:
            page.write_blank(row, at, None, formats["day" if name == DAY else "open"])
    texts = zip(_cells(task, len(columns) > len(_COLUMNS)), (width for _, width in columns[1:]), strict=False)
    page.set_row(row, _LINE * max(_LEAST_LINES, *(_lines(text, width) for text, width in texts)))


def _cells(task: Task, inside: bool) -> list[str]:
    """The texts of the columns after the first, up to those that the street fills in."""
    cells = {field.name: str(getattr(task, field.name)) for field in fields(task)[:_SHOWN]}
    if not inside:
        return list(cells.values())
    found = task.contact
    if found is None:
        return [*cells.values(), task.due.isoformat()]
    cells |= {"name": found.name, "phone": found.phone}
    return [*cells.values(), task.due.isoformat(), found.station, found.address, found.community]


def _lines(text: str, width: int) -> int:
    """Lines a wrapped text takes; a Chinese character takes two places."""
    places = [sum(2 if ord(sign) > 255 else 1 for sign in line) for line in text.split("\n")]
    return sum(max(-(-count // max(width - 1, 1)), 1) for count in places)


def _rules(page: Any, sheet: TaskSheet) -> None:
    """What may be filled in, and that nothing else may be changed."""
    last = HEADER_ROW + len(sheet.tasks) - 1
    at = {name: place for place, (name, _) in enumerate(_columns(sheet))}
    told = {"error_title": "请从下拉中选", "error_message": "、".join(sheet.answers)}
    page.data_validation(
        HEADER_ROW, at[RESULT], last, at[RESULT], {"validate": "list", "source": list(sheet.answers), **told}
    )
    day = {"validate": "date", "criteria": ">=", "value": sheet.as_of, "error_title": "日期不对"}
    page.data_validation(
        HEADER_ROW, at[DAY], last, at[DAY], {**day, "error_message": f"写成 2026-11-20 这样，不早于 {sheet.as_of}"}
    )
    page.autofilter(HEADER_ROW - 1, 0, last, len(at) - 1)
    allowed = ("sort", "autofilter", "format_columns", "format_rows", "select_locked_cells", "select_unlocked_cells")
    page.protect("", dict.fromkeys(allowed, True))


def _print(page: Any, sheet: TaskSheet) -> None:
    print_set_up(page, HEADER_ROW - 1)
    page.set_header(f"&L&9{_escaped(sheet.mark)}&C&9{_escaped(sheet.mark)}&R&9{_escaped(sheet.mark)}")


def _escaped(text: str) -> str:
    """An ampersand is a command in headers."""
    return text.replace("&", "&&")


@lru_cache(maxsize=8)
def watermark(mark: str) -> bytes:
    """A faint slanted tile with who and when, as PNG, for the ground of the sheet on the screen."""
    import vl_convert

    text = 'fill="#DDDDDD" font-size="15" font-family="Noto Sans CJK SC" transform="rotate(-20 {x} {y})"'
    lines = "".join(
        f'<text x="{x}" y="{y}" {text.format(x=x, y=y)}>{escape(mark)}</text>' for x, y in ((20, 120), (320, 240))
    )
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="640" height="280">{lines}</svg>'
    drawn: bytes = vl_convert.svg_to_png(svg)
    return drawn


def file_name(street: str, as_of: date, taken: Sequence[str]) -> str:
    """`核查任务表_城南街道_2026-11-20.xlsx`, a name no other file of the export has."""
    safe = "".join("_" if sign in '\\/:*?"<>|\r\n\t' else sign for sign in street).strip(". ")[:60] or "镇街不明"
    name, number = f"核查任务表_{safe}_{as_of.isoformat()}.xlsx", 1
    while name in taken:
        number += 1
        name = f"核查任务表_{safe}_{as_of.isoformat()}_{number}.xlsx"
    return name
