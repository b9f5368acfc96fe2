"""One set of columns per field, decided: claims weighed, doubles resolved or refused, requirements checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flows.staging.grid import Grid
from flows.staging.guessing import guesses_of, likely_header, sample, unknown_columns
from flows.staging.headers import (
    SEARCHED_ROWS,
    Claim,
    Header,
    HeaderFit,
    correction_for,
    find_header,
    fuzzy_claims,
    guesses,
)
from flows.staging.memory import Corrections
from flows.staging.values.cells import Cell
from flows.staging.values.fields import looks_like
from schemas.contracts import SourceContract, SourceField
from schemas.errors import InputError
from schemas.rules import Rule

_COLUMNS = 8
_WHO = ("person_name", "id_number")
"""Fields that say who someone is: two unlike columns for one of them are never chosen between."""


@dataclass(frozen=True)
class Mapping:
    """Which columns feed which field (several are coalesced, telephones joined), and what is left aside.

    `notes` are guesses to look into, `remarks` only say what was done.
    """

    header: Header
    columns: dict[str, tuple[int, ...]]
    dropped: tuple[str, ...]
    notes: tuple[str, ...]
    remarks: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Titles of important fields that no column was known for."""
    unknown: tuple[str, ...] = ()
    """Header texts of filled columns that mean no field: one of them may be what is missing."""

    @property
    def read(self) -> tuple[str, ...]:
        """Header texts of the columns that are read, in the contract's order of fields."""
        return tuple(self.header.texts[column] for result in self.columns.values() for column in result)


def map_columns(
    grid: Grid,
    contract: SourceContract,
    where: str,
    corrections: Corrections | None = None,
    header: Header | None = None,
) -> Mapping:
    """The mapping of one table, with what a clerk has said of its headers.

    Raises InputError with what was found and what is missing or double.
    """
    corrections = corrections or {}
    header = header or find_header(grid, contract, corrections)
    if header is None:
        raise InputError(
            f"前{SEARCHED_ROWS}行里没有认出表头",
            where=where,
            rule=Rule.NO_KNOWN_HEADER,
            examples=_first_texts(grid, contract),
            action="用 sanzhao sources map 看表头并更正，或请提供方用登记的列名",
        )
    claims, notes = _readable(header, contract, grid)
    remarks = _correction_remarks(header, contract)
    for name, result in fuzzy_claims(header, contract, corrections).items():
        field = contract.field(name)
        fits = [claim for claim in result if field and looks_like(field, sample(grid, header, claim.column))]
        if fits:
            claims[name] = fits
            notes += [f"“{claim.text}”按“{field.title}”读取" for claim in fits if field]
    columns = {}
    for field in contract.fields:
        if field.name in claims:
            columns[field.name] = _resolve(field, claims[field.name], grid, contract, header, where)
            remarks += _chosen_remark(field, claims[field.name], columns[field.name])
    _require(contract, columns, (header, grid), where, notes)
    imported = {column for field in contract.imported for column in columns.get(field.name, ())}
    dropped = tuple(text for column, text in enumerate(header.texts) if text and column not in imported)
    missing = [field.title for field in contract.fields if field.name in _missing_fields(contract, columns)]
    unknown = unknown_columns(grid, header, {column for outcome in columns.values() for column in outcome})
    said = tuple(
        header.texts[column] for column in unknown if correction_for(_path(header, column), corrections, column) is None
    )
    return Mapping(header, columns, dropped, tuple(notes), tuple(remarks), tuple(missing), said)


def _readable(header: Header, contract: SourceContract, grid: Grid) -> tuple[dict[str, list[Claim]], list[str]]:
    """The claims but for columns whose cells have no reading, and a note for each of those."""
    claims = {name: list(result) for name, result in header.claims.items()}
    if not grid.unreadable:
        return claims, []
    titles = {field.name: field.title for field in contract.imported}
    lost = [(name, claim) for name, result in claims.items() for claim in result if claim.column in grid.unreadable]
    notes = [
        f"“{claim.text}”（第{claim.column + 1}列）读不出来，未读取（{grid.unreadable[claim.column]}），请改成文本列"
        for name, claim in lost
        if name in titles
    ]
    kept = {name: [entry for entry in result if entry.column not in grid.unreadable] for name, result in claims.items()}
    return {name: result for name, result in kept.items() if result}, notes


def _path(header: Header, column: int) -> tuple[str, ...]:
    return tuple(header.texts[column].split("/"))


def _missing_fields(contract: SourceContract, columns: dict[str, tuple[int, ...]]) -> set[str]:
    """Important fields without a column; a field that both ends of a period can be read from is found."""
    read = {*columns, *(end for whole, *ends in contract.periods if whole in columns for end in ends)}
    return set(contract.important) - read


