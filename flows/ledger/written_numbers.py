"""Numbers of persons in any text, read as a person would read them: whatever stands between, before and around them.

A published text must not hold an ID or a mobile number in any spelling that a reader could dial or look up: with
blanks, dashes, dots, brackets, line breaks or zero-width characters between groups of digits, in full width, in circles
or in Chinese numerals, with +86, 0086 or 0 before, with ×, х or Ⅹ for the last place of an ID, old IDs of 15 places,
several run into one. Groups are read whole: eleven digits inside a longer one are no telephone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import accumulate

from schemas.people import check_digit, is_birth

_BETWEEN = r"[\W_]{0,4}"
"""What may stand between two digits of one number: signs, blanks and marks, no letter and no character."""
_RUN = re.compile(rf"[0-9](?:{_BETWEEN}[0-9]){{10,}}(?:{_BETWEEN}X(?![0-9A-Za-z]))?")
_GROUP = re.compile(r"[0-9]+X?|X")
_MOBILE = re.compile(r"(?:0{0,2}86|0|17951|12593)?(1[3-9][0-9]{9})")
_ID = re.compile(r"[1-9][0-9]{5}((?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))[0-9]{3}[0-9X]")
_OLD_ID = re.compile(r"([1-9][0-9]{5})((?:[0-9]{2})(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01]))([0-9]{3})")
_LONGEST, _SHORTEST = 18, 11
_CHINESE = "〇零○一二三四五六七八九壹贰叁肆伍陆柒捌玖幺两", "00012345678912345678912"
_TENS = "xX×✕✖╳хХΧχⅹⅩｘＸ"


@dataclass(frozen=True)
class WrittenNumber:
    """One number found in a text: where it stands, and as it is when nothing stands between its digits."""

    start: int
    end: int
    number: str
    """Eleven digits of a mobile number, or an ID; an old ID with its 15 places."""


def numbers_in(text: str) -> Iterator[WrittenNumber]:
    """Every ID and mobile number of a text, in order; none overlaps another."""
    if len(text) < _SHORTEST:
        return
    plain = text.translate(_as_digits())
    for run in _RUN.finditer(plain):
        yield from _in_run(run.group(), run.start())


def is_certain(number: str) -> bool:
    """Whether a number cannot well be anything but an ID: a day of birth and the right last place."""
    return len(number) == _LONGEST and is_birth(number[6:14]) and check_digit(number[:17]) == number[17]


def forms_of(number: str) -> tuple[str, ...]:
    """The number as found, and an old ID's present form."""
    if len(number) != 15:
        return (number,)
    first = f"{number[:6]}19{number[6:]}"
    return number, first + check_digit(first)


def _in_run(run: str, offset: int) -> Iterator[WrittenNumber]:
    """The numbers made of whole groups of digits of one run, the longest first at each place."""
    groups = [(result.start() + offset, result.end() + offset, result.group()) for result in _GROUP.finditer(run)]
    at = 0
    while at < len(groups):
        taken = _longest(groups, at)
        if taken is None:
            yield from _run_together(groups[at])
            at += 1
            continue
        count, number = taken
        yield WrittenNumber(groups[at][0], groups[at + count - 1][1], number)
        at += count


def _longest(groups: list[tuple[int, int, str]], at: int) -> tuple[int, str] | None:
    """How many groups from a place make one number, and the number."""
    texts = list(accumulate(group for _, _, group in groups[at : at + _LONGEST]))
    for count in range(len(texts), 0, -1):
        if _SHORTEST <= len(texts[count - 1]) <= _LONGEST and (number := _read(texts[count - 1])) is not None:
            return count, number
    return None


def _read(digits: str) -> str | None:
    if _ID.fullmatch(digits):
        return digits
    if mobile := _MOBILE.fullmatch(digits):
        return mobile[1]
    if (old := _OLD_ID.fullmatch(digits)) and is_birth(f"19{old[2]}") and old[1][:2] in _provinces():
        return digits
    return None


def _run_together(group: tuple[int, int, str]) -> Iterator[WrittenNumber]:
    """Several numbers written into one group, all of it: an ID and a mobile number, two mobile numbers."""
    start, _, digits = group
    if len(digits) < 2 * _SHORTEST:
        return
    parts = _parts(digits)
    for place, part in zip(accumulate((len(part) for part in parts), initial=start), parts, strict=False):
        number = _read(part)
        if number is not None:
            yield WrittenNumber(place, place + len(part), number)


def _parts(digits: str) -> list[str]:
    """The group cut into numbers; empty where some of it is none."""
    if not digits:
        return []
    for length in (18, 15, 11):
        head, rest = digits[:length], digits[length:]
        if len(head) == length and _read(head) is not None:
            tail = _parts(rest)
            if tail or not rest:
                return [head, *tail]
    return []


@cache
def _as_digits() -> dict[int, str]:
    """One sign for one sign: digits of every script, in circles and as numerals, to 0–9; what is written for X to X."""
    table = {ord(sign): digit for sign, digit in zip(*_CHINESE, strict=True)}
    for code in range(0x80, 0x1FC00):
        value = unicodedata.digit(chr(code), None)
        if value is not None:
            table[code] = str(value)
    return table | {ord(sign): "X" for sign in _TENS}


@cache
def _provinces() -> frozenset[str]:
    """The first two places of an ID's region (GB/T 2260)."""
    spans = ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    return frozenset(str(code) for first, last in spans for code in range(first, last + 1))
