"""What a column holds, by its cells first and then its header: the kind it is compared as, or why it is left aside."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from matchers.drafting.columns import Column
from matchers.drafting.headings import headings
from matchers.encoding.dates import NONE, written_day, written_part
from matchers.encoding.typed import is_plain
from matchers.kinds.numbers import amount
from matchers.model.link_model import KINDS
from matchers.sides.unread import showing_nothing

MOST = 0.8
"""Share of the filled cells that must read as a kind before the column is taken for it."""
_EMPTY, _DIRTY = 0.01, 0.02
_FEW_VALUES, _FEW_SHARE, _REPEATED_SHARE = 50, 0.02, 0.25
_LONG, _LONG_IN_WORDS, _UNIQUE, _WORDS = 100, 400, 0.999, 3
_YEARS_OF_LIVES = 30
_SEVERAL = re.compile(r"[、/;；,，\s]")
_CHINESE_NAME = re.compile(r"[\u3400-\u9fff]{2,4}")
_NUMBER = re.compile(r"[+-]?\d+(,\d{3})*(\.\d+)?")
_COORDINATES = re.compile(r"[+-]?\d{1,3}\.\d+\s*[,，;；\s]\s*[+-]?\d{1,3}\.\d+")
_COORDINATE_HEADER = re.compile(r"^(lat|lon|lng|latitude|longitude|x|y|经度|纬度|坐标|经纬度)$")
_DATE_MEANINGS = frozenset({"birth_date", "date"})


@dataclass(frozen=True)
class Recognised:
    """One column with the kind it is compared as, or with why it is left aside; by what it was recognised."""

    column: Column
    kind: str | None
    because: str
    is_record_number: bool = False

    @property
    def meaning(self) -> str | None:
        """What the header says it is."""
        return headings().meaning(self.column.header)


def recognised(column: Column) -> Recognised:
    """The kind of one column by itself."""
    if not is_plain(column.type):
        return Recognised(column, None, "格子不是文字、数或日期")
    if column.filled < _EMPTY:
        return Recognised(column, None, "几乎全空" if column.cells else "全空")
    if len(column.counts) == 1:
        return Recognised(column, None, "每行都一样，分不出两行")
    for look in (_numbers_of_people, _coordinates, _record_number, _dates, _words):
        if (recognition := look(column)) is not None:
            return recognition
    return Recognised(column, "text", "文字")


def read_share(kind: str, column: Column) -> float:
    """Share of the filled cells in which the encoding of a kind reads something."""
    texts = list(column.counts)
    forms: Mapping[str, Any] = KINDS[kind].encode(pa.array(texts, pa.string()))
    empty = set(np.asarray(showing_nothing(forms)).tolist())
    unread = sum(column.counts[texts[at]] for at in empty if at < len(texts))
    return 1 - unread / max(len(column.cells), 1)


def _numbers_of_people(column: Column) -> Recognised | None:
    """Resident IDs and telephone numbers, masked ones too."""
    if column.mean_length >= 15 and column.share(_of_id_length) >= MOST and read_share("resident_id", column) >= MOST:
        return Recognised(column, "resident_id", "18位证件号，打码的也算")
    digits = column.share(lambda text: sum(cell.isdigit() or cell == "*" for cell in text) >= 11)
    if digits < MOST or column.mean_length > 60:
        return None
    if (
        column.share(lambda text: len(_SEVERAL.split(text.strip())) > 1) >= _DIRTY
        and read_share("phones", column) >= MOST
    ):
        return Recognised(column, "phones", "手机号，一格可有几个")
    return Recognised(column, "phone", "11位手机号，打码的也算") if read_share("phone", column) >= MOST else None


def _of_id_length(text: str) -> bool:
    return 15 <= sum(cell.isalnum() or cell == "*" for cell in text) <= 18


def _coordinates(column: Column) -> Recognised | None:
    named = _COORDINATE_HEADER.match(column.header.strip().casefold()) and column.share(_NUMBER.fullmatch) >= MOST
    return (
        Recognised(column, None, "坐标，没有这种比较")
        if named or column.share(_COORDINATES.fullmatch) >= MOST
        else None
    )


def _record_number(column: Column) -> Recognised | None:
    """A record's own number: each stands once, and the header says so."""
    if not headings().is_record_number(column.header) or column.distinct < _UNIQUE or column.filled < _UNIQUE:
        return None
    return Recognised(column, None, "编号，每行各一个，说不出是谁", is_record_number=True)


