"""One 核查任务表 per street: a row per lead to check, filled in by drop-down, read back by number and check code."""

from __future__ import annotations

import io
import math
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
from reports.workbook.book import WORKBOOK, print_set_up

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
    question: str
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
    ("序号", 4), (NUMBER, 11), (CODE, 7.5), (NAME, 7), (PHONE, 12), (UNIT, 13), (STREET, 7), ("群体", 7),
    (KIND, 8), ("核查要点", 13), ("线索依据", 15), ("联系时段", 10),
    (RESULT, 7.5), (CHECKER, 7.5), (DAY, 11), (NOTE, 9),
)  # fmt: skip
"""Titles and widths of every sheet: together no wider than A4 across takes at 8 points."""
_COLUMNS_OF_SHEET = len(fields(Task)) - 2
"""Fields of a task that have a column in every sheet; its term has one inside the Party channel only."""
_CONTACT = ((STATION, 8), (ADDRESS, 12), (COMMUNITY, 7))
_FILLED_IN = (RESULT, CHECKER, DAY, HOST, NOTE)
_ON_SCREEN = ((STREET, 9), ("群体", 10), ("联系时段", 18))
"""What sheets of the Party channel, which have more columns, have last and off the paper, so that it stays legible."""
_EVIDENCE = 29
_ON_SCREEN_OF_NAMED = (*_ON_SCREEN, ("线索依据", 48))


def _columns(sheet: TaskSheet) -> tuple[tuple[str, float], ...]:
    """Titles and widths; the term stands, and who took a person in is asked, inside the Party channel only."""
    return (*_printed(sheet), *_aside(sheet))


def _printed(sheet: TaskSheet) -> tuple[tuple[str, float], ...]:
    if not sheet.inside:
        return _COLUMNS
    head, tail = _COLUMNS[: _COLUMNS_OF_SHEET + 1], _COLUMNS[_COLUMNS_OF_SHEET + 1 :]
    whole = (*head, (DUE, 7.5), *(_CONTACT if sheet.named else ()), *tail[:-1], (HOST, 9), tail[-1])
    aside = {name for name, _ in _aside(sheet)}
    return tuple((name, _EVIDENCE if name == "线索依据" else width) for name, width in whole if name not in aside)


def _aside(sheet: TaskSheet) -> tuple[tuple[str, float], ...]:
    if not sheet.inside:
        return ()
    return _ON_SCREEN_OF_NAMED if sheet.named else _ON_SCREEN


def task_workbook(sheet: TaskSheet) -> bytes:
    """The bytes of one street's .xlsx."""
    out = io.BytesIO()
    options = WORKBOOK
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
    page.write_string(1, 0, harmless(_heading_text(sheet)), formats["told"])
    page.write_string(2, 0, _how(sheet), formats["told"])
    for at, (name, width) in enumerate(_columns(sheet)):
        page.set_column(at, at, width)
        page.write_string(HEADER_ROW - 1, at, name, formats["head"])
    page.freeze_panes(HEADER_ROW, 4)


def _heading_text(sheet: TaskSheet) -> str:
    """Whose sheet it is, of when, until when it is to come back, and where the person behind a mask is found."""
    days = sorted({task.due for task in sheet.tasks})
    first = "" if len(days) == 1 else "最早的一项"
    return (
        f"{sheet.street}　共 {len(sheet.tasks)} 项　数据日期 {sheet.as_of.isoformat()}　"
        f"{first}请于 {days[0].isoformat()} 前交回　{sheet.mark}　用后按规定销毁"
        + ("" if sheet.named else "　姓名、手机打码：登录核查任务页面，输入任务编号查看")
    )


def _how(sheet: TaskSheet) -> str:
    """What to fill in, and what to leave as it is."""
    host = "已由党组织接收的选“已纳管”，并写明接收组织的全称或代码。" if sheet.inside else ""
    return (
        f"只填浅黄各栏：核查结果从下拉中选，核查人、核查日期必填。{host}"
        "可以整表排序、筛选；任务编号和校验码请勿改。请勿外传。"
    )


def _row(
    page: Any, row: int, numbered: tuple[int, Task], look: tuple[Mapping[str, Any], Sequence[tuple[str, float]]]
) -> None:
    (place, task), (formats, columns) = numbered, look
    cells, lines = _cells(task), [_LEAST_LINES]
    for at, (name, width) in enumerate(columns):
        if name == "序号":
            page.write_number(row, at, place, formats["count"])
        elif name in _FILLED_IN:
            page.write_blank(row, at, None, formats["day" if name == DAY else "open"])
        else:
            page.write_string(row, at, harmless(cells[name]), formats["fixed"])
            lines.append(_lines(cells[name], width))
    page.set_row(row, _LINE * max(lines))


def _cells(task: Task) -> dict[str, str]:
    """The text of every column that the street does not fill in."""
    titles = [name for name, _ in _COLUMNS[1 : _COLUMNS_OF_SHEET + 1]]
    shown = [str(getattr(task, field.name)) for field in fields(task)[:_COLUMNS_OF_SHEET]]
    cells = {**dict(zip(titles, shown, strict=True)), DUE: task.due.isoformat()}
    result = task.contact
    if result is None:
        return cells
    named = {NAME: result.name, PHONE: result.phone}
    return {**cells, **named, STATION: result.station, ADDRESS: result.address, COMMUNITY: result.community}


def _lines(text: str, width: float) -> int:
    """Lines a wrapped text takes; a Chinese character takes two places, at 9 points narrower than the column's own."""
    places = [sum(2 if ord(sign) > 255 else 1 for sign in line) for line in text.split("\n")]
    return sum(max(math.ceil(0.92 * count / max(width - 1, 1)), 1) for count in places)


def _rules(page: Any, sheet: TaskSheet) -> None:
    """What may be filled in, and that nothing else may be changed."""
    last = HEADER_ROW + len(sheet.tasks) - 1
    at = {name: place for place, (name, _) in enumerate(_columns(sheet))}
    text = {"error_title": "请从下拉中选", "error_message": "、".join(sheet.answers)}
    page.data_validation(
        HEADER_ROW, at[RESULT], last, at[RESULT], {"validate": "list", "source": list(sheet.answers), **text}
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
    page.print_area(0, 0, HEADER_ROW + len(sheet.tasks) - 1, len(_printed(sheet)) - 1)
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
