"""One line per file that did not come and is carried: chased, or asked about where new files hold its rows.

A sender that renames, splits or joins its files sends the same rows under another name. Rows of the carried copy that
stand in such a new file are not counted twice; the others stay carried, and the office is asked every night until it
answers or the policy's patience ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from flows.landing import LandedFile, load_manifest
from flows.landing.expected import ANSWER, newer_senders
from flows.run.context import RunContext
from matchers.relations import make
from schemas.contracts import SourceContract

_NAMES = ("name", "unit_name", "org_name")


@dataclass(frozen=True)
class CarriedRows:
    """One carried file of tonight: its rows, and how many of them new files hold."""

    entry: LandedFile
    rows: int = 0
    superseded: int = 0
    new: tuple[str, ...] = ()

    def line(self, covered: bool) -> str:
        """What the office is told or asked."""
        where = f"{self.entry.source}/{self.entry.name}：本次未到，沿用 {self.entry.came_on} 收到的文件"
        if not self.new:
            return f"{where}；请催报"
        files = "、".join(self.new)
        if not covered:
            return (
                f"{where}；请催报。本次另有以前没有的文件（{files}），内容不同；{ANSWER.format(file=self.entry.name)}"
            )
        rest = self.rows - self.superseded
        kept = f"，其余 {rest} 行沿用" if rest else ""
        return (
            f"{where}，但新来的 {files} 里已有它 {self.rows} 行中的 {self.superseded} 行，这些行不重复计入{kept}；"
            f"{ANSWER.format(file=self.entry.name)}"
        )


def settle_carried(
    con: duckdb.DuckDBPyConnection, run: RunContext
) -> tuple[list[tuple[str, str]], dict[tuple[str, str, str | None], int], int]:
    """Take rows of carried files that new files hold out of `stage_<source>`, before anything is made of them.

    Gives (source, Chinese line) per carried file, rows taken out by source, file and sheet, and the repairs in them.
    """
    lines: list[tuple[str, str]] = []
    out: dict[tuple[str, str, str | None], int] = {}
    repairs = 0
    files = load_manifest(run.landing, run.key).files
    for entry in (file for file in files if file.came_on is not None):
        contract = run.contracts[entry.source]
        tonight = [file.name for file in files if file.source == entry.source and file.came_on is None and file.sealed]
        held = _superseded_rows(con, contract, entry, newer_senders(run, entry, tonight))
        covered = held.rows > 0 and held.superseded >= run.policy.snapshots.covered_share * held.rows
        if covered:
            taken, fewer = _take_out(con, contract, entry)
            repairs += fewer
            out |= {(entry.source, file, sheet): count for file, sheet, count in taken}
        lines.append((entry.source, held.line(covered)))
    return lines, out, repairs


def _superseded_rows(
    con: duckdb.DuckDBPyConnection, contract: SourceContract, entry: LandedFile, new: Sequence[str]
) -> CarriedRows:
    """Make `_rows_held`: row_key of the carried file's rows whose keys a row of the new files bears."""
    if not new:
        return CarriedRows(entry)
    query = _SUPERSEDED.replace("{source}", contract.name).replace("{keys}", _keys(contract))
    result = make(con, "_rows_held", query, {"old": entry.name, "new": list(new)}, temporary=True)
    rows = con.execute(_ROWS.replace("{source}", contract.name), {"old": entry.name}).fetchone()
    return CarriedRows(entry, rows[0] if rows else 0, result, tuple(new))


def _take_out(
    con: duckdb.DuckDBPyConnection, contract: SourceContract, entry: LandedFile
) -> tuple[list[tuple[str, str | None, int]], int]:
    """Delete the rows of `_rows_held`: how many of each sheet, and of the repairs made in them."""
    counted = f'select file, sheet, count(*) from "stage_{contract.name}" where row_key in ({_KEYS}) group by all'
    taken = con.execute(counted).fetchall()
    con.execute(f'delete from "stage_{contract.name}" where row_key in ({_KEYS})')
    repairs = con.execute(f"delete from stage_repairs where row_key in ({_KEYS})").fetchone()
    return taken, int(repairs[0]) if repairs else 0


_KEYS = "select row_key from _rows_held"
_OF = "(file = $old or starts_with(file, $old || '/'))"
_ROWS = f'select count(*) from "stage_{{source}}" where {_OF}'
_SUPERSEDED = f"""
with keyed as (
    select row_key, {_OF} as carried,
        list_bool_or(list_transform($new::varchar[], one -> file = one or starts_with(file, one || '/'))) as is_new,
        unnest([{{keys}}]) as key
    from "stage_{{source}}"
)
select distinct row_key from keyed
where carried and key is not null and key in (select key from keyed where is_new and key is not null)
"""


def _keys(contract: SourceContract) -> str:
    """What makes two rows of a source the same entry, as SQL; names of columns come from the contract."""
    fields = {entry.name: entry.type for entry in contract.imported}
    name = next(
        (entry for entry in (*[n for n, kind in fields.items() if kind == "person_name"], *_NAMES) if entry in fields),
        None,
    )
    named = f"coalesce({name}::varchar, '')" if name else "''"
    full = "case when id_number_kind = 'full' then id_number end" if "id_number" in fields else "null"
    phone = "phones[1]" if "phones" in fields else "null"
    content = ", ".join(f"coalesce({field}::varchar, '')" for field in fields)
    keys = [f"'c' || md5(concat_ws('|', {content}))", f"'r' || record_id || '|' || {named}"]
    if contract.role in ("roll", "self_report"):
        return ", ".join([*keys, f"'i' || {full}", f"'p' || {named} || '|' || {phone}"])
    # One person may have several letters, jobs or accounts: an entry with a number of its own is known by that alone.
    place = "".join(
        f" || '|' || coalesce({entry}::varchar, '')" for entry in ("platform", "unit_name") if entry in fields
    )
    others = (f"'i' || {full}{place}", f"'p' || {named} || '|' || {phone}{place}")
    return ", ".join([*keys, *(f"case when record_id is null then {entry} end" for entry in others)])
