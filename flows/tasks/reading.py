"""One answer per filled row of a returned sheet, wherever its columns now stand and whatever they are now called.

The task number and the check code are found by what they look like, the other columns by their headers, the result
also by its values. Nothing is believed of a row whose check code is not that of its number and of what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from flows.staging.grid import Grid
from flows.staging.readers import read_file
from flows.staging.values.cells import Cell, cell_text
from flows.staging.values.dates import clean_date
from flows.tasks.locked import unlocked
from flows.tasks.numbers import BoundCells, read_code, read_number
from reports.tasks.words import CHECKER, DAY, HOST, KIND, NAME, NOTE, PHONE, RESULT, STREET, UNIT
from schemas.errors import InputError
from schemas.policy import Reading
from schemas.rules import Rule

_HEADERS = {
    RESULT: r"结果|核实情况|核查情况|反馈|结论",
    CHECKER: r"(核查|核实|检查|走访|调查|经办|填报|办理|负责|联系).*(人|员)|^(经办|核查员)$",
    DAY: r"日期|时间",
    HOST: r"(接收|纳管|纳入).*(组织|支部)",
    NOTE: r"备注|说明|^注$",
    NAME: r"姓名|名字|对象",
    PHONE: r"^(手机|手机号|手机号码|电话|联系电话|电话号码)$",
    UNIT: r"^(单位|工作单位|所在单位|从业单位|公司)$",
    STREET: r"^(镇街|街道|乡镇街道|所属镇街)$",
    KIND: r"^(事项|核查事项|核实事项|线索类型)$",
}
_NOT_DAY = re.compile("时段|入职|数据|出生")


@dataclass(frozen=True)
class Line:
    """One row with a task number, as it came back."""

    file: str
    sheet: str | None
    row: int
    number: str
    code: str | None
    result: str
    checker: str
    day: date | None
    day_text: str
    note: str
    bound: BoundCells
    """What the row shows of its person; None for a column that was cut."""
    host: str = ""
    """The organisation that took the person in, as it was written."""
    missing: tuple[str, ...] = ()
    """Columns the sheet does not have any more."""

    @property
    def place(self) -> str:
        return f"{self.file}{f'〔{self.sheet}〕' if self.sheet else ''} 第{self.row}行"


def read_lines(path: Path, answers: Sequence[str], reading: Reading, passwords: tuple[str, ...] = ()) -> list[Line]:
    """Every row with a task number; a locked file is opened with one of the passwords.

    Raises InputError when the file cannot be read or has no task in it.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"读不了：{error.strerror}", where=path.name, rule=Rule.UNREADABLE, action="核对路径"
        ) from None
    data = unlocked(path.name, data, passwords)
    lines = [line for grid in read_file(data, path.name, reading) for line in _lines(path.name, grid, answers)]
    if not lines:
        raise InputError(
            "没有找到任务编号", where=path.name, rule=Rule.NO_TASK_NUMBER,
            action="请用 sanzhao tasks export 导出的表；任务编号和校验码两栏不能删",
        )  # fmt: skip
    return lines


def _lines(file: str, grid: Grid, answers: Sequence[str]) -> Iterator[Line]:
    texts = [[_text(cell) for cell in row] for row in grid.rows]
    numbers = _best(texts, lambda text: read_number(text) is not None)
    if numbers is None:
        return
    codes = _best(texts, lambda text: read_code(text) is not None)
    first = next(at for at, row in enumerate(texts) if read_number(row[numbers]))
    _refuse_damaged(file, grid, first)
    columns = _columns(texts, first, {numbers, codes}, answers)
    missing = tuple(name for name in (RESULT, CHECKER, DAY) if name not in columns)
    for at in range(first, len(texts)):
        number = read_number(texts[at][numbers])
        if number is None:
            continue
        said = {name: texts[at][column] for name, column in columns.items()}
        day = clean_date(grid.rows[at][columns[DAY]]).value if said.get(DAY) else None
        yield Line(
            file, grid.sheet, grid.above + at + 1, number,
            None if codes is None else read_code(texts[at][codes]),
            _result(said.get(RESULT, "")), said.get(CHECKER, ""), day if isinstance(day, date) else None,
            said.get(DAY, ""), said.get(NOTE, ""),
            BoundCells(said.get(NAME) or None, said.get(PHONE), said.get(UNIT), said.get(STREET), said.get(KIND)),
            said.get(HOST, ""), missing,
        )  # fmt: skip


def _refuse_damaged(file: str, grid: Grid, first: int) -> None:
    """Raises InputError that names the rows of a text file whose cells do not stand under the header's columns."""
    if grid.widths is None:
        return
    whole = max(grid.widths[max(first - 3, 0) : first], default=0)
    numbers = [number for number, width in enumerate(grid.widths, 1) if number > first and width > whole]
    if damaged := sorted({*numbers, *grid.broken}):
        raise InputError(
            "有几行的格数与表头对不上，没有读这个表", where=file, rule=Rule.DAMAGED_LINES, count=len(damaged),
            examples=tuple(f"第{number}行" for number in damaged[:5]), action="改好这几行，或另存为 .xlsx 再交回",
        )  # fmt: skip


def _columns(
    texts: Sequence[Sequence[str]], first: int, taken: set[int | None], answers: Sequence[str]
) -> Mapping[str, int]:
    """Column of each thing wanted: by its header above the first task, the result else by its values."""
    columns: dict[str, int] = {}
    heads = [[re.sub(r"\s", "", text) for text in row] for row in texts[max(first - 3, 0) : first]]
    for name, pattern in _HEADERS.items():
        for exact in (True, False):
            at = _header(heads, name if exact else pattern, exact=exact, taken={*taken, *columns.values()})
            if at is not None and name not in columns:
                columns[name] = at
    if RESULT not in columns:
        known = set(answers)
        at = _best([*texts[first:]], lambda text: _result(text) in known, besides={*taken, *columns.values()})
        if at is not None:
            columns[RESULT] = at
    return columns


def _header(heads: Sequence[Sequence[str]], wanted: str, *, exact: bool, taken: set[int | None]) -> int | None:
    for row in reversed(heads):
        for at, text in enumerate(row):
            fits = text == wanted if exact else len(text) <= 12 and re.search(wanted, text) is not None
            if fits and at not in taken and not _NOT_DAY.search(text):
                return at
    return None


def _best(
    texts: Sequence[Sequence[str]], fits: Callable[[str], bool], besides: Collection[int | None] = ()
) -> int | None:
    """The column most of whose cells fit; None where none does."""
    counts: dict[int, int] = {}
    for row in texts:
        for at, text in enumerate(row):
            if text and at not in besides and fits(text):
                counts[at] = counts.get(at, 0) + 1
    return max(counts, key=lambda at: (counts[at], -at)) if counts else None


def _result(text: str) -> str:
    return re.sub(r"[\s、，,。.]", "", text)


def _text(cell: Cell) -> str:
    return cell_text(cell).strip().lstrip("'").strip()
