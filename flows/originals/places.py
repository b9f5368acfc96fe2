"""Where a published row says its record stands, the record itself, and whose it is said to be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Spot:
    """Where a published row says its record stands; file, sheet and record number may be tokens."""

    source: str
    file: str
    sheet: str | None
    row: int
    landed_on: date | None
    """The night whose copies hold the row."""
    record_id: str | None = None

    @classmethod
    def of(cls, piece: Mapping[str, Any]) -> Spot:
        """The place of one row of a ledger row's evidence."""
        names = ("source", "file", "sheet", "row", "landed_on", "record_id")
        return cls(*(piece[name] for name in names))

    @property
    def where(self) -> str:
        landed = f"{self.landed_on} " if self.landed_on else ""
        return f"{landed}{self.source}/{self.file} 第{self.row}行"


@dataclass(frozen=True)
class Bearer:
    """Whose record a row of evidence is, by what the ledger says of that person."""

    person_key: str
    name_masked: str | None
    id_token: str | None
    host_org_name: str | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Bearer:
        """The person of a ledger row."""
        return cls(row["person_key"], row["name_masked"], row["id_token"], row["host_org_name"])


@dataclass(frozen=True)
class Record:
    """One record as its sender wrote it: the contract's fields, cleaned."""

    where: str
    titles: Mapping[str, str]
    """Value per field title, in the contract's order, without the empty ones."""
    row: Mapping[str, Any]
    """The row as staging has it."""

    @property
    def name(self) -> str | None:
        return self.row.get("name")

    @property
    def id_number(self) -> str | None:
        return self.row.get("id_number")

    @property
    def full_id(self) -> str | None:
        """The ID where all of it is shown and it holds."""
        return self.id_number if self.row.get("id_number_kind") == "full" else None

    @property
    def phones(self) -> tuple[str, ...]:
        return tuple(self.row.get("phones") or ())
