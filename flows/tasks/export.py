"""Leads that wait for a street, written as one sheet per street; each sheet written is in the audit log."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from flows.home.folders import Home, private_folder, write_private
from flows.home.keys import DistrictKey, load_key
from flows.home.settings import load_settings
from flows.home.store import Store, Term, opened_store
from flows.ledger.checks import PERSON
from flows.ledger.publish.read import Published, current_version
from flows.tasks.contacts import read_contacts
from flows.tasks.history import open_states
from flows.tasks.numbers import BoundCells, check_code, lead_letters, task_number
from flows.tasks.recent_answers import RecentAnswers
from flows.tasks.terms import issue
from reports import words
from reports.tasks.sheet import Contact, Task, TaskSheet, file_name, task_workbook
from reports.tasks.words import contact_window, lead_words, neutral
from schemas.contracts import load_sources
from schemas.errors import HomeError, InputError
from schemas.ledger_rows import LedgerRow
from schemas.policy import Policy, load_policy
from schemas.rules import Rule

NO_STREET = "镇街不明"
BEIJING = ZoneInfo("Asia/Shanghai")
_PERSONAL = ("name", "id_number", "phone", "phones", "birth_date", "sex", "started_on")
_ABSENT, _DESTROYED, _OTHERS = "（无）", "原件已销毁", "（疑为他人号码，勿拨）"


@dataclass(frozen=True)
class ExportedTasks:
    """What was written: the files, and leads by street."""

    files: tuple[Path, ...]
    leads: Mapping[str, int]


@dataclass(frozen=True)
class TaskOrder:
    """Who takes which sheets out, where to, and for which channel."""

    out: Path
    who: str
    street: str | None = None
    inside: bool = False
    naming: Naming | None = None
    """Who finds the persons' names and locks the sheets, where they are to stand in them."""


class Naming(Protocol):
    """Gives persons their full names, and locks what bears them."""

    def contact(self, row: Mapping[str, Any], shown: BoundCells) -> Contact:
        """How to find the person of a ledger row, of whom the sheet otherwise shows this."""

    def prepare(self, rows: Sequence[Mapping[str, Any]], current: Published) -> None:
        """Read what is needed of all these rows at once."""

    def locked(self, name: str, body: bytes) -> bytes:
        """The bytes of a workbook, locked by a password of its own."""


@dataclass(frozen=True)
class _TaskDesk:
    """What is needed to write a task down."""

    key: DistrictKey
    policy: Policy
    as_of: date
    sources: Mapping[str, str]
    phones: Mapping[str, list[str] | None]
    order: TaskOrder
    terms: Mapping[tuple[str, str], Term]


