"""Which rows below a header are data; the rest are passed over: blanks, totals, signatures, titles, headers again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import pairwise

from flows.staging.damage import Rule, damaged_rows
from flows.staging.grid import Grid
from flows.staging.mapping import Mapping
from flows.staging.values.cells import Cell, cell_text
from flows.staging.words import plain
from schemas.placeholders import placeholder_words

_TOTAL = re.compile(
    r"(?:本[页表镇乡村区街]|本街道|本社区|本单位|全[区县市街镇乡村]|以上|其中|各站|分站|分页|总)?"
    r"(?:合计|小计|总计|共计|累计|总数|汇总|总和|平均[值数]?|总人数)(?:[::(\d].*|人数.*)?"
)
_SIGNED = re.compile(
    r"(?:制表|填表|审核|复核|填报|经办|统计|报送|打印|编制|审批|签发|单位负责|分管领导|主管领导)(?:人|单位|日期|时间|员|部门|领导)?(?:签字|签名|盖章)?(?:\(.*\))?(?:[::].*)?"
)
_NOTE = re.compile(
    r"(?:备注|说明|注|填表说明|联系人|联系电话|负责人|日期|数据来源|数据时间|截止日期|截至日期|统计时间|导出时间)\d?[::].*|第\d+页.*|共\d+[条人页行].*|以下空白|\(?以下无正文\)?|续表.*|注\d?[.、].*"
)
_SUBTOTAL = re.compile(
    r"[^0-9]{0,30}(?:合计|小计|总计|共计|累计|汇总)(?:[::(\d].*|人数.*)?|[^0-9]{0,12}(?:签字|签名|签章|盖章|公章)(?:[::(].*)?"
)
_HAN = re.compile("[\u4e00-\u9fff]{2,8}")
_COUNT = re.compile("(?:[0-9]{1,6}[人名条个]?)?")
_LETTERS = "甲乙丙丁戊己庚辛壬癸"
_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_HAN_NUMBERS = "一二三四五六七八九十"
_COLUMN_NUMBER = re.compile(r"[(\[【第]?([0-9]{1,2})(?:\.0)?[)\]】列栏.、]?(?:=.*)?")
_COUNTERS = frozenset({"栏次", "栏目", "列次", "列号", "行次", "项目", "序号", "编号", "代码"})
_TAIL_FIRST = frozenset("本全以其各分平汇合小总共累制填审复经统报打编签单分主备说注联负日数截导第续(（ \t\u3000\xa0")


_NO_NAMES: frozenset[Cell] = frozenset(
    {"", *placeholder_words().not_people, *_LATIN, *_HAN_NUMBERS}
    | {shape.format(n) for shape in ("{}", "({})", "（{}）", "第{}列", "{}.0") for n in range(100)}
    | {float(n) for n in range(100)}
)
"""Name cells of rows to look at twice."""


@dataclass(frozen=True)
class Sifted:
    """The data rows with their numbers as a spreadsheet shows them, how many were passed over, cells filled in.

    `next_table` is the index of the row where another table's header begins; null where there is none. `damaged` says
    by row number why a row is set aside: it stands in `rows` as blanks, so that no cell is read under a wrong header.
    """

    rows: list[list[Cell]]
    numbers: list[int]
    passed_over: int
    filled: list[tuple[int, int]]
    next_table: int | None = None
    since_1904: bool = False
    damaged: dict[int, Rule] = field(default_factory=dict)


StartsTable = Callable[[int], bool]
"""Whether the header of another table begins at a row index."""


def sift(
    grid: Grid,
    mapping: Mapping,
    *,
    skip: frozenset[int] = frozenset(),
    firsts: frozenset[str] = frozenset(),
    starts_table: StartsTable | None = None,
) -> Sifted:
    """The data rows below the header, merged-down cells filled; `filled` holds (row number, column).

    Rows whose numbers are in `skip` are passed over. A row whose first text is one of `firsts` (header texts in plain
    form) may be the header of another table, which ends this one.
    """
    header = mapping.header
    start = header.last + 1
    sections, filled = _unmerge(grid, start)
    titles = {plain(cell) for row in grid.rows[: header.first] for cell in row if isinstance(cell, str) and cell} - {""}
    heads = [row for row in grid.rows[header.first : start] if sum(cell != "" for cell in row) >= 2]
    suspects = _TAIL_FIRST | {text[0] for text in titles} | {str(cell)[:1] for row in grid.rows[:start] for cell in row}
    suspects |= {text[0] for text in firsts}
    key = next(iter(mapping.columns.get("name", (0,))))
    damaged = damaged_rows(grid, header)
    result = Sifted([], [], 0, filled, since_1904=grid.since_1904)
    rows, numbers = result.rows, result.numbers
    passed, stray = 0, None
    for index in range(start, len(grid.rows)):
        row, number = grid.rows[index], grid.above + index + 1
        head = row[0]
        usual = head != "" and (not isinstance(head, str) or head[0] not in suspects) and row[key] not in _NO_NAMES
        if usual and not sections and number not in skip and index not in damaged and not stray:
            rows.append(row)
            numbers.append(number)
            continue
        if _is_other_header(row, heads, firsts, joined=index in damaged):
            if starts_table and _first_text(row) in firsts and starts_table(index):
                passed += _take_back(grid, result)
                return replace(result, passed_over=passed, next_table=index)
            stray = "other_header", f"第{number}行起是另一种表头，认不全，其下各格对不上列"
        elif stray and _is_header(row, heads, firsts):
            stray = None
        if number in skip or index in sections or _is_passed(row, key, titles, (heads, firsts)):
            passed += 1
            continue
        why = damaged.get(index) or stray
        if why:
            result.damaged[number] = why
        rows.append([""] * len(row) if why else row)
        numbers.append(number)
    return replace(result, passed_over=passed)


def _is_passed(row: list[Cell], key: int, titles: set[str], headers: tuple[list[list[Cell]], frozenset[str]]) -> bool:
    return (
        _is_tail(row)
        or _is_subtotal(row, key)
        or _is_title(row, titles)
        or _is_header(row, *headers)
        or _is_numbering(row)
    )


def _is_numbering(row: list[Cell]) -> bool:
    """The letters or numbers by which a printed form calls its columns: 甲 乙 1 2 3, or (1) (2) (3)."""
    filled = [cell for cell in row if cell != ""]
    if len(filled) < 3:
        return False
    if isinstance(filled[0], str) and plain(filled[0]) in _COUNTERS:
        filled = filled[1:]
    places: dict[str, list[int]] = {}
    for cell in filled:
        if (result := _column_place(cell)) is None:
            return False
        places.setdefault(result[0], []).append(result[1])
    return all(_counts_up(alphabet) for alphabet in places.values())


def _counts_up(places: list[int]) -> bool:
    return places[0] <= 2 and all(later - earlier == 1 for earlier, later in pairwise(places))


def _column_place(cell: Cell) -> tuple[str, int] | None:
    """What a cell of a numbering row counts: its alphabet and its place there."""
    text = plain(cell) if isinstance(cell, str) else cell_text(cell)
    if match := _COLUMN_NUMBER.fullmatch(text):
        return "数", int(match[1])
    bare = text.strip("()[]【】第列栏")
    for name, alphabet in (("字", _LETTERS), ("A", _LATIN), ("一", _HAN_NUMBERS)):
        if len(bare) == 1 and bare in alphabet:
            return name, alphabet.index(bare)
    return None


def _is_other_header(row: list[Cell], heads: list[list[Cell]], firsts: frozenset[str], *, joined: bool) -> bool:
    """A row mostly of header texts that is not this table's header again.

    `joined`: in a damaged row two such texts will do, for a file without a last line break that another was joined to
    has its last row and the other's header on one line; the header again, so joined, is none.
    """
    if not joined and _first_text(row) not in firsts:
        return False
    texts = [plain(cell) if isinstance(cell, str) else "" for cell in row if cell != ""]
    known = sum(text in firsts for text in texts)
    if known < 2 or (known * 2 < len(texts) and not joined):
        return False
    if joined and any(
        texts[-len(own) :] == own for own in ([plain(str(cell)) for cell in head if cell != ""][1:] for head in heads)
    ):
        return False
    return not _is_header(row, heads, firsts)


def _first_text(row: list[Cell]) -> str:
    first = next((cell for cell in row if cell != ""), "")
    if not isinstance(first, str) or len(first) > 60:
        return ""
    return first if _HAN.fullmatch(first) else plain(first)


def _take_back(grid: Grid, result: Sifted) -> int:
    """Take back the title of the next table where it was taken for data: rows of one cell right above its header."""
    before = len(result.rows)
    while result.rows and _filled_cells(grid.rows[result.numbers[-1] - grid.above - 1]) <= 1:
        result.rows.pop()
        result.damaged.pop(result.numbers.pop(), None)
    return before - len(result.rows)


def _filled_cells(row: list[Cell]) -> int:
    return len(row) - row.count("")


def _unmerge(grid: Grid, start: int) -> tuple[set[int], list[tuple[int, int]]]:
    """Fill cells merged downwards. Rows that are one merged cell from side to side are section titles, by index."""
    sections: set[int] = set()
    filled: list[tuple[int, int]] = []
    for (top, left), (bottom, right) in grid.merged or ():
        if top < start or top >= len(grid.rows) or left >= grid.width:
            continue
        if right - left >= 2 and sum(cell != "" for cell in grid.rows[top]) <= 1:
            sections.update(range(top, bottom + 1))
        elif bottom > top:
            value = grid.rows[top][left]
            for row in range(top + 1, min(bottom + 1, len(grid.rows))):
                if value != "" and grid.rows[row][left] == "" and any(grid.rows[row]):
                    grid.rows[row][left] = value
                    filled.append((grid.above + row + 1, left))
    return sections, filled


def _is_tail(row: list[Cell]) -> bool:
    """A total or a line of signatures: its first filled cell says so, and the row shows no ID."""
    first = next((cell for cell in row if cell != "" and not (isinstance(cell, str) and cell.isspace())), None)
    if first is None:
        return True
    if not isinstance(first, str) or first.lstrip()[:1] not in _TAIL_FIRST:
        return False
    text = plain(first)
    whole = "".join(first.split()).replace("：", ":").replace("（", "(").replace("）", ")")
    if not (_TOTAL.fullmatch(text) or _SIGNED.fullmatch(whole) or _NOTE.fullmatch(whole)):
        return False
    return not any(isinstance(cell, str) and sum(map(str.isdigit, cell)) >= 15 for cell in row)


def _is_subtotal(row: list[Cell], key: int) -> bool:
    """A subtotal or a line to sign in any column: nobody named, no ID or phone shown, a text ends in 小计 or 签字."""
    if not _is_nobody(row[key]):
        return False
    texts = [cell for cell in row if isinstance(cell, str) and cell]
    return any(_SUBTOTAL.fullmatch(plain(cell)) for cell in texts) and not any(
        sum(map(str.isdigit, cell)) >= 8 for cell in texts
    )


def _is_nobody(cell: Cell) -> bool:
    """A name cell without a name: blank, a count, or the word for the subtotal itself."""
    return (
        not isinstance(cell, str)
        or _COUNT.fullmatch(text := plain(cell)) is not None
        or bool(_SUBTOTAL.fullmatch(text))
    )


def _is_title(row: list[Cell], titles: set[str]) -> bool:
    if row.count("") != len(row) - 1:
        return False
    cell = next(cell for cell in row if cell != "")
    return isinstance(cell, str) and plain(cell) in titles


def _is_header(row: list[Cell], heads: list[list[Cell]], firsts: frozenset[str] = frozenset()) -> bool:
    """A header row again, as on every printed page: its first text in place, and at least half of the others.

    A cell in which another column's header stands says that the columns are in another order.
    """
    for head in heads:
        first = next(column for column, cell in enumerate(head) if cell != "")
        if row[first] == head[first]:
            named = [column for column, cell in enumerate(head) if cell != ""]
            unlike = [row[column] for column in named if row[column] != head[column]]
            if any(isinstance(cell, str) and cell and plain(cell) in firsts for cell in unlike):
                return False
            same = len(named) - len(unlike)
            if same >= 2 and same * 2 >= len(named):
                return True
    return False
