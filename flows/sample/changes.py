"""What registers and senders settle between two nights, each with the cause a lead ends with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from flows.sample.sheets import Cell, Edit, Fact, SampleSheet
from flows.sample.world import World

UNACCUSED = ("N0", "W1", "F1", "F2")
"""Stories of members whom nothing accuses."""
_NO = {"01": "13", "中共党员": "群众", "是": "否"}


def settle_leads(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """Plan, per night, a few lost members found, memberships restored, members moved in, and what people take back."""
    rolls = [sheet for sheet in sheets if sheet.source == "party_members"]
    signed = [sheet for sheet in sheets if sheet.source == "self_reports"]
    asking = [sheet for sheet in sheets if sheet.side == "worker" and sheet.asks]
    _plan(rng, world, rolls, "L1", _contact_restored)
    _plan(rng, world, rolls, "S1", _membership_restored)
    _plan(rng, world, rolls, "P2", lambda night, sheet, row: _moved_in(world, night, sheet, row))
    # Who has signed up besides has declared it there, and goes on saying so.
    signed_up = {int(person) for sheet in signed for person in sheet.person}
    _plan(rng, world, asking, "D1", lambda night, sheet, row: _declaration_withdrawn(signed_up, night, sheet, row))
    _plan(rng, world, signed, "", _consent_withdrawn)
    _correct_declarations(rng, world, asking)


Change = Callable[[int, SampleSheet, int], Edit | None]


def _plan(rng: np.random.Generator, world: World, sheets: list[SampleSheet], story: str, change: Change) -> None:
    """One change per night, of people who stand once in these files and are of this story (any, where it is empty)."""
    places = [
        (sheet, row)
        for sheet in sheets
        for row in range(len(sheet))
        if not story or world.roles.story[sheet.person[row]] == story
    ]
    counted: dict[int, int] = {}
    for sheet, row in places:
        counted[int(sheet.person[row])] = counted.get(int(sheet.person[row]), 0) + 1
    once = [(sheet, row) for sheet, row in places if counted[int(sheet.person[row])] == 1]
    order = iter(rng.permutation(len(once)))
    for night in range(1, world.options.nights):
        for at in order:
            sheet, row = once[at]
            edit = change(night, sheet, row) if sheet.first_night[row] < night < sheet.last_night[row] else None
            if edit:
                sheet.edits.append(edit)
                break


def _contact_restored(night: int, sheet: SampleSheet, row: int) -> Edit | None:
    if not sheet.facts["lost"][row]:
        return None
    cells: dict[str, Cell] = {"lost_contact": "否", "lost_contact_on": None}
    return Edit(night, row, cells, {"lost": False, "lost_contact_on": None}, cause="contact_restored")


def _membership_restored(night: int, sheet: SampleSheet, row: int) -> Edit | None:
    if not sheet.facts["stopped"][row]:
        return None
    return Edit(night, row, {"membership_state": "正常"}, {"stopped": False}, cause="membership_restored")


def _moved_in(world: World, night: int, sheet: SampleSheet, row: int) -> Edit:
    """The roll shows a branch of this district from now on."""
    home = world.district.organisations[world.district.home_branches[row % len(world.district.home_branches)]]
    cells: dict[str, Cell] = {"branch_name": home.name, "branch_code": home.code}
    return Edit(night, row, cells, {"branch_name": home.name}, cause="moved_in")


def _declaration_withdrawn(signed_up: set[int], night: int, sheet: SampleSheet, row: int) -> Edit | None:
    said = sheet.cells["declared_member"][row]
    if int(sheet.person[row]) in signed_up or sheet.facts["declared_member"][row] is not True or said not in _NO:
        return None
    return Edit(
        night, row, {"declared_member": _NO[str(said)]}, {"declared_member": False}, cause="declaration_withdrawn"
    )


def _consent_withdrawn(night: int, sheet: SampleSheet, row: int) -> Edit | None:
    if not sheet.facts["consent"][row]:
        return None
    return Edit(night, row, {"consent": "不同意"}, {"consent": False}, cause="consent_withdrawn")


def _correct_declarations(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """A hidden member's rows say 是 from a night on; one person in two nights."""
    rows: dict[int, list[tuple[SampleSheet, int]]] = {}
    yes = {no: said for said, no in _NO.items()}
    for sheet in sheets:
        for at in np.flatnonzero(world.roles.story[sheet.person] == "Y1"):
            rows.setdefault(int(sheet.person[at]), []).append((sheet, int(at)))
    for night, person in zip(range(1, world.options.nights, 2), rng.permutation(list(rows)), strict=False):
        for sheet, row in rows[int(person)]:
            cell = yes.get(str(sheet.cells["declared_member"][row]))
            if cell:
                said: dict[str, Fact] = {"declared_member": True}
                sheet.edits.append(Edit(night, row, {"declared_member": cell}, said, cause="declaration_corrected"))


def contradicting_nights(nights: int) -> range:
    """The nights on which one more member's two entries come to say two things; none of fewer than four."""
    return range(1, nights - 2, 3)


def contradict_rolls(world: World, sheets: list[SampleSheet]) -> None:
    """Every third night one member who stands on the roll twice has the membership stopped in one entry alone.

    Members in order are taken, so that nothing but the contradiction could accuse them.
    """
    entries: dict[int, list[tuple[SampleSheet, int]]] = {}
    for sheet in sheets:
        if sheet.source == "party_members":
            for at in np.flatnonzero(np.isin(world.roles.story[sheet.person], UNACCUSED)):
                entries.setdefault(int(sheet.person[at]), []).append((sheet, int(at)))
    twice = (outcome for _, outcome in sorted(entries.items()) if len(outcome) == 2)
    for night, result in zip(contradicting_nights(world.options.nights), twice, strict=False):
        sheet, row = result[1]
        sheet.edits.append(Edit(night, row, {"membership_state": "停止党籍"}, {"stopped": True}))


def lose_files(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """Files that do not come: a platform's every few nights, now and then one area's roll; never on the last night."""
    nights = world.options.nights
    platforms = [sheet for sheet in sheets if sheet.source == "platform"]
    rolls = [sheet for sheet in sheets if sheet.source == "party_members"]
    for night in range(1, nights - 1):
        if night % 4 == 1:
            _lose(platforms[int(rng.integers(0, len(platforms)))], night)
        if night % 7 == 2:
            _lose(rolls[int(rng.integers(0, len(rolls)))], night)
    for sheet in sheets:
        sheet.hold_back(nights)


def _lose(sheet: SampleSheet, night: int) -> None:
    sheet.missing |= {night}