def _dates(column: Column) -> Recognised | None:
    if pa.types.is_date(column.type) or pa.types.is_timestamp(column.type):
        return _whole_dates(column)
    named = headings().meaning(column.header) in _DATE_MEANINGS or column.header.endswith(("日期", "时间"))
    if not named and column.share(lambda text: text.isdigit() and len(text) != 8) > _DIRTY:
        return None
    whole = column.share(lambda text: written_day(text) != NONE)
    if whole >= 1 - _DIRTY or (whole >= MOST and not named):
        return _whole_dates(column)
    if named and column.share(lambda text: written_part(text) != NONE) >= MOST:
        return Recognised(column, "partial_date", "日期，有的只有年或年月")
    return None


def _whole_dates(column: Column) -> Recognised:
    """Birth dates, and dates over a lifetime, are right or have a wrong part; other days may lie a few days apart."""
    years = sorted({written_day(text)[0] for text in column.counts} - {0})
    lived = bool(years) and years[-1] - years[0] >= _YEARS_OF_LIVES
    if lived or headings().meaning(column.header) == "birth_date":
        return Recognised(column, "date", "日期")
    return Recognised(column, "event_date", "某件事的日期，按差几天比")


def _words(column: Column) -> Recognised | None:
    """Sexes, names, organisations, few values, long texts."""
    tests: tuple[tuple[Callable[[Column], bool], str | None, str], ...] = (
        (_is_sex, "sex", "性别"),
        (_is_person, "person_name", "姓名，2到4个汉字"),
        (_is_organisation, "organisation_name", "单位名称，有“公司”“中心”一类的字"),
        (_is_few, "category", "代码或类别，值不多"),
        (_is_number, "number", "数，按差多少比"),
        (_is_in_words, "token_set", "几个词的文字，按共有的词比"),
        (_is_long, None, "长文字"),
    )
    first = next(((kind, because) for fits, kind, because in tests if fits(column)), None)
    return Recognised(column, *first) if first else None


def _is_sex(column: Column) -> bool:
    return headings().meaning(column.header) == "sex" and read_share("sex", column) >= MOST


def _is_person(column: Column) -> bool:
    named = headings().meaning(column.header) == "name"
    if not named and (column.distinct < _REPEATED_SHARE or column.share(_CHINESE_NAME.fullmatch) < MOST):
        return False
    chinese = column.share(lambda text: re.search(r"[\u3400-\u9fff]", text))
    return chinese >= MOST and not _is_organisation(column) and column.mean_length <= 6


def _is_organisation(column: Column) -> bool:
    words = headings().organisations
    return column.share(lambda text: any(word in text for word in words)) >= 0.5 and column.mean_length >= 4


def _is_few(column: Column) -> bool:
    few = max(_FEW_VALUES, int(len(column.cells) * _FEW_SHARE))
    codes = column.share(lambda text: text.isdigit()) >= MOST and column.distinct <= _REPEATED_SHARE
    return ((len(column.counts) <= few and column.distinct <= 0.5) or codes) and column.mean_length <= 30


def _is_number(column: Column) -> bool:
    """Amounts, not codes: some have a point, or the header says so."""
    if column.share(lambda text: amount(text) is not None) < 1 - _DIRTY:
        return False
    named = headings().meaning(column.header) == "price"
    typed = pa.types.is_floating(column.type) or pa.types.is_decimal(column.type)
    return named or typed or column.share(lambda text: "." in text) >= _REPEATED_SHARE


def _is_in_words(column: Column) -> bool:
    """Several words with blanks between them."""
    words = sum(len(text.split()) * number for text, number in column.counts.items()) / len(column.cells)
    return words >= _WORDS and column.mean_length <= _LONG_IN_WORDS


def _is_long(column: Column) -> bool:
    return column.mean_length > _LONG
