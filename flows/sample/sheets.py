"""A sheet in the making: columns of cells, who each row is about, and what each row still shows of that person."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date
from enum import IntEnum
from typing import Literal

import numpy as np

from flows.sample.ids import Strings
from flows.sample.people import Flags, Numbers

Cell = str | int | float | date | None
Fact = str | bool | date | None


class Masking(IntEnum):
    """How much of an ID or phone a cell still shows."""

    NOTHING = 0
    FULL = 1
    FIRST_15 = 2
    MASK_6_4 = 3
    MASK_OTHER = 4
    LAST_4 = 5
    CONFLICT = 6
    MASK_3_4 = 7


class NameShown(IntEnum):
    """How much of a name a cell still shows; a same-sounding, traditional or spaced spelling is still the name."""

    NOTHING = 0
    FULL = 1
    ALTERED = 2
    MASKED = 3


@dataclass(frozen=True)
class Layout:
    """How one file looks: its form, its titles, what stands around the rows."""

    form: Literal["xlsx", "csv"]
    sheet: str | None = None
    encoding: Literal["utf-8", "utf-8-sig", "gb18030"] = "utf-8"
    titles: tuple[str, ...] = ()
    groups: tuple[tuple[str, int], ...] = ()
    """A row of merged group headers above the header: (text, columns)."""
    tail: bool = False
    blank_every: int = 0
    hidden: bool = False


@dataclass(frozen=True)
class Edit:
    """What changes in one row on one night."""

    night: int
    row: int
    cells: dict[str, Cell] = field(default_factory=dict)
    facts: dict[str, Fact] = field(default_factory=dict)
    id_shown: Masking | None = None
    phone: str | None = None
    mended: str | None = None
    """The kind of dirt this edit takes away."""
    cause: str | None = None
    """Why a lead of this row's person ends with it: a cause of truth/leads.parquet."""


@dataclass
class SampleSheet:
    """One file's rows. Grown by the builders, soiled by `dirt`, then written once a night."""

    source: str
    file: str
    layout: Layout
    headers: dict[str, str]
    """Field to the header it goes by here; fields outside the contract included."""
    person: Numbers
    cells: dict[str, list[Cell]]
    facts: dict[str, list[Fact]]
    name_shown: Numbers
    id_shown: Numbers
    phone_shown: Numbers
    phones: Strings
    """The number the phone cell is about, full, whatever the cell shows of it."""
    first_night: Numbers
    last_night: Numbers
    asks: bool = False
    full_ids: bool = False
    """Whether the sender shows whole IDs."""
    dated: str = ""
    """How the file's name carries the night's date (strftime); empty where it does not."""
    missing: frozenset[int] = frozenset()
    """The nights on which the file does not come."""
    tags: dict[int, list[str]] = field(default_factory=dict)
    eligible: dict[str, int] = field(default_factory=dict)
    edits: list[Edit] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.person)

    @property
    def side(self) -> Literal["worker", "registry"]:
        """Whose rates of dirt befall it."""
        return "registry" if self.source.startswith(("party", "floating")) else "worker"

    def tag(self, row: int, kind: str) -> None:
        self.tags.setdefault(row, []).append(kind)

    def on(self, night: int) -> Flags:
        """The rows that stand in the file on a night."""
        present: Flags = (self.first_night <= night) & (night < self.last_night)
        return present

    def file_on(self, day: date) -> str:
        """The file's name on a night."""
        stem, _, ending = self.file.rpartition(".")
        return f"{stem}{day.strftime(self.dated)}.{ending}"

    def hold_back(self, nights: int) -> None:
        """What falls on a night the file does not come is in it on the next that it does, in place."""
        comes = {
            night: next((number for number in range(night, nights) if number not in self.missing), nights)
            for night in range(nights)
        }
        self.edits = [replace(edit, night=comes.get(edit.night, edit.night)) for edit in self.edits]
        for nightly in (self.first_night, self.last_night):
            for night in self.missing:
                nightly[nightly == night] = comes[night]

    def turn(self, night: int) -> None:
        """Apply a night's edits, in place."""
        for edit in self.edits:
            if edit.night == night:
                self._apply(edit)

    def _apply(self, edit: Edit) -> None:
        for name, cell in edit.cells.items():
            if name in self.cells:
                self.cells[name][edit.row] = cell
        for name, fact in edit.facts.items():
            self.facts[name][edit.row] = fact
        if edit.id_shown is not None:
            self.id_shown[edit.row] = edit.id_shown
        if edit.phone is not None:
            self.phones[edit.row] = edit.phone
        if edit.mended:
            self.tags[edit.row].remove(edit.mended)


def new_sheet(source: str, file: str, layout: Layout, person: Numbers) -> SampleSheet:
    """An empty sheet about these people, one row each."""
    count = len(person)
    return SampleSheet(
        source=source,
        file=file,
        layout=layout,
        headers={},
        person=person,
        cells={},
        facts={},
        name_shown=np.full(count, NameShown.NOTHING),
        id_shown=np.full(count, Masking.NOTHING),
        phone_shown=np.full(count, Masking.NOTHING),
        phones=np.full(count, "", object),
        first_night=np.zeros(count, np.int64),
        last_night=np.full(count, 10**6),
    )
