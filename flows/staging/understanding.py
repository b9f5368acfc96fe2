"""One view per sheet of a file: what was understood of it, shown to a clerk before anything is run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from flows.staging.accept import Accepted, SheetName, accept
from flows.staging.archives import Member, is_archive, members
from flows.staging.grid import Grid
from flows.staging.guessing import guesses_of, likely_header, unknown_columns
from flows.staging.headers import Header, HeaderFit, correction_for, find_header
from flows.staging.mapping import Mapping
from flows.staging.memory import Correction, Corrections, corrections_of
from flows.staging.others import somebody_else
from flows.staging.readers import read_file
from flows.staging.states import hidden_remark
from flows.staging.tables import Meaning, SheetTable, tables_of
from schemas.contracts import SourceContract
from schemas.errors import InputError
from schemas.policy import Reading

HOW = {
    HeaderFit.BY_CLERK: "按更正记录",
    HeaderFit.EXACT: "列名一致",
    HeaderFit.BARE: "去掉括号等修饰后一致",
    HeaderFit.UNDER: "下层列名一致",
    HeaderFit.BARE_UNDER: "下层列名去掉修饰后一致",
    HeaderFit.FUZZY: "近似，请核对",
}


@dataclass(frozen=True)
class ColumnView:
    """One column: its place, its header text, the field it is read as, and how surely."""

    number: int
    text: str
    field: str | None
    how: str
    guess: str | None = None
    """The field its name or cells look like, where it is not read; only a guess."""


@dataclass(frozen=True)
class SheetView:
    """One table of a sheet: where its header is, what its columns mean, and what would come of its rows."""

    file: str
    sheet: str | None
    problem: str | None = None
    header_rows: tuple[int, int] | None = None
    columns: tuple[ColumnView, ...] = ()
    rows: int = 0
    accepted: int = 0
    passed_over: int = 0
    quarantined: dict[str, int] = field(default_factory=dict)
    repairs: dict[str, int] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    encoding: str | None = None


@dataclass(frozen=True)
class Reader:
    """What a file is read by: its source's contract, the corrections, the policy on hidden parts."""

    contract: SourceContract
    memory: tuple[Correction, ...]
    reading: Reading


def understand(data: bytes, name: str, reader: Reader) -> list[SheetView]:
    """Every table of a file, in order. Raises InputError when the file as a whole cannot be read."""
    where = f"{reader.contract.name}/{name}"
    inside = members(data, where) if is_archive(data) else [Member("", data)]
    views: list[SheetView] = []
    for member in inside:
        file = f"{name}/{member.name}" if member.name else name
        try:
            if member.problem:
                raise member.problem
            grids = read_file(member.data, f"{reader.contract.name}/{file}", reader.reading)
        except InputError as error:
            if not member.name:
                raise
            views.append(SheetView(file, None, str(error)))
            continue
        views += [view for grid in grids for view in _views(grid, file, reader)]
    return views


def _views(grid: Grid, file: str, reader: Reader) -> Iterable[SheetView]:
    if grid.skipped:
        return [SheetView(file, grid.sheet, grid.skipped)]
    corrections = corrections_of(reader.memory, reader.contract, file)
    read_hidden = reader.reading.hidden_rows == "read"
    where = f"{reader.contract.name}/{file}" + (f"［{grid.sheet}］" if grid.sheet else "")
    try:
        tables = tables_of(grid, Meaning(reader.contract, corrections, read_hidden), where)
    except InputError as error:
        return [_refused(grid, file, reader.contract, corrections, str(error))]
    remarks = tuple(text for text in (grid.note, grid.remark, hidden_remark(grid, read=read_hidden)) if text)
    return [_view(grid, file, (reader.contract, corrections), table, remarks) for table in tables]


