"""What must be known of whole tables before rows are compared, gathered from their pieces.

Unfit ids, numbers that stand beside too many names, the rarest value of columns of few values, and what cells showed
nothing. What the driver gets of it is small: no id and no name is among it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Any

import duckdb
import numpy as np

from matchers.blocking.keys import key_values
from matchers.encoding.strings import digests, strings
from matchers.engines.spark.judging import judged_rows
from matchers.engines.spark.odd import ODD, noted_messages, put_cells, read_cells
from matchers.engines.spark.pieces import ID, EncodedPiece, read_piece
from matchers.engines.spark.setting import Facts, Keys, Setting, by_place, home_of, working
from matchers.engines.spark.travel import DRIVER, Message
from matchers.sides.encoded import Side
from matchers.sides.shared_numbers import shared_rows, silence_shared
from matchers.sides.unread import Unread, with_shared
from matchers.weighing.chances import term_frequency_levels
from schemas.errors import InputError, TableError
from schemas.rules import Rule

ROWS, IDS, NUMBERS, FEW, UNFIT, SILENT, UNREAD = range(7)
_FEW, _LOOKED_AT = 2_000, 16_384
_MOST_SILENT = 5_000_000
"""Silent numbers every task is given: 40 MB."""


def looked_at(setting: Setting, number: int) -> Iterator[Message]:
    """What one piece tells of its table, once it is read, encoded and kept."""
    read = read_piece(setting, number)
    piece = read.piece
    head = {"side": np.array([piece.side])}
    counts = {**head, "rows": np.array([piece.rows.rows]), "empty": np.array([piece.ids.null_count])}
    yield Message(DRIVER, ROWS, counts, _unread_body(read.unread))
    marks = digests(strings(piece.ids))
    for place, rows in by_place(home_of(marks, 0, setting.shards)):
        yield Message(place, IDS, head, {"id": marks[rows]})
    yield from judged_rows(setting, piece)
    if setting.reads_cells:
        yield from noted_messages(setting, number, read)
    else:
        yield from _of_whole_columns(setting, piece)


def read_again(setting: Setting, number: int, messages: list[Message]) -> Iterator[Message]:
    """The same of a piece whose odd cells have been read: they are put into its columns, which are kept."""
    columns = setting.files.kept(f"piece-{number}")
    side, piece = setting.numbered_pieces[number]
    ids = columns.pop(ID)
    unread = put_cells(setting, number, columns, messages)
    setting.files.keep(f"cells-{number}", columns.changed)
    yield Message(DRIVER, UNREAD, {"side": np.array([side])}, _unread_body(unread))
    numbers = np.arange(len(ids)) + piece.first
    yield from _of_whole_columns(setting, EncodedPiece(side, piece.first, Side(len(ids), columns), ids, numbers))


def _unread_body(unread: dict[str, Unread]) -> dict[str, Any]:
    counts = {column: asdict(one) for column, one in unread.items()}
    return {"unread": np.frombuffer(json.dumps(counts).encode(), np.uint8)}


def _of_whole_columns(setting: Setting, piece: EncodedPiece) -> Iterator[Message]:
    yield from _numbers(setting, piece)
    if not setting.model.evidence_tiers:
        with working() as con:
            yield from _few_values(con, setting, piece)


def _numbers(setting: Setting, piece: EncodedPiece) -> Iterator[Message]:
    """Whole numbers with the full names beside them, to be counted where all of one number meet."""
    seen: list[tuple[str, Keys, Keys]] = []

    def noted(column: str, values: Keys, names: Keys) -> np.ndarray:
        seen.append((column, values, names))
        return np.zeros(0, np.int64)

    silence_shared(dict(piece.rows.columns), setting.model, setting.model.shared_from_names, noted)
    for column, values, names in seen:
        head = {"side": np.array([piece.side]), "column": np.array([list(setting.model.columns).index(column)])}
        shown = np.flatnonzero(values != 0)
        for place, rows in by_place(home_of(values[shown], 1, setting.shards)):
            yield Message(place, NUMBERS, head, {"value": values[shown[rows]], "name": names[shown[rows]]})


def _few_values(con: duckdb.DuckDBPyConnection, setting: Setting, piece: EncodedPiece) -> Iterator[Message]:
    for number, (column, form) in enumerate(_keys_of_few(setting)):
        keys = key_values(con, setting.model, f"{column}.{form}", piece.rows)
        few = len(np.unique(keys[:_LOOKED_AT])) < _FEW
        values, counts = np.unique(keys[keys != 0], return_counts=True) if few else (keys[:0], np.zeros(0, np.int64))
        few = few and len(values) < 2 * _FEW
        head = {"key": np.array([number]), "few": np.array([few])}
        yield Message(DRIVER, FEW, head, {"value": values[: few * len(values)], "count": counts[: few * len(values)]})


def _keys_of_few(setting: Setting) -> list[tuple[str, str]]:
    """Counted keys whose rarest value is worth knowing: not of one table, where rows may turn out to be one person, nor
    of numbers that may be silenced or cells that are filled in."""
    model = setting.model
    numbers = ("resident_id", "masked_id", "phone", "phones")
    return [] if setting.same else [
        (column, form)
        for column, _, form in term_frequency_levels(model)
        if model.columns[column] not in numbers and column not in model.implied
    ]  # fmt: skip


def gathered(setting: Setting, messages: list[Message]) -> Iterator[Message]:
    """What the messages of one place come to."""
    ids, numbers, odd = defaultdict(list), defaultdict(list), list[Message]()
    for one in messages:
        if one.place == DRIVER:
            yield one
        elif one.kind == ODD:
            odd.append(one)
        elif one.kind == IDS:
            ids[int(one.head["side"][0])].append(one.body["id"])
        else:
            numbers[int(one.head["side"][0]), int(one.head["column"][0])].append(one.body)
    yield from read_cells(setting, odd)
    for side, parts in ids.items():
        marks = np.sort(np.concatenate(parts))
        if (marks[1:] == marks[:-1]).any():
            yield Message(DRIVER, UNFIT, {"side": np.array([side])}, {})
    for (side, column), bodies in numbers.items():
        values, names = (np.concatenate([body[name] for body in bodies]) for name in ("value", "name"))
        rows = shared_rows(values, names, setting.model.shared_from_names)
        if len(rows):
            head = {"side": np.array([side]), "column": np.array([column]), "rows": np.array([len(rows)])}
            yield Message(DRIVER, SILENT, head, {"value": np.unique(values[rows])})


def facts_of(setting: Setting, messages: Iterable[Message]) -> tuple[Facts, dict[str, dict[str, Unread]]]:
    """The facts, and by side and column what showed nothing. Raises TableError on unfit ids."""
    of = defaultdict(list)
    for one in messages:
        of[one.kind].append(one)
    _refuse_unfit(setting, of[UNFIT], of[ROWS])
    rows = [sum(int(one.head["rows"][0]) for one in of[ROWS] if one.head["side"][0] == side) for side in (0, 1)]
    rows = [rows[0], rows[0]] if setting.same else rows
    silent = _silent(setting, of[SILENT])
    least = _least(setting, of[FEW], sum(rows[: len(setting.tables)]))
    return Facts((rows[0], rows[1]), silent, least), _unread(setting, [*of[ROWS], *of[UNREAD]], of[SILENT])


def _refuse_unfit(setting: Setting, twice: list[Message], rows: list[Message]) -> None:
    sides = {int(one.head["side"][0]) for one in (*twice, *(one for one in rows if one.head["empty"][0]))}
    for side in sorted(sides):
        raise TableError(
            f"编号列 {setting.tables[side].id_header} 有空值或重复", rule=Rule.ID_UNIQUE,
            action="换一列不重复的编号，或先补全",
        )  # fmt: skip


def _silent(setting: Setting, messages: list[Message]) -> tuple[dict[str, Keys], ...]:
    names = list(setting.model.columns)
    parts = defaultdict(list)
    for one in messages:
        parts[int(one.head["side"][0]), names[int(one.head["column"][0])]].append(one.body["value"])
    found: tuple[dict[str, Keys], ...] = tuple({} for _ in setting.tables)
    for (side, column), values in parts.items():
        found[side][column] = np.unique(np.concatenate(values))
    if sum(len(values) for side in found for values in side.values()) > _MOST_SILENT:
        raise InputError(
            "许多不同姓名共用的号码太多，装不进每个任务", rule=Rule.MANY_NAMES, count=_MOST_SILENT,
            action="核对身份证号、手机号两列是否读错了列",
        )  # fmt: skip
    return found


def _least(setting: Setting, messages: list[Message], rows: int) -> dict[tuple[str, str], float]:
    """By counted key a share no value's is below."""
    least = {(column, form): 1 / (2 * max(rows, 2)) for column, _, form in term_frequency_levels(setting.model)}
    for number, key in enumerate(_keys_of_few(setting)):
        own = [one for one in messages if one.head["key"][0] == number]
        if not all(one.head["few"][0] for one in own):
            continue
        counts: Counter[int] = Counter()
        for one in own:
            counts.update(dict(zip(one.body["value"].tolist(), one.body["count"].tolist(), strict=True)))
        least[key] = min(counts.values(), default=1) / max(counts.total(), 1)
    return least


def _unread(setting: Setting, rows: list[Message], silent: list[Message]) -> dict[str, dict[str, Unread]]:
    sides = ("table",) if setting.same else ("left", "right")
    found: dict[str, dict[str, Unread]] = {}
    for side, name in enumerate(sides):
        counts: dict[str, Unread] = {}
        for one in rows:
            if one.head["side"][0] == side:
                own = json.loads(bytes(one.body["unread"]))
                counts |= {column: counts.get(column, Unread()) + Unread(**some) for column, some in own.items()}
        shared: Counter[str] = Counter()
        for one in silent:
            if one.head["side"][0] == side:
                shared[list(setting.model.columns)[int(one.head["column"][0])]] += int(one.head["rows"][0])
        found[name] = with_shared(counts, shared)
    return found
