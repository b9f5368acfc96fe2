"""The transfer register: one row per letter of introduction, lodged or not."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np

from flows.sample.branch_names import written_branches
from flows.sample.common import committee_above, elsewhere, home_of, identify, shown_dates
from flows.sample.people import Numbers
from flows.sample.sheets import Edit, Fact, Layout, SampleSheet, new_sheet
from flows.sample.world import World

USUAL_VALIDITY = 90
"""Days a letter holds where it does not say."""


@dataclass
class _Letters:
    """Transfer rows in the making."""

    person: list[int] = field(default_factory=list)
    issued: list[date] = field(default_factory=list)
    state: list[str | None] = field(default_factory=list)
    received: list[date | None] = field(default_factory=list)
    source: list[str] = field(default_factory=list)
    target: list[str] = field(default_factory=list)

    def add(self, person: int, issued: date, state: str | None, branches: tuple[str, str]) -> None:
        """One letter; a received one came back a month later."""
        self.person.append(person)
        self.issued.append(issued)
        self.state.append(state)
        self.received.append(issued + timedelta(days=21) if state == "已接收" else None)
        self.source.append(branches[0])
        self.target.append(branches[1])


def transfer_sheets(rng: np.random.Generator, world: World) -> list[SampleSheet]:
    """Letters in the pocket, letters received, sent back, still good, and those of people nobody looks for."""
    letters = _Letters()
    for person in np.flatnonzero(np.isin(world.roles.story, ["P1", "N0"])):
        _tied_letters(rng, world, letters, int(person))
    quiet = np.flatnonzero((world.roles.story == "") & world.roles.on_roll)
    for person in rng.permutation(quiet)[: max(20, len(quiet) // 60)]:
        home = home_of(world, int(person))
        state = ("已接收", "已接收", "已接收", "退回", "未接收", "审批超时", None)[rng.integers(0, 7)]
        pair = (elsewhere(int(person)), home) if state == "已接收" else (home, elsewhere(int(person)))
        letters.add(int(person), world.base - timedelta(days=int(rng.integers(40, 900))), state, pair)
    order = rng.permutation(len(letters.person))
    return [_letter_sheet(rng, world, letters, part, number) for number, part in enumerate(np.array_split(order, 2))]


def _tied_letters(rng: np.random.Generator, world: World, letters: _Letters, person: int) -> None:
    here, away, on_roll = home_of(world, person), elsewhere(person), bool(world.roles.on_roll[person])
    old = world.base - timedelta(days=int(rng.integers(200, 700)))
    if world.roles.story[person] == "P1":
        pair = (here, away) if on_roll else (away, here)
        if rng.random() < 0.2:
            letters.add(person, old - timedelta(days=120), "退回", pair)
        letters.add(person, old, "未接收" if rng.random() < 0.7 else "审批超时", pair)
        return
    case = rng.random()
    if case < 0.06:  # received in the end
        letters.add(person, old, "未接收", (away, here))
        letters.add(person, old + timedelta(days=130), "已接收", (away, here))
    elif case < 0.10:  # the roll already shows the branch it was sent to, or one below the committee it was sent to
        above = committee_above(world, person) if rng.random() < 0.5 else ""
        letters.add(person, old, "未接收", (away, above or here))
    elif case < 0.15:
        letters.add(person, old, "退回" if rng.random() < 0.6 else None, (here, away))
    elif case < 0.20:  # still good
        letters.add(person, world.base - timedelta(days=int(rng.integers(5, 25))), "未接收", (here, away))


def _letter_sheet(rng: np.random.Generator, world: World, letters: _Letters, part: Numbers, number: int) -> SampleSheet:
    book = number == 0
    layout = Layout(
        "xlsx" if book else "csv",
        "转接台账" if book else None,
        "utf-8-sig",
        ("党员组织关系转接台账",) if book else (),
        tail=book,
    )
    sheet = new_sheet(
        "party_transfers",
        f"组织关系转接{'台账' if book else '-线下'}.{layout.form}",
        layout,
        np.array([letters.person[at] for at in part]),
    )
    valid = {"valid_days": "有效期(天)"} if book else {"valid_until": "有效期至"}
    sheet.headers = {
        "letter_no": "介绍信编号",
        "name": "姓名",
        "id_number": "身份证号",
        "from_branch": "转出党支部",
        "to_org": "转往党组织",
        "issued_on": "开具日期" if book else "转出日期",
        **valid,
        "reception_state": "接收状态",
        "received_on": "接收日期",
    }
    identify(world, sheet)
    issued = [letters.issued[at] for at in part]
    days = [(90, 90, 90, 60, 30, None)[entry] for entry in rng.integers(0, 6 if book else 5, len(part))]
    until: list[Fact] = [day + timedelta(days=span or USUAL_VALIDITY) for day, span in zip(issued, days, strict=True)]
    received = [letters.received[at] for at in part]
    sheet.facts |= {
        "issued_on": list(issued),
        "valid_until": until,
        "received_on": list(received),
        "reception_state": [letters.state[at] for at in part],
        "to_org": [letters.target[at] for at in part],
    }
    sheet.cells |= {
        "letter_no": [f"澜组转{issue.year}{number}{row:05d}" for row, issue in enumerate(issued)],
        "from_branch": list(written_branches(rng, [letters.source[at] for at in part])),
        "to_org": list(written_branches(rng, [letters.target[at] for at in part])),
        "issued_on": shown_dates(list(issued), book),
        "valid_days": list(days),
        "valid_until": [str(day) for day in until],
        "reception_state": [letters.state[at] for at in part],
        "received_on": shown_dates(received, book),
    }
    sheet.cells = {name: sheet.cells[name] for name in sheet.headers}
    _receive(world, sheet)
    return sheet


def _receive(world: World, sheet: SampleSheet) -> None:
    """One pocket letter of each file is lodged at last on the second and every later night."""
    waiting = [
        row
        for row, person in enumerate(sheet.person)
        if sheet.facts["reception_state"][row] == "未接收"
        and world.roles.story[person] == "P1"
        and not world.roles.on_roll[person]
    ]
    for night, row in zip(range(1, world.options.nights), waiting, strict=False):
        day = world.options.dates()[night] - timedelta(days=1)
        sheet.edits.append(
            Edit(
                night,
                row,
                {"reception_state": "已接收", "received_on": str(day)},
                {"reception_state": "已接收", "received_on": day},
                cause="letter_received",
            )
        )