def _correction_remarks(header: Header, contract: SourceContract) -> list[str]:
    """A remark for every column read as a clerk once said."""
    titles = {field.name: field.title for field in contract.fields}
    claims_by_field = header.claims.items()
    lines = [(name, claim) for name, claims in claims_by_field for claim in claims if claim.fit == HeaderFit.BY_CLERK]
    return [f"“{claim.text}”按更正记录读作“{titles[name]}”" for name, claim in lines]


def _chosen_remark(field: SourceField, claims: list[Claim], columns: tuple[int, ...]) -> list[str]:
    """A remark where one of several differing columns was taken for a field."""
    left = [f"“{claim.text}”（第{claim.column + 1}列）" for claim in claims if claim.column not in columns]
    chosen = "、".join(f"第{column + 1}列" for column in columns)
    return [f"“{field.title}”取{chosen}，未用{'、'.join(left)}"] if left else []


def _first_texts(grid: Grid, contract: SourceContract) -> tuple[str, ...]:
    """The texts of the row that is most likely the header nobody knows, with what their columns look like."""
    header = likely_header(grid)
    if header is None:
        return ()
    columns = [column for column, text in enumerate(header.texts) if text]
    result = guesses_of(grid, header, contract, columns)
    like = {column: f"（像“{field.title}”）" for column, field in result.items()}
    return tuple(header.texts[column] + like.get(column, "") for column in columns[:8])


def _resolve(
    field: SourceField, claims: list[Claim], grid: Grid, contract: SourceContract, header: Header, where: str
) -> tuple[int, ...]:
    """The columns of one field: telephones all; else the one, the more telling one, columns that never disagree, or
    (not for a name or an ID) the one whose header stands first in the contract."""
    if len(claims) == 1:
        return (claims[0].column,)
    if field.type == "phones":
        return tuple(claim.column for claim in claims)
    telling = [claim for claim in claims if all(_says_more(claim, other) for other in claims if other is not claim)]
    if telling:
        return (telling[0].column,)
    if _never_disagree(grid.rows[header.last + 1 :], [claim.column for claim in claims]):
        return tuple(claim.column for claim in claims)
    key = field.type in _WHO and any(field.name in group for group in contract.require)
    first = min(claims, key=lambda claim: claim.alias)
    if not key and sum(claim.alias == first.alias for claim in claims) == 1 and first.fit != HeaderFit.FUZZY:
        return (first.column,)
    texts = tuple(f"“{claim.text}”（第{claim.column + 1}列）" for claim in claims)
    raise InputError(
        f"有{len(claims)}列都像“{field.title}”且内容不同，无法确定用哪一列",
        where=where,
        rule=Rule.TWO_COLUMNS_FOR_ONE_FIELD,
        examples=texts,
        action="用 sanzhao sources map 指明用哪一列，或只保留一列后重投",
    )


def _says_more(claim: Claim, other: Claim) -> bool:
    return claim.text != other.text and other.text in claim.text


def _never_disagree(rows: list[list[Cell]], columns: list[int]) -> bool:
    pick: Callable[[list[Cell]], int] = lambda row: len({row[column] for column in columns} - {""})  # noqa: E731
    return all(pick(row) <= 1 for row in rows)


def _require(
    contract: SourceContract,
    columns: dict[str, tuple[int, ...]],
    read: tuple[Header, Grid],
    where: str,
    notes: list[str],
) -> None:
    header, grid = read
    missing = [group for group in contract.require if not any(name in columns for name in group)]
    if not missing:
        return
    titles = {field.name: field.title for field in contract.fields}
    lacking = "；".join("或".join(titles[name] for name in group) for group in missing)
    near = guesses(header, contract, tuple(name for group in missing for name in group))
    result = "、".join(titles[name] for name in columns) or "无"
    left = unknown_columns(grid, header, {column for places in columns.values() for column in places})
    like = guesses_of(grid, header, contract, left)
    unknown = "、".join(
        header.texts[column] + (f"（像“{like[column].title}”）" if column in like else "") for column in left[:_COLUMNS]
    )
    message = f"缺少必需的列：{lacking}。已认出：{result}"
    message += f"。不认识的列：{unknown}" if unknown else f"。最像的列：{'，'.join(near)}" if near else ""
    message += f"。{'；'.join(notes)}" if notes else ""
    raise InputError(
        message,
        where=where,
        rule=Rule.REQUIRED_COLUMN_MISSING,
        action="补上该列后重投；列在而名字不同的，用 sanzhao sources map 指明",
    )
