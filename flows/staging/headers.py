"""One column per canonical field: where a sheet's header is and which header text means which field."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import lru_cache

from rapidfuzz import fuzz

from flows.staging.grid import Grid
from flows.staging.memory import Corrections
from flows.staging.others import others_above
from flows.staging.values.cells import Cell, cell_text
from flows.staging.words import FOREIGN, bare_forms, plain, same_critical
from schemas.contracts import SourceContract, SourceField

SEARCHED_ROWS = 40
DEEPEST = 3
_FUZZY_LEAST = 80.0
_FUZZY_MARGIN = 6.0


_DATA = re.compile(r"[0-9]{5}")
_NO_CORRECTIONS: Corrections = {}


Aliases = dict[str, tuple[str, int]]
"""Header text in plain form -> (field, rank of the alias within the field)."""


class HeaderFit(IntEnum):
    """How a header text means a field, best first."""

    BY_CLERK = -1
    EXACT = 0
    BARE = 1
    UNDER = 2
    BARE_UNDER = 3
    FUZZY = 4


@dataclass(frozen=True)
class Claim:
    """One column that may be one field."""

    column: int
    text: str
    fit: HeaderFit
    alias: int


@dataclass(frozen=True)
class Header:
    """A header found: its rows, counted from 0, each column's text, and the columns that claim each field."""

    first: int
    last: int
    texts: tuple[str, ...]
    claims: dict[str, tuple[Claim, ...]]

    @property
    def score(self) -> int:
        """Fields found; a field found under another header counts for less, so that a plain header row wins."""
        return sum(3 if claims[0].fit <= HeaderFit.BARE else 2 for claims in self.claims.values())


def find_header(grid: Grid, contract: SourceContract, corrections: Corrections = _NO_CORRECTIONS) -> Header | None:
    """The best header among the first rows, at most three rows deep; null where no row names two fields.

    `told` is what a clerk said some header texts mean; it goes before every alias.
    """
    best: Header | None = None
    columns, aliases = _filled(grid), _aliases(contract)
    for first in range(min(len(grid.rows), SEARCHED_ROWS)):
        if best and first > best.last + 1 and names_enough(best, contract):
            break
        if not any(grid.rows[first]):
            continue
        for depth in range(1, DEEPEST + 1):
            if first + depth > len(grid.rows):
                break
            result = _header(grid, (aliases, corrections), columns, first, first + depth - 1)
            if best is None or result.score > best.score:
                best = result
    best = best and _without_others(best, columns, _people(contract))
    return best if best and len(best.claims) >= min(2, len(contract.fields)) else None


@lru_cache(maxsize=64)
def _people(contract: SourceContract) -> str:
    """Everything the source calls its people."""
    return " ".join(alias for field in contract.fields if field.type == "person_name" for alias in field.aliases)


def _without_others(header: Header, rows: list[list[Cell]], own: str) -> Header:
    """The header without the columns that are about somebody else; their texts get the word that says so."""
    others = others_above(rows, (header.first, header.last), own)
    if not others:
        return header
    texts = tuple(
        f"{others[column]}/{text}" if text and column in others and others[column] not in text else text
        for column, text in enumerate(header.texts)
    )
    kept = {
        name: tuple(claim for claim in claims if claim.column not in others or claim.fit == HeaderFit.BY_CLERK)
        for name, claims in header.claims.items()
    }
    return replace(header, texts=texts, claims={name: claims for name, claims in kept.items() if claims})


def names_enough(header: Header, contract: SourceContract) -> bool:
    """Whether a header has a column for every group the contract requires."""
    return len(header.claims) > 1 and all(any(name in header.claims for name in group) for group in contract.require)


def _filled(grid: Grid) -> list[list[Cell]]:
    """The searched rows with every merged cell showing its value in all the places it covers."""
    rows = [list(row) for row in grid.rows[: SEARCHED_ROWS + DEEPEST]]
    for (top, left), (bottom, right) in grid.merged or ():
        if top < len(rows) and left < grid.width:
            value = rows[top][left]
            for row in rows[top : bottom + 1]:
                row[left : right + 1] = [value] * len(row[left : right + 1])
    return rows


def _header(grid: Grid, meaning: tuple[Aliases, Corrections], rows: list[list[Cell]], first: int, last: int) -> Header:
    paths = [_path(rows, first, last, column, grid.merged is not None) for column in range(grid.width)]
    claims: dict[str, list[Claim]] = {}
    for column, path in enumerate(paths):
        for name, claim in _claims(meaning, column, path):
            claims.setdefault(name, []).append(claim)
    best = {name: _best(result) for name, result in claims.items()}
    return Header(first, last, tuple("/".join(path) for path in paths), best)


