"""One enquiry: the name and the number a clerk typed, and what kind of number it is."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from flows.tasks.numbers import read_number
from matchers.encoding.readings import simplified
from schemas.errors import InputError
from schemas.people import ID_PLACES, PHONE_PLACES, check_digit, is_valid_id
from schemas.rules import Rule

_BLANKS = re.compile(r"[\s\-'‐-―−]+")
_OLD_ID, _LONGEST = 15, 60
_CYRILLIC = str.maketrans({"Х": "X", "х": "X"})


class NumberKind(StrEnum):
    """What was typed as the number."""

    ID = "身份证号"
    PHONE = "手机号"
    TASK = "任务编号"
    OWN = "编号"
    """A member's or a person's own number, or an ID or a phone that is too short or too long."""


@dataclass(frozen=True)
class Enquiry:
    """A name, which may be empty, and a number cleaned of blanks, width and hyphens."""

    name: str
    number: str
    kind: NumberKind

    @property
    def id_number(self) -> str:
        """The ID as typed, one of the old form in its 18 places; empty where the number is none."""
        return self.number if self.kind is NumberKind.ID else ""

    @property
    def phone(self) -> str:
        return self.number if self.kind is NumberKind.PHONE else ""

    @property
    def full_id(self) -> str | None:
        """The ID where all of it is shown and it holds."""
        return self.number if self.kind is NumberKind.ID and is_valid_id(self.number) else None

    @property
    def mistyped(self) -> bool:
        """Whether a whole ID was typed that cannot be one."""
        return self.kind is NumberKind.ID and "*" not in self.number and self.full_id is None


def enquiry_of(name: str, number: str) -> Enquiry:
    """What was asked. Raises InputError where there is no number: a name alone names many."""
    clean = _BLANKS.sub("", unicodedata.normalize("NFKC", number)).upper().translate(_CYRILLIC)[:_LONGEST]
    if not clean:
        raise InputError(
            "请输入号码：身份证号、手机号、党员编号、人员编号或任务编号",
            rule=Rule.NUMBER_NEEDED,
            action="只凭姓名会找到同名的别人",
        )
    task = read_number(number)
    if task is not None:
        return Enquiry(simplified(name), task, NumberKind.TASK)
    if len(clean) == _OLD_ID and clean.isdecimal():
        first17 = f"{clean[:6]}19{clean[6:]}"
        clean = first17 + check_digit(first17)
    if len(clean) > PHONE_PLACES and re.fullmatch(r"(\+86|0086|86)1[0-9*]{10}", clean):
        clean = clean[-PHONE_PLACES:]
    kind = _kind(clean)
    own = unicodedata.normalize("NFKC", number).strip()[:_LONGEST]
    return Enquiry(simplified(name), own if kind is NumberKind.OWN else clean, kind)


def _kind(clean: str) -> NumberKind:
    if len(clean) == ID_PLACES and re.fullmatch(r"[0-9*]{17}[0-9X*]", clean):
        return NumberKind.ID
    return NumberKind.PHONE if re.fullmatch(r"1[0-9*]{10}", clean) else NumberKind.OWN