def _refused(grid: Grid, file: str, contract: SourceContract, corrections: Corrections, problem: str) -> SheetView:
    """A table that was not understood: the columns that were, for the clerk to name the others."""
    header = find_header(grid, contract, corrections) or likely_header(grid)
    if header is None:
        return SheetView(file, grid.sheet, problem, encoding=grid.encoding)
    guessed = _guessed(grid, header, contract, corrections)
    titles = {entry.name: entry.title for entry in contract.fields}
    claimed = {claim.column: (titles[name], claim.fit) for name, result in header.claims.items() for claim in result}
    columns = tuple(
        ColumnView(
            column + 1, text, *_field_and_reason(claimed.get(column), corrections, (column, text)), guessed.get(column)
        )
        for column, text in enumerate(header.texts)
        if text
    )
    rows = (grid.above + header.first + 1, grid.above + header.last + 1)
    return SheetView(file, grid.sheet, problem, rows, columns, encoding=grid.encoding)


def _field_and_reason(
    claim: tuple[str, HeaderFit] | None, corrections: Corrections, place: tuple[int, str]
) -> tuple[str | None, str]:
    if claim:
        return claim[0], HOW[claim[1]]
    return None, "按更正记录不用" if correction_for(
        tuple(place[1].split("/")), corrections, place[0]
    ) else "不认识，不读取"


def _view(
    grid: Grid, file: str, known: tuple[SourceContract, Corrections], table: SheetTable, remarks: tuple[str, ...]
) -> SheetView:
    contract, told = known
    result = accept(table.sifted, table.mapping, contract, SheetName(contract.name, file, grid.sheet), 1)
    header = table.mapping.header
    return SheetView(
        file,
        grid.sheet,
        header_rows=(table.header_row - header.last + header.first, table.header_row),
        columns=_columns(header, table.mapping, contract, _guessed(grid, header, contract, told)),
        rows=len(table.sifted.rows),
        accepted=result.table.num_rows,
        passed_over=table.sifted.passed_over,
        quarantined=dict(Counter(result.quarantine["reason"].to_pylist()).most_common()),
        repairs=_repairs(result),
        remarks=(*remarks, *table.mapping.notes, *table.mapping.remarks, *_missing_remark(table.mapping)),
        encoding=grid.encoding,
    )


def _missing_remark(mapping: Mapping) -> list[str]:
    """Important fields without a column."""
    return [f"没有认出：{'、'.join(mapping.missing)}"] if mapping.missing else []


def _why_unread(doubled: bool, text: str) -> str:
    if doubled:
        return "另有一列，未用"
    return "别人的信息，不读取" if "/" in text and somebody_else(text.split("/", maxsplit=1)[0]) else "不读取"


def _repairs(result: Accepted) -> dict[str, int]:
    return dict(Counter(result.repairs["repair"].to_pylist()).most_common())


def _guessed(grid: Grid, header: Header, contract: SourceContract, corrections: Corrections) -> dict[int, str]:
    """Column -> title of the field it may be, for columns that nobody knows and no clerk has spoken about."""
    columns = [
        column
        for column in unknown_columns(grid, header, ())
        if correction_for(tuple(header.texts[column].split("/")), corrections, column) is None
    ]
    return {column: field.title for column, field in guesses_of(grid, header, contract, columns).items()}


def _columns(
    header: Header, mapping: Mapping, contract: SourceContract, guessed: dict[int, str]
) -> tuple[ColumnView, ...]:
    field_of = {column: name for name, columns in mapping.columns.items() for column in columns}
    fits = {claim.column: claim.fit for claims in header.claims.values() for claim in claims}
    known = {entry.name: entry for entry in contract.fields}
    views = []
    for column, text in enumerate(header.texts):
        name = field_of.get(column)
        if text and name:
            how = HOW[fits.get(column, HeaderFit.FUZZY)] + ("" if known[name].imported else "；合同规定不读取")
            views.append(ColumnView(column + 1, text, known[name].title, how))
        elif text:
            views.append(ColumnView(column + 1, text, None, _why_unread(column in fits, text), guessed.get(column)))
    return tuple(views)
