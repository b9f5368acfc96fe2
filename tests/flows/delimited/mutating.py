"""CSV files of riders as other hands leave them: each a whole file with a few faults, and the rows it was made from."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field

HEAD = ["平台", "骑手编号", "姓名", "手机号", "身份证号", "站点", "入职日期", "状态"]
_NAMES, _GIVEN = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗高", "一丁三上下不丑世业东丝两严中丰临丹为主丽"
_STATIONS = ("鱼洞一站", "李家沱站", "花溪,二站", "界石站", "龙洲湾站\n（南区）", "一品站")


@dataclass
class Mutated:
    """One file and its rows by rider number; `lines` are being damaged."""

    seed: int
    rows: dict[str, list[str]]
    delimiter: str
    lines: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    touched: set[int] = field(default_factory=set)
    data: bytes = b""


def rider(number: int, picked: random.Random) -> list[str]:
    name = picked.choice(_NAMES) + picked.choice(_GIVEN) + picked.choice(_GIVEN)
    birth = f"19{number % 39 + 60}{number % 12 + 1:02d}{number % 28 + 1:02d}"
    station = picked.choice(_STATIONS)
    return [
        "蓝骑", f"R{number:05d}", name, f"138{number:08d}", f"500113{birth}{number % 10_000:04d}", station,
        f"2024-01-{number % 28 + 1:02d}", picked.choice(("在职", "离职")),
    ]  # fmt: skip


def mutated(seed: int) -> Mutated:
    """A file of 12 to 40 riders with one to three faults."""
    picked = random.Random(seed)  # noqa: S311 - files of a test
    delimiter = picked.choice((",", ",", ",", ";", "\t", "|"))
    riders = [rider(seed * 100 + at, picked) for at in range(picked.randint(12, 40))]
    made = Mutated(seed, {row[1]: row for row in riders}, delimiter)
    made.lines = [_line(row, delimiter) for row in (HEAD, *riders)]
    for fault in picked.sample(_FAULTS, picked.randint(1, 3)):
        fault(made, picked)
        made.faults.append(fault.__name__)
    end = picked.choice(("\n", "\r\n"))
    text = end.join(line for line in made.lines) + picked.choice((end, end, ""))
    made.data = text.encode(picked.choice(("utf-8", "utf-8-sig", "gb18030", "utf-16")), "replace")
    return made


def _line(row: list[str], delimiter: str) -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerow(row)
    return out.getvalue().removesuffix("\n")


def _plain_line(made: Mutated, picked: random.Random) -> int:
    """A row without quotes and without a fault: one that lacks a cell and has another too many looks whole."""
    free = [at for at in range(1, len(made.lines)) if '"' not in made.lines[at] and at not in made.touched]
    at = picked.choice([at for at in free if made.lines[at].count(made.delimiter) == len(HEAD) - 1])
    made.touched.add(at)
    return at


def stray_quote_before(made: Mutated, picked: random.Random) -> None:
    at = _plain_line(made, picked)
    cells = made.lines[at].split(made.delimiter)
    place = picked.choice([place for place in range(len(cells)) if place != 1])
    cells[place] = f'"{cells[place]}'
    made.lines[at] = made.delimiter.join(cells)


def stray_quote_behind(made: Mutated, picked: random.Random) -> None:
    at = _plain_line(made, picked)
    cells = made.lines[at].split(made.delimiter)
    place = picked.choice([place for place in range(len(cells)) if place != 1])
    cells[place] += '"'
    made.lines[at] = made.delimiter.join(cells)


def stray_quote_in_header(made: Mutated, picked: random.Random) -> None:
    cells = made.lines[0].split(made.delimiter)
    place = picked.randrange(len(cells))
    cells[place] = picked.choice((f'"{cells[place]}', f'{cells[place]}"'))
    made.lines[0] = made.delimiter.join(cells)


def extra_delimiter(made: Mutated, picked: random.Random) -> None:
    at = _plain_line(made, picked)
    place = picked.randint(1, len(made.lines[at]) - 1)
    made.lines[at] = made.lines[at][:place] + made.delimiter + made.lines[at][place:]


def missing_delimiter(made: Mutated, picked: random.Random) -> None:
    at = _plain_line(made, picked)
    cells = made.lines[at].split(made.delimiter)
    place = picked.randint(0, len(cells) - 2)
    cells[place : place + 2] = ["".join(cells[place : place + 2])]
    made.lines[at] = made.delimiter.join(cells)


def missing_and_extra_delimiter(made: Mutated, picked: random.Random) -> None:
    """One row keeps its width: two of its cells are one, and another is two."""
    at = _plain_line(made, picked)
    made.lines[at] = made.delimiter.join(shifted(made.lines[at].split(made.delimiter), picked))


def shifted(cells: list[str], picked: random.Random) -> list[str]:
    """A row of as many cells, two of them joined and another parted; at least one whole cell stands between."""
    while True:
        joined, parted = picked.randrange(len(cells) - 1), picked.randrange(len(cells))
        if len(cells[parted]) > 1 and not joined - 1 <= parted <= joined + 2:
            break
    place = picked.randint(1, len(cells[parted]) - 1)
    found = [[cell] for cell in cells]
    found[parted] = [cells[parted][:place], cells[parted][place:]]
    found[joined] = [cells[joined] + cells[joined + 1]]
    del found[joined + 1]
    return [cell for group in found for cell in group]


def joined_file(made: Mutated, picked: random.Random) -> None:
    """Another file behind this one, its columns perhaps in another order, its mark perhaps with it."""
    order = list(range(len(HEAD)))
    if picked.random() < 0.5:
        picked.shuffle(order)
    riders = [rider(made.seed * 100 + 60 + at, picked) for at in range(picked.randint(5, 20))]
    made.rows |= {row[1]: row for row in riders}
    more = [_line([row[at] for at in order], made.delimiter) for row in (HEAD, *riders)]
    more[0] = picked.choice(("", "\ufeff")) + more[0]
    if picked.random() < 0.3:
        more[0] = made.lines.pop() + more[0]
    made.lines += more


def end_of_file_signs(made: Mutated, picked: random.Random) -> None:
    made.lines.append("\x1a")


def padding(made: Mutated, picked: random.Random) -> None:
    at = _plain_line(made, picked)
    made.lines[at] = made.lines[at].replace(made.delimiter, f"\x00\x00{made.delimiter}")


_FAULTS: tuple[Callable[[Mutated, random.Random], None], ...] = (
    stray_quote_before, stray_quote_before, stray_quote_behind, extra_delimiter, extra_delimiter, missing_delimiter,
    missing_and_extra_delimiter, missing_and_extra_delimiter, joined_file, end_of_file_signs, padding,
    stray_quote_in_header,
)  # fmt: skip
