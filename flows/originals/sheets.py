"""One table of a file that was landed, its rows as a run would understand them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from flows.originals.places import Record
from flows.staging.accept import SheetName, accept
from flows.staging.tables import SheetTable
from flows.staging.values.cells import cell_text
from schemas.contracts import SourceContract, value_map


@dataclass(frozen=True)
class SourceSheet:
    """One table of a file."""

    contract: SourceContract
    file: str
    name: str | None
    table: SheetTable

    def records(self, rows: set[int]) -> dict[int, Record]:
        """Record per row number. The whole sheet goes through a run's cleaning: some repairs look at a column."""
        if not rows & set(self.table.sifted.numbers):
            return {}
        place = SheetName(self.contract.name, self.file, self.name)
        accepted = accept(self.table.sifted, self.table.mapping, self.contract, place, 1).table
        numbers = {number: at for at, number in enumerate(accepted["row"].to_pylist())}
        return {row: self._record(accepted.slice(numbers[row], 1).to_pylist()[0]) for row in rows & set(numbers)}

    def rows_of(self, record_id: str) -> set[int]:
        """The rows that bear a number of the sender's."""
        columns = self.table.mapping.columns.get(self.contract.record_id or "", ())
        return {
            number
            for number, row in zip(self.table.sifted.numbers, self.table.sifted.rows, strict=True)
            if any(cell_text(row[column]).strip() == record_id for column in columns)
        }

    def written(self, *fields: str) -> Iterator[tuple[int, tuple[str, ...]]]:
        """Row number and cells of these fields as the sender wrote them, several columns of one joined by blanks."""
        columns = [self.table.mapping.columns.get(field, ()) for field in fields]
        for number, row in zip(self.table.sifted.numbers, self.table.sifted.rows, strict=True):
            yield number, tuple([" ".join([cell_text(row[at]) for at in places]) for places in columns])

    def _record(self, row: dict[str, object]) -> Record:
        sheet = f"「{self.name}」" if self.name else ""
        values = {entry.title: _cell_text(row.get(entry.name), entry.values) for entry in self.contract.imported}
        titles = {title: text for title, text in values.items() if text}
        return Record(f"{self.contract.title} {self.file}{sheet} 第{row['row']}行", titles, row)


def _cell_text(value: Any, kind: str | None) -> str:
    if kind is not None and isinstance(value, str):
        return next((word for word, code in value_map(kind).items() if code == value), value)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "、".join(str(entry) for entry in value)
    return value.isoformat() if isinstance(value, date) else str(value) if value is not None else ""
