"""How the name of a unit is written: by its register, by clerks, by the people themselves.

Every unit of a district has its forms; no two units share a spelling, so that the truth of a cell is one unit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flows.sample.options import data

LEGAL = "legal"
_LEGAL_FORM = "有限公司"
_WEIGHTS = {
    LEGAL: 0.56, "liability": 0.10, "no_region": 0.12, "city": 0.05, "brackets": 0.07, "half_brackets": 0.05,
    "blank": 0.02, "short": 0.03,
}  # fmt: skip


@dataclass(frozen=True)
class Spelling:
    """One way a unit's name is written, and which way that is."""

    text: str
    form: str


def firm_spellings(core: str, suffix: str) -> tuple[Spelling, ...]:
    """The forms of one firm: legal form, region, brackets, blanks, and 字号 with trade word alone."""
    table = data("places.toml")
    region, city = table["district"], table["city"]
    short_region = region.removesuffix("区")
    trade = suffix.removesuffix(_LEGAL_FORM)
    texts = {
        LEGAL: f"{region}{core}{suffix}",
        "liability": f"{region}{core}{trade}有限责任公司",
        "no_region": f"{core}{suffix}",
        "city": f"{city}{region}{core}{suffix}",
        "brackets": f"{core}（{short_region}）{suffix}",
        "half_brackets": f"{core}({short_region}){suffix}",
        "blank": f"{region} {core}{suffix}",
        "short": f"{core}{trade}",
    }
    return tuple(Spelling(text, form) for form, text in texts.items())


def office_spellings(core: str, suffix: str, place: str) -> tuple[Spelling, ...]:
    """The forms of a firm's 分公司 in one street."""
    region, trade = data("places.toml")["district"], suffix.removesuffix(_LEGAL_FORM)
    return (
        Spelling(f"{region}{core}{suffix}{place}分公司", LEGAL),
        Spelling(f"{region}{core}{trade}有限责任公司{place}分公司", "liability"),
        Spelling(f"{core}{suffix}{place}分公司", "no_region"),
    )


def station_spellings(place: str, street: str, community: str, word: str) -> tuple[Spelling, ...]:
    """The forms of a station: with the street's short or full name, with blanks or a bracket."""
    return (
        Spelling(f"{place}{community}{word}", LEGAL),
        Spelling(f"{street}{community}{word}", "full_street"),
        Spelling(f"{place} {community}{word}", "blank"),
        Spelling(f"{word}（{place}{community}）", "brackets"),
    )


def weights_of(spellings: tuple[Spelling, ...]) -> np.ndarray:
    """How often each form is written; a form of another kind of unit shares what the legal name leaves."""
    listed = np.array([_WEIGHTS.get(spelling.form, 0.1) for spelling in spellings])
    return np.asarray(listed / listed.sum())
