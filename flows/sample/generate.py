"""One sample, written: the world is drawn once, its files soiled once, then written night by night."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from flows.sample.dirt import soil
from flows.sample.district import SampleDistrict, build_district
from flows.sample.leads import SampleLeadBook, causes_of
from flows.sample.neighbour import Shared, share_people
from flows.sample.night import Sent, rows_on, tell
from flows.sample.nights import change_between_nights
from flows.sample.office import write_sheet
from flows.sample.options import Progress, SampleOptions, data, quiet, rates
from flows.sample.people import SamplePeople, draw_people
from flows.sample.registry import registry_sheets
from flows.sample.roles import Roles, draw_roles
from flows.sample.sheets import SampleSheet
from flows.sample.sign_up import self_report_sheet
from flows.sample.truth import write_truth
from flows.sample.workers import worker_sheets
from flows.sample.world import World


def generate(options: SampleOptions, progress: Progress = quiet) -> None:
    """Write the sample under `options.out`: `drop/` and `truth/`, or one folder of both per night."""
    progress("造人", 0, options.nights + 2)
    world = draw_world(options)
    progress("造表", 1, options.nights + 2)
    sheets = draw_sheets(world)
    leads = SampleLeadBook()
    for night, day in enumerate(options.dates()):
        folder = options.out / day.isoformat() if options.nights > 1 else options.out
        for sheet in sheets:
            sheet.turn(night)
        _write_night(world, sheets, night, folder, leads)
        progress("写文件", night + 2, options.nights + 2)


def _streams(options: SampleOptions, name: str) -> np.random.Generator:
    """Independent random numbers per part, so that a change in one part leaves the others as they were."""
    return np.random.default_rng([options.seed, *name.encode()])


def draw_world(options: SampleOptions) -> World:
    """People, district and roles of a seed."""
    people, district, roles = _inhabitants(options)
    shared = _share(options, people, roles)
    numbers = np.full(len(people), None, object)
    on_roll = np.flatnonzero(roles.on_roll)
    order = _streams(options, "numbers").permutation(len(on_roll))
    numbers[on_roll] = [f"50{entry:08d}" for entry in order + 1000]
    stale = _streams(options, "stale").random(len(people)) < rates(options.dirt, "registry")["phone_changed"]
    known = np.where(stale, people.old_phone, people.phone)
    return World(options, people, district, roles, people.names.full, people.ids, numbers, known, shared)


def _inhabitants(options: SampleOptions) -> tuple[SamplePeople, SampleDistrict, Roles]:
    people = draw_people(_streams(options, "people"), options)
    district = build_district(_streams(options, "district"), options)
    return people, district, draw_roles(_streams(options, "roles"), people, district, options)


def _share(options: SampleOptions, people: SamplePeople, roles: Roles) -> Shared | None:
    """Some of a neighbour's people put in the places of people here, where the sample has a neighbour."""
    if options.neighbour is None:
        return None
    entry = options.neighbour
    theirs = replace(options, seed=entry.seed, workers=entry.workers, members=entry.members, neighbour=None)
    others, _, their_roles = _inhabitants(theirs)
    return share_people(_streams(options, "neighbour"), (people, roles), (others, their_roles), options)


def draw_sheets(world: World) -> list[SampleSheet]:
    """Every file, soiled, with the edits of all nights planned."""
    options = world.options
    worker, registry = rates(options.dirt, "worker"), rates(options.dirt, "registry")
    sheets = [
        *registry_sheets(_streams(options, "registry"), world, registry),
        *worker_sheets(_streams(options, "workers"), world, worker),
        self_report_sheet(_streams(options, "self"), world),
    ]
    for sheet in sheets:
        soil(sheet, registry if sheet.side == "registry" else worker, _streams(options, f"dirt {sheet.file}"))
    change_between_nights(_streams(options, "nights"), world, sheets)
    return sheets


def _write_night(world: World, sheets: list[SampleSheet], night: int, folder: Path, leads: SampleLeadBook) -> None:
    """Write what comes this night and its truth; a file that does not come counts as it last came."""
    sent: list[Sent] = []
    day = world.options.dates()[night]
    for sheet in sheets:
        rows = rows_on(sheet, night)
        if night in sheet.missing:
            sent.append(Sent(sheet, rows, None))
        elif len(rows):
            sent.append(Sent(sheet, rows, write_sheet(sheet, rows, folder / "drop" / sheet.source, day)))
    for source in sorted({entry.sheet.source for entry in sent if entry.places is not None}):
        _write_provenance(source, folder / "drop" / source)
    tonight = tell(world, sent, night)
    held = leads.turn(day, tonight.codes, causes_of(sheets, night))
    write_truth(world, tonight, held, folder / "truth")
    if world.shared is not None:
        world.shared.write(folder / "truth")


def _write_provenance(source: str, folder: Path) -> None:
    lines = [
        f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
        for key, value in data("provenance.toml")[source].items()
    ]
    (folder / "provenance.toml").write_text("\n".join(lines) + "\n", "utf-8")
