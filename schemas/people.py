"""The numbers people bear, once for every package: resident IDs (GB 11643), phones, and which are dummies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from itertools import pairwise
from operator import mul

from schemas.placeholders import placeholders

ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
ID_CHECKS = "10X98765432"
ID_PLACES = 18
PHONE_PLACES = 11
_FULL_ID = re.compile(r"[0-9]{17}[0-9X]")
_UNKNOWN_TAIL = "0000"
_ZEROS = ord("0") * sum(ID_WEIGHTS)
_NEIGHBOURS = frozenset(f"{first}{(first + step) % 10}" for first in range(10) for step in (-1, 0, 1))


@dataclass(frozen=True)
class Dummies:
    """Numbers that stand for none: those known by heart, how long a run of digits is one, and possible birth years.

    Source: `numbers` of placeholders.toml.
    """

    phones: frozenset[str]
    ids: frozenset[str]
    least_digits: int
    run: int
    first_birth_year: int
    last_birth_year: int


@cache
def dummies() -> Dummies:
    """The shipped dummy numbers."""
    body = placeholders()["numbers"]
    return Dummies(
        frozenset(body["phones"]),
        frozenset(body["ids"]),
        body["least_digits"],
        body["run"],
        body["first_birth_year"],
        body["last_birth_year"],
    )


def check_digit(first17: str) -> str:
    """The 18th place of a resident ID, from its first seventeen digits."""
    if len(first17) != len(ID_WEIGHTS):
        raise ValueError("a check digit stands behind seventeen digits")
    return ID_CHECKS[(sum(map(mul, ID_WEIGHTS, map(ord, first17))) - _ZEROS) % 11]


@lru_cache(maxsize=1 << 16)
def is_birth(digits: str) -> bool:
    """Whether eight digits are a day on which somebody alive can have been born."""
    facts = dummies()
    try:
        year = date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year
    except ValueError:
        return False
    return facts.first_birth_year <= year <= facts.last_birth_year


def is_valid_id(text: str) -> bool:
    """18 places, a possible birth date, the right check digit. Abolished region codes are as good as any."""
    return _FULL_ID.fullmatch(text) is not None and is_birth(text[6:14]) and check_digit(text[:17]) == text[17]


def is_dummy_id(pattern: str) -> bool:
    """Whether an 18-place pattern (`*` where hidden) stands for no ID: made up, or of a birth date that cannot be.

    A failed check digit alone is a typing error, not a dummy.
    """
    return is_made_up_id(pattern) or shows_impossible_birth(pattern)


def is_made_up_id(pattern: str) -> bool:
    """Whether digits of any length (`*` where hidden) are a dummy known by heart, one digit, or counted up or down."""
    digits = pattern.replace("*", "")
    if len(digits) < dummies().least_digits or not digits.rstrip("X").isdecimal():
        return False
    return _shows_one_of(pattern, dummies().ids) or _one_digit_or_counted(pattern.rstrip("X"))


def shows_impossible_birth(pattern: str) -> bool:
    """Whether an 18-place pattern shows parts of a birth date that nobody alive can have."""
    return len(pattern) == ID_PLACES and pattern[6:14] != "*" * 8 and not _birth_possible(pattern[6:14])


def has_unknown_tail(pattern: str) -> bool:
    """Whether the last four places are zeros: no such sequence number is given out, so nobody knew them."""
    return len(pattern) == ID_PLACES and pattern.endswith(_UNKNOWN_TAIL)


def is_dummy_phone(number: str) -> bool:
    """Whether a phone (`*` where hidden) stands for none: known by heart, one digit over and over, or counted up."""
    digits = number.replace("*", "")
    if len(digits) < dummies().least_digits or not digits.isdecimal():
        return False
    if _shows_one_of(number, dummies().phones):
        return True
    return "*" not in number and (_run_at_end(number) >= dummies().run)


def _shows_one_of(pattern: str, known: frozenset[str]) -> bool:
    if "*" not in pattern:
        return pattern in known
    return any(_fits(pattern, entry) for entry in known)


def _fits(pattern: str, number: str) -> bool:
    return len(pattern) == len(number) and all(a in ("*", b) for a, b in zip(pattern, number, strict=True))


def _one_digit_or_counted(pattern: str) -> bool:
    """Every digit shown is the same, or each stands where counting from the first would put it (…8, 9, 0, 1…)."""
    if pattern.isascii() and "*" not in pattern and pattern[:2] not in _NEIGHBOURS:
        return False  # most numbers end here
    digits = ((place, int(sign)) for place, sign in enumerate(pattern) if sign.isdecimal())
    start, first = next(digits)
    steps = {-1, 0, 1}
    for place, digit in digits:
        steps = {step for step in steps if (first + step * (place - start) - digit) % 10 == 0}
        if not steps:
            return False
    return True


def _run_at_end(number: str) -> int:
    """How many of the last digits are the same, or each one more or one less than the one before."""
    steps = [int(b) - int(a) for a, b in pairwise(number)][::-1]
    if not steps or steps[0] not in (-1, 0, 1):
        return 1
    length = next((at for at, step in enumerate(steps) if step != steps[0]), len(steps))
    return length + 1


def _birth_possible(digits: str) -> bool:
    """Whether the digits shown of a birth date (`*` where hidden) leave a day that can be."""
    if "*" not in digits:
        return is_birth(digits)
    facts = dummies()
    year, month, day = digits[:4], digits[4:6], digits[6:]
    years = range(facts.first_birth_year, facts.last_birth_year + 1)
    return (
        _some_fits(year, tuple(map(str, years)))
        and _some_fits(month, tuple(f"{entry:02d}" for entry in range(1, 13)))
        and _some_fits(day, tuple(f"{entry:02d}" for entry in range(1, 32)))
    )


@lru_cache(maxsize=1 << 12)
def _some_fits(part: str, values: tuple[str, ...]) -> bool:
    return set(part) == {"*"} or any(_fits(part, value) for value in values)
