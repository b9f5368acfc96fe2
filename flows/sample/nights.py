"""Between two nights: damaged IDs sent again whole, new phone numbers, new members, a branch renamed, rolls at odds."""

from __future__ import annotations

import numpy as np

from flows.sample.changes import contradict_rolls, lose_files, settle_leads
from flows.sample.sheets import Edit, Fact, Masking, SampleSheet
from flows.sample.world import World

_REPAIRABLE = frozenset({"id_excel_zeros", "id_excel_float", "id_wrong_digit", "id_swapped", "id_missing"})


def change_between_nights(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """Plan every night's edits on the soiled sheets, in place."""
    for sheet in sheets:
        for night in range(1, world.options.nights):
            if sheet.full_ids:
                _correct_ids(rng, world, sheet, night)
            if sheet.side == "worker" and "phones" in sheet.cells:
                _change_phones(rng, sheet, night)
    _admit_members(rng, world, sheets)
    if world.options.nights > 1:
        settle_leads(rng, world, sheets)
        _rename_branch(rng, world, sheets)
        contradict_rolls(world, sheets)
        lose_files(rng, world, sheets)


def _correct_ids(rng: np.random.Generator, world: World, sheet: SampleSheet, night: int) -> None:
    """One damaged full ID in eight is whole from this night on."""
    mended = {edit.row for edit in sheet.edits if edit.mended}
    for row in sorted(sheet.tags):
        kind = next((tag for tag in sheet.tags[row] if tag in _REPAIRABLE), None)
        if kind and row not in mended and rng.random() < 0.125:
            whole = world.ids[sheet.person[row]]
            sheet.edits.append(Edit(night, row, {"id_number": whole}, id_shown=Masking.FULL, mended=kind))


def _change_phones(rng: np.random.Generator, sheet: SampleSheet, night: int) -> None:
    """A few people hand in a new number."""
    for row in map(int, rng.permutation(len(sheet))[: max(1, len(sheet) // 250)]):
        if row in sheet.tags or sheet.phone_shown[row] == Masking.NOTHING:
            continue
        number = f"19{rng.integers(0, 10)}{rng.integers(10**7, 10**8):08d}"
        cell = number if sheet.phone_shown[row] == Masking.FULL else f"{number[:3]}****{number[-4:]}"
        sheet.edits.append(Edit(night, row, {"phones": cell}, phone=number))


def _admit_members(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """A few roll rows appear only on a later night."""
    rolls = [sheet for sheet in sheets if sheet.source == "party_members"]
    for night in range(1, world.options.nights):
        for sheet in rolls:
            quiet = np.flatnonzero(np.isin(world.roles.story[sheet.person], ["", "N0"]) & (sheet.first_night == 0))
            sheet.first_night[rng.permutation(quiet)[:2]] = night


def _rename_branch(rng: np.random.Generator, world: World, sheets: list[SampleSheet]) -> None:
    """On the last night one community's branch carries another name, in the register and on the roll."""
    night = world.options.nights - 1
    homes = world.district.home_branches
    old = world.district.organisations[homes[int(rng.integers(0, len(homes)))]].name
    new = old.replace("社区", "社区联合", 1) if "社区" in old else old.replace("支部委员会", "第一支部委员会")
    for sheet in sheets:
        for field in ("org_name", "branch_name", "parent_org"):
            facts = sheet.facts.get(field, ())
            for row, cell in enumerate(sheet.cells.get(field, ())):
                if old in (cell, facts[row] if facts else None):
                    changed: dict[str, Fact] = {field: new} if facts else {}
                    sheet.edits.append(Edit(night, row, {field: new}, changed))
            # Who has been moved there in the meantime stands in the branch under its new name too.
            moved = [edit.row for edit in sheet.edits if edit.night < night and edit.cells.get(field) == old]
            sheet.edits += [Edit(night, row, {field: new}, {field: new}) for row in moved]
