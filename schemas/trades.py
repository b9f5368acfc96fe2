"""What shows the trade of a row, as data: brands, words and the signs that a unit or a job is of another kind.

Source of the rules: domain.md, "Who belongs in the ledger" and "Trades".
"""

from __future__ import annotations

import re
from functools import cached_property

from pydantic import BaseModel, ConfigDict, Field, field_validator


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Brand(_Frozen):
    """One platform or firm that everybody knows by name, and the occupation group of those who work for it."""

    name: str = Field(min_length=1)
    group: str = Field(min_length=1)
    aliases: tuple[str, ...] = ()
    """Spellings that say the brand wherever they stand in a text; the name itself is one unless it is in `alone`."""
    alone: tuple[str, ...] = ()
    """Spellings too common to be looked for inside a text: they say the brand only as the whole of it."""

    @property
    def inside(self) -> tuple[str, ...]:
        """All spellings that are looked for inside texts."""
        return tuple(dict.fromkeys((*(() if self.name in self.alone else (self.name,)), *self.aliases)))


class OccupationRule(_Frozen):
    """One occupation group and the words that show it."""

    group: str
    keywords: tuple[str, ...]
    """Words that name the trade by themselves."""
    hints: tuple[str, ...] = ()
    """Words that tell the trade of somebody known to work on a platform, but bring nobody in."""


class Occupations(_Frozen):
    """Brands and words, from the strongest evidence to the weakest; the order of the evidence is domain.md's."""

    default: str
    source_defaults: dict[str, str] = {}
    """Group of a source's rows that say nothing; a source that is not named here leaves them at `default`."""
    rules: tuple[OccupationRule, ...]
    fields: tuple[str, ...] = ()
    """No longer read: policies written before 2026.2 name an order of fields here."""


def _compiled_or_refused(patterns: tuple[str, ...]) -> tuple[str, ...]:
    """The regular expressions as they are. Raises ValueError naming one that is none."""
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"{pattern!r}: {error}") from None
    return patterns


class Scope(_Frozen):
    """Who of a source that shows people of every trade belongs to platform work, and who does not."""

    other_trades: tuple[str, ...]
    """Head nouns of other trades: behind a trade word they take it back (外卖 … 饭店 is a restaurant)."""
    public_bodies: tuple[str, ...]
    """Regular expressions of authorities, schools, hospitals, media and associations."""
    deposit_units: tuple[str, ...]
    """Regular expressions of offices that only keep the file of somebody in flexible work (社保所, 人才市场)."""
    labour_agencies: tuple[str, ...]
    """Words of firms that send workers anywhere: working through one says nothing of the trade."""
    office_work: tuple[str, ...]
    """Regular expressions of jobs that are office work in whatever firm."""
    ended_work: tuple[str, ...]
    """Regular expressions of jobs and units that say the work is over (退休, 原快递员)."""
    new_forms: tuple[str, ...]
    """Forms of employment that say platform work by themselves."""
    flexible_forms: tuple[str, ...]
    """Forms of flexible employment: platform work together with a hint of its trade."""
    licences: tuple[str, ...]
    """Words of licences for ride-hailing and freight."""
    other_licences: tuple[str, ...]
    """Words of licences for other driving: taxis, buses, coaches, driving schools."""
    people_words: tuple[str, ...]
    """Words for people and lists in file names: what stands before the first of them is the platform's name."""
    no_platforms: str
    """Regular expression of such beginnings that are no platform: places, offices, kinds of people."""
    industries: dict[str, str] = {}
    """Head of a GB/T 4754 industry code -> occupation group."""

    @field_validator("public_bodies", "deposit_units", "office_work", "ended_work", "no_platforms")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...] | str) -> tuple[str, ...] | str:
        _compiled_or_refused((patterns,) if isinstance(patterns, str) else patterns)
        return patterns


class UnitBody(_Frozen):
    """One kind of units that are no firm (机关, 事业单位 …) and the regular expressions their names fit."""

    kind: str = Field(min_length=1)
    patterns: tuple[str, ...]

    @field_validator("patterns")
    @classmethod
    def _patterns_compile(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return _compiled_or_refused(patterns)


class UnitScope(_Frozen):
    """Which units of the register are no firm of the trade."""

    bodies: tuple[UnitBody, ...] = ()

    @property
    def public_kinds(self) -> tuple[str, ...]:
        """The kinds of such units."""
        return tuple(dict.fromkeys(body.kind for body in self.bodies))

    def kind_of(self, name: str) -> str | None:
        """The kind of the first pattern a cleaned name fits; none for a firm."""
        return next((kind for kind, pattern in self._patterns if pattern.search(name)), None)

    @cached_property
    def _patterns(self) -> tuple[tuple[str, re.Pattern[str]], ...]:
        return tuple((body.kind, re.compile(each)) for body in self.bodies for each in body.patterns)
