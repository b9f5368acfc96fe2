"""One reading per text (a unit, a job, a file name …): which trade it shows and what speaks against it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from matchers.encoding.units import parse_unit
from schemas.policy import Policy

_BRACKETS = re.compile(r"[(（\[【][^()（）\[\]【】]*[)）\]】]")
_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True)
class TextReading:
    """What one text shows; every part is null or false where it says nothing."""

    brand: str | None = None
    """Group of the brand named in it."""
    word: str | None = None
    """Group of its last trade word, unless a head noun of another trade stands behind that word."""
    hint: str | None = None
    """Group of a word that is no proof by itself."""
    public_body: bool = False
    deposit: bool = False
    agency: bool = False
    office_work: bool = False
    ended_work: bool = False

    @property
    def trade(self) -> str | None:
        """The trade named outright."""
        return self.brand or self.word


NOTHING = TextReading()


class TradeReader:
    """Reads texts by a policy's brands and words; readings of the same text are made once."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._read = lru_cache(maxsize=None)(self._reading)
        self._industry = lru_cache(maxsize=None)(self._group_of_industry)

    def read(self, text: str | None) -> TextReading:
        """The reading of one text."""
        return self._read(text) if text else NOTHING

    def licence(self, text: str | None) -> bool | None:
        """Whether a kind of licence is one for ride-hailing or freight; null where it says neither."""
        plain = plain_text(text or "")
        scope = self._policy.scope
        if any(word in plain for word in scope.licences):
            return True
        return False if any(word in plain for word in scope.other_licences) else None

    def says_new_form(self, text: str | None) -> bool:
        """Whether a form of employment says platform work by itself."""
        return any(word in plain_text(text or "") for word in self._policy.scope.new_forms)

    def says_flexible(self, text: str | None) -> bool:
        """Whether a form of employment is a flexible one."""
        return any(word in plain_text(text or "") for word in self._policy.scope.flexible_forms)

    def industry(self, code: str | None) -> str | None:
        """The group of an industry by its GB/T 4754 code (with or without its letter), else by its words."""
        return self._industry(code) if code else None

    def _group_of_industry(self, code: str) -> str | None:
        plain = plain_text(code).lstrip("ABCDEFGHIJKLMNOPQRST")
        if plain[:1].isdigit():
            heads = sorted(self._policy.scope.industries, key=len, reverse=True)
            return next((self._policy.scope.industries[head] for head in heads if plain.startswith(head)), None)
        return self.read(code).word

    def _reading(self, text: str) -> TextReading:
        plain = plain_text(text)
        head = plain_text(_BRACKETS.sub("", text)) or plain
        return TextReading(
            brand=self._brand(plain),
            word=self._word(head, plain),
            hint=_last(self._hints, plain)[1],
            public_body=_any_match(self._public, head),
            deposit=_any_match(self._deposits, head),
            agency=any(word in plain for word in self._policy.scope.labour_agencies),
            office_work=_any_match(self._office, plain) or _any_match(self._office, head),
            ended_work=_any_match(self._ended, plain),
        )

    def _brand(self, plain: str) -> str | None:
        """The brand that is the whole text, else the longest one inside it without another trade's noun behind it."""
        if plain in self._alone:
            return self._alone[plain]
        result = max([(len(entry), entry) for entry in self._inside if entry in plain], default=None)
        if result is None or self._other_trade_in(plain[plain.rfind(result[1]) + result[0] :]):
            return None
        return self._inside[result[1]]

    def _word(self, head: str, plain: str) -> str | None:
        """The last trade word outside brackets, else inside them, without another trade's noun behind it."""
        end, group = _last(self._words, head)
        if self._other_trade_in(head[end:]):
            return None
        return group or _last(self._words, plain)[1]

    def _other_trade_in(self, behind: str) -> bool:
        """Whether a noun of another trade stands in a text; most texts hold not even the first sign of one."""
        if self._first_signs.isdisjoint(behind):
            return False
        return any(noun in behind for noun in self._other_trades)

    @cached_property
    def _other_trades(self) -> tuple[str, ...]:
        return tuple(map(plain_text, self._policy.scope.other_trades))

    @cached_property
    def _first_signs(self) -> frozenset[str]:
        return frozenset(noun[:1] for noun in self._other_trades)

    @cached_property
    def _inside(self) -> dict[str, str]:
        return {plain_text(name): brand.group for brand in self._policy.brands for name in brand.inside}

    @cached_property
    def _alone(self) -> dict[str, str]:
        names = [(name, brand.group) for brand in self._policy.brands for name in (*brand.alone, *brand.inside)]
        return {plain_text(name): group for name, group in reversed(names)}

    @cached_property
    def _words(self) -> dict[str, str]:
        return {plain_text(word): rule.group for rule in self._policy.occupations.rules for word in rule.keywords}

    @cached_property
    def _hints(self) -> dict[str, str]:
        return {plain_text(word): rule.group for rule in self._policy.occupations.rules for word in rule.hints}

    @cached_property
    def _public(self) -> list[re.Pattern[str]]:
        return _compiled(self._policy.scope.public_bodies)

    @cached_property
    def _deposits(self) -> list[re.Pattern[str]]:
        return _compiled(self._policy.scope.deposit_units)

    @cached_property
    def _office(self) -> list[re.Pattern[str]]:
        return _compiled(self._policy.scope.office_work)

    @cached_property
    def _ended(self) -> list[re.Pattern[str]]:
        return _compiled(self._policy.scope.ended_work)


@lru_cache(maxsize=1 << 16)
def unit_keys(text: str) -> tuple[str, ...]:
    """What a unit is known by before the register of units names it: its spelling, and 字号 with trade of its firm.

    Legal form, region and what hangs under the firm (分公司) are no part of the second.
    """
    name = parse_unit(text)
    return (plain_text(text), f"{name.core}|{name.industry}") if name.core and name.form else (plain_text(text),)


def plain_text(text: str) -> str:
    """NFKC, upper case, without blanks."""
    return _BLANKS.sub("", unicodedata.normalize("NFKC", text)).upper()


def _compiled(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    return [re.compile(pattern) for pattern in patterns]


def _any_match(patterns: Iterable[re.Pattern[str]], text: str) -> bool:
    return any(pattern.search(text) for pattern in patterns)


def _last(words: Mapping[str, str], text: str) -> tuple[int, str | None]:
    """(end, group) of the word that ends last, the longest of those: the head of a Chinese phrase stands last."""
    result = max([(text.rfind(word) + len(word), len(word), word) for word in words if word in text], default=None)
    return (0, None) if result is None else (result[0], words[result[2]])