def _path(rows: list[list[Cell]], first: int, last: int, column: int, merges_known: bool) -> tuple[str, ...]:
    """A column's header texts from top to bottom, without repetitions; a parent cell reaches right over blanks."""
    path: list[str] = []
    for row in range(first, last + 1):
        cell = rows[row][column]
        if cell == "" and row < last and not merges_known and rows[last][column] != "":
            cell = next((rows[row][at] for at in range(column - 1, -1, -1) if rows[row][at] != ""), "")
        text = plain(cell) if isinstance(cell, str) else cell_text(cell)
        if text and text not in path:
            path.append(text)
    return tuple(path)


def _best(claims: list[Claim]) -> tuple[Claim, ...]:
    least = min(claim.fit for claim in claims)
    return tuple(claim for claim in claims if claim.fit == least)


def _claims(meaning: tuple[Aliases, Corrections], column: int, path: tuple[str, ...]) -> list[tuple[str, Claim]]:
    if not path or len(path[-1]) > 60 or _DATA.search(path[-1]):
        return []
    aliases, told = meaning
    if told and (text := correction_for(path, told, column)) is not None:
        name = told[text]
        return [(name, Claim(column, "/".join(path), HeaderFit.BY_CLERK, 0))] if name else []
    for text, fit in _readings(path):
        if text in aliases:
            name, rank = aliases[text]
            return [(name, Claim(column, "/".join(path), fit, rank))]
    return []


def correction_for(path: tuple[str, ...], corrections: Corrections, column: int) -> str | None:
    """How a clerk has spoken about a column: by its place (第6列), by all its texts, or by its lowest."""
    return next(
        (text for text in (f"第{column + 1}列", "/".join(path), "".join(path), path[-1]) if text in corrections), None
    )


def _readings(path: tuple[str, ...]) -> list[tuple[str, HeaderFit]]:
    """What a column may be called, best first: all its texts joined, then its lowest alone, then bare forms."""
    joined = "".join(path)
    readings = [(joined, HeaderFit.EXACT)]
    if FOREIGN.search(joined) is None or len(path) == 1:
        readings += [("".join(path[-2:]), HeaderFit.EXACT)]
        readings += [(form, HeaderFit.BARE) for form in bare_forms(joined)] if FOREIGN.search(joined) is None else []
        readings += [(path[-1], HeaderFit.EXACT if len(path) == 1 else HeaderFit.UNDER)]
        if len(path) > 1:
            readings += [(form, HeaderFit.BARE_UNDER) for form in bare_forms(path[-1])]
    return readings


@lru_cache(maxsize=64)
def _aliases(contract: SourceContract) -> Aliases:
    """Every alias in plain form -> (field, rank within the field); the first field to name a text keeps it."""
    aliases: dict[str, tuple[str, int]] = {}
    for field in contract.fields:
        for rank, alias in enumerate((field.title, *field.aliases)):
            aliases.setdefault(plain(alias), (field.name, rank))
    return aliases


def fuzzy_claims(
    header: Header, contract: SourceContract, corrections: Corrections = _NO_CORRECTIONS
) -> dict[str, list[Claim]]:
    """For fields without a claim: unclaimed columns whose text is near an alias and near no other field's."""
    taken = {claim.column for claims in header.claims.values() for claim in claims}
    result: dict[str, list[Claim]] = {}
    for column, text in enumerate(header.texts):
        if (
            column in taken
            or not text
            or FOREIGN.search(text)
            or correction_for(tuple(text.split("/")), corrections, column)
        ):
            continue
        scores = sorted(((_nearness(text, field), field.name) for field in contract.fields), reverse=True)
        best, second = scores[0], scores[1] if len(scores) > 1 else (0.0, "")
        if best[0] >= _FUZZY_LEAST and best[0] - second[0] >= _FUZZY_MARGIN and best[1] not in header.claims:
            result.setdefault(best[1], []).append(Claim(column, text, HeaderFit.FUZZY, 0))
    return result


def _nearness(text: str, field: SourceField) -> float:
    forms = (text.rsplit("/", 1)[-1], *bare_forms(text.rsplit("/", 1)[-1]))
    return max((_near(form, plain(alias)) for form in forms for alias in field.aliases), default=0.0)


def _near(form: str, alias: str) -> float:
    if len(alias) < 3 or len(form) < 3 or not same_critical(form, alias):
        return 0.0
    return 88.0 if form.endswith(alias) and len(form) - len(alias) <= 4 else fuzz.ratio(form, alias)


def guesses(header: Header | None, contract: SourceContract, wanted: tuple[str, ...]) -> list[str]:
    """For each field wanted, the header text nearest to it, as `身份证号≈“证号”`."""
    if header is None:
        return []
    lines = []
    for name in wanted:
        field = contract.field(name)
        ranked = (
            sorted(
                (
                    (max(fuzz.ratio(text, plain(alias)) for alias in field.aliases), text)
                    for text in header.texts
                    if text
                ),
                reverse=True,
            )
            if field
            else []
        )
        if field and ranked and ranked[0][0] >= 40:
            lines.append(f"{field.title}≈“{ranked[0][1]}”")
    return lines