def export_tasks(home: Home, order: TaskOrder) -> ExportedTasks:
    """Write the sheets. Raises HomeError without a ledger, InputError when no lead waits (in that street)."""
    key, settings = load_key(home), load_settings(home)
    current = current_version(home, key)
    if current is None:
        raise HomeError("还没有发布过一本账", where="ledger", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    policy = load_policy(settings.policy)
    sources = {name: contract.title for name, contract in load_sources(settings.sources).items()}
    as_of = date.fromisoformat(str(current.index["as_of"]))
    with opened_store(home, settings.store_url) as store:
        streets = _by_street(current, policy, RecentAnswers(store, policy.leads), order)
        if not streets:
            where = order.street or "全区"
            raise InputError(
                "没有等待核查的线索", where=where, rule=Rule.NO_TASKS, action="核对镇街名称；已答复的不再列出"
            )
        rows = [row for leads in streets.values() for row, _ in leads]
        if order.naming:
            order.naming.prepare(rows, current)
        phones = read_contacts(home, key, current, rows)
        asked = [(row["person_key"], code) for leads in streets.values() for row, code in leads]
        terms = issue(store, policy, asked, max(datetime.now(BEIJING).date(), as_of))
        return _written(order, _TaskDesk(key, policy, as_of, sources, phones, order, terms), streets, store)


def waiting_leads(row: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    """Codes of a ledger row's leads that a street has still to check; none while the person objects."""
    if not row["objection"]:
        yield from (lead["code"] for lead in row["leads"] if lead["state"] in open_states(policy.leads))


def questions_of(row: Mapping[str, Any], policy: Policy, answered: RecentAnswers, *, inside: bool) -> list[str]:
    """What a sheet asks of a row: inside the channel each lead, outside it once whether it is the person."""
    waiting = set(waiting_leads(row, policy))
    codes = [lead["code"] for lead in row["leads"] if lead["code"] in waiting and not answered.lead(row, lead)]
    return codes if inside else [PERSON] if codes and not answered.person(row) else []


def _by_street(
    current: Published, policy: Policy, answered: RecentAnswers, order: TaskOrder
) -> dict[str, list[tuple[LedgerRow, str]]]:
    """Each street's leads, by unit and person so that one call does for neighbours."""
    found: dict[str, list[tuple[LedgerRow, str]]] = {}
    rows = current.table("ledger").to_pylist()
    for row in sorted(rows, key=lambda one: (one["units"][:1], one["person_key"])):
        street = street_of(row)
        if order.street in (None, street):
            leads = [(row, code) for code in questions_of(row, policy, answered, inside=order.inside)]
            if leads:
                found.setdefault(street, []).extend(leads)
    return dict(sorted(found.items()))


def _written(
    order: TaskOrder, desk: _TaskDesk, streets: Mapping[str, list[tuple[LedgerRow, str]]], store: Store
) -> ExportedTasks:
    now = datetime.now(UTC)
    at = now.astimezone(BEIJING)
    private_folder(order.out)
    files: list[Path] = []
    for street, leads in streets.items():
        tasks = tuple(_task(desk, row, code) for row, code in leads)
        rules = desk.policy.leads
        answers = tuple(rules.feedback if order.inside else rules.person_feedback)
        sheet = TaskSheet(street, desk.as_of, order.who, at, order.inside, answers, tasks)
        name = file_name(street, desk.as_of, [path.name for path in files])
        body = task_workbook(sheet)
        channel = "named" if order.naming else "inside" if order.inside else "outside"
        why = f"{street} tasks={len(tasks)} channel={channel} as_of={desk.as_of.isoformat()}"
        store.audit(desk.key, now, order.who, "export_tasks", why=why)
        write_private(order.out / name, order.naming.locked(name, body) if order.naming else body)
        files.append(order.out / name)
    return ExportedTasks(tuple(files), {street: len(leads) for street, leads in streets.items()})


def _task(desk: _TaskDesk, row: Mapping[str, Any], code: str) -> Task:
    number = task_number(desk.as_of, lead_letters(desk.key, row["person_key"], code))
    shown = cells_of(row, code, inside=desk.order.inside, phone=phone_text(row, desk.phones.get(row["person_key"])))
    return Task(
        number=number,
        code=check_code(desk.key, number, shown),
        name=shown.name or "",
        phone=shown.phone or "",
        unit=shown.unit or "",
        street=shown.street or "",
        group=(str if desk.order.inside else neutral)("、".join(row["occupation_groups"])),
        kind=shown.kind or "",
        question=lead_words(code, inside=desk.order.inside)[1],
        evidence=_evidence(desk, row),
        window=contact_window(row["occupation_groups"]),
        due=desk.terms[row["person_key"], code].due_on,
        contact=desk.order.naming.contact(row, shown) if desk.order.naming else None,
    )


def cells_of(row: Mapping[str, Any], code: str, *, inside: bool, phone: str | None) -> BoundCells:
    """What a sheet's row shows of a ledger row and one of its leads."""
    words_of = str if inside else neutral
    return BoundCells(
        name=row["name_masked"],
        phone=phone,
        unit=words_of("、".join(row["units"] or row["platforms"])),
        street=words_of(street_of(row)),
        kind=lead_words(code, inside=inside)[0],
    )


def street_of(row: Mapping[str, Any]) -> str:
    """The street that checks a person's leads."""
    return str(row["work_street"] or row["home_street"] or NO_STREET)


def phone_text(row: Mapping[str, Any], phones: list[str] | None) -> str:
    """What a sheet says of a person's telephones; None: the copies they were read from are destroyed.

    One that belongs to somebody else is not given: the call would reach the wrong person.
    """
    if "phone_of_another" in row["flags"]:
        return _OTHERS
    return _DESTROYED if phones is None else "\n".join(phones) or _ABSENT


def _evidence(desk: _TaskDesk, row: Mapping[str, Any]) -> str:
    """Where the lead comes from: every row in the Party channel, outside it only that there is a record of work."""
    if not desk.order.inside:
        return _neutral_evidence(desk, row)
    lines = [
        f"{desk.sources.get(one['source'], one['source'])}（{one['file']} 第{one['row']}行）{_fields(one['fields'])}"
        for one in row["evidence"]
        if one["role"] != "organisation"
    ]
    return f"{words.CLASSES.get(row['match_class'], '')}：" + "；".join(lines)


def _neutral_evidence(desk: _TaskDesk, row: Mapping[str, Any]) -> str:
    records = [one for one in row["evidence"] if one["role"] == "worker"]
    titles = dict.fromkeys(neutral(desk.sources.get(one["source"], "")) or "报送数据" for one in records)
    said = {name for one in records for name in one["fields"] if name in _PERSONAL}
    if not records:
        return "登记信息"
    return f"{'、'.join(titles)}的从业记录{_fields([name for name in _PERSONAL if name in said])}"


def _fields(names: list[str]) -> str:
    titles = list(dict.fromkeys(re.sub("自报", "填报", words.FIELDS.get(name, name)) for name in names))
    return f"：{'、'.join(titles)}" if titles else ""
