"""The desk's part about people of the ledger: search, one person, originals of their evidence, checks, objections."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow.compute as pc
from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.folders import Home
from flows.ledger import show
from flows.ledger.checks import LeadAnswer, record_answer
from flows.ledger.known_organisations import KnownOrganisations
from flows.ledger.publish.read import kept_version, kept_versions
from flows.originals import Bearer, Spot
from flows.review.office import LEAST_REASON, Office, plain_text
from reports.causes import cause_text
from reports.reconcile import reconciled
from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.desk import Coverage, Listed, Original, PersonView, Refused, Row
from reports.workbench.people import PeopleFilter
from schemas.errors import HomeError, InputError, SanzhaoError
from schemas.ledger_rows import IndexedRow
from schemas.rules import Rule
from schemas.store import LeadEvent, Objection

_VERSIONS_BACK = 30
_QUIET = frozenset({"last_seen", "changed_on", "evidence", "id_token"})


class LedgerPeople:
    """People of the ledger, for whoever is logged in."""

    def __init__(self, office: Office) -> None:
        self._office = office

    def people(self, session: str, chosen: PeopleFilter, page: int) -> Listed[Row]:
        account, held = self._office.with_right(session, Action.SEE_PEOPLE), self._office.version_in_force()
        rows, total = held.people.page(account, chosen, page), held.people.count(account, chosen)
        words = "、".join(f"{name}={text}" for name, text in chosen.query().items() if name != "text")
        self._office.audit(account.name, "view_people", f"第{page}页 {words}".strip())
        return Listed(held.version, held.as_of, rows, total, held.people.choices(account))

    def person(self, session: str, key: str) -> PersonView:
        """One person in full. Raises Refused for another street's as for one that is not there."""
        account, row = self._whom(session, key, Action.SEE_PEOPLE)
        held, policy = self._office.version_in_force(), self._office.policy
        self._office.audit(account.name, "view_person", None, row["person_key"])
        return PersonView(
            version=held.version,
            as_of=held.as_of,
            row=row,
            basis={code: f"{policy.statuses.codes[code].name}：{policy.basis(code)}" for code in row["statuses"]},
            changes=_changes(self._office.home, row["person_key"]),
            checks=self._checks(row["person_key"]),
            objections=self._objections({row["person_key"]}),
            pairs=held.pairs.of_member(account, row["member_no"]) if row["member_no"] else [],
            answers=tuple(policy.leads.feedback),
        )

    def find_by_id(self, session: str, number: str) -> str | None:
        """The person with a full ID, found by its token; the number itself is kept nowhere."""
        account, held = self._office.with_right(session, Action.SEE_PEOPLE), self._office.version_in_force()
        full = "".join(number.split()).upper()
        self._office.audit(account.name, "find_by_id")
        if len(full) != 18:
            raise InputError("请输入18位身份证号", rule=Rule.ID_LENGTH)
        found = (held.people.by_token(token) for token in self._office.key.id_tokens(full))
        row = next((one for one in found if one), None)
        return str(row["person_key"]) if row and allowed(account, Action.SEE_PEOPLE, row["streets"]) else None

    def unmask_evidence(self, session: str, key: str, number: int, reason: str) -> Original:
        """One row of a person's evidence in clear, with a reason; noted before it is read."""
        account, row = self._whom(session, key, Action.UNMASK)
        why = plain_text(reason, "理由", least=LEAST_REASON)
        if not 0 <= number < len(row["evidence"]):
            raise Refused
        piece = row["evidence"][number]
        self._office.audit(account.name, "unmask", f"依据{number + 1}：{why}", row["person_key"])
        version = self._office.version_in_force().published
        if version is None:
            raise Refused
        record = self._office.read_original(
            account.name,
            row["person_key"],
            lambda: self._office.originals.of_evidence(Spot.of(piece), Bearer.of(row), version),
        )
        fields = {"name": record.name or "", "id_number": record.id_number or "", "phone": "、".join(record.phones)}
        return Original(record.where, record.titles, fields)

    def check(self, session: str, key: str, code: str, answer: str, host: str = "") -> None:
        """Note a street's answer to a lead, and who took the person in; the next run takes it over."""
        account, row = self._whom(session, key, Action.CHECK)
        with self._office.writing:
            chosen = self._organisations().find(host.strip()) if host.strip() else None
            said = LeadAnswer(answer, account.name, self._office.today(), chosen)
            record_answer(self._office.store, self._office.policy.leads, row, code, said)
            told = f"{code} {answer}" + (f"：{chosen.name}" if chosen else "")
            self._office.audit(account.name, "check", told, row["person_key"])

    def organisation_names(self, session: str) -> Sequence[str]:
        """What may be named as the organisation that took somebody in."""
        self._office.with_right(session, Action.CHECK)
        return self._organisations().names

    def _organisations(self) -> KnownOrganisations:
        return KnownOrganisations(self._office.store, self._office.key, self._office.district)

    def coverage(self, session: str) -> Coverage:
        self._office.with_right(session, Action.SEE_COVERAGE)
        held = self._office.version_in_force()
        counts = held.index.get("counts", {}).get("statuses", {})
        rows = held.table("coverage")
        sums = reconciled(held.table("ledger"), rows).to_pylist()
        return Coverage(held.version, held.as_of, rows.to_pylist(), counts, self.status_names(session), sums)

    def status_names(self, session: str) -> Mapping[str, str]:
        """Name per status code."""
        self._office.account(session, act=False)
        statuses = self._office.policy.statuses
        return {code: statuses.codes[code].name for code in statuses.order}

    def objections(self, session: str) -> Sequence[Row]:
        """Objections of people the account may see, open ones first."""
        account = self._office.with_right(session, Action.OBJECT)
        held, found = self._office.version_in_force(), []
        for one in self._objections(None):
            row = held.people.person(one["person_key"])
            if allowed(account, Action.OBJECT, row["streets"] if row else ()):
                found.append({**one, "name_masked": row["name_masked"] if row else "—", "here": row is not None})
        return sorted(found, key=lambda one: (one["answered_on"] is not None, -one["raised_on"].toordinal()))

    def raise_objection(self, session: str, key: str, reason: str) -> None:
        """Note an objection: the person's statuses are withheld from the next version on, until it is answered."""
        account, row = self._whom(session, key, Action.OBJECT)
        text = plain_text(reason, "异议内容", least=LEAST_REASON)
        person = row["person_key"]
        with self._office.writing:
            if person in self._office.store.open_objections():
                raise InputError("此人已有未答复的异议", rule=Rule.OBJECTION_OPEN, action="先答复")
            self._office.store.raise_objection(person, self._office.today(), account.name, text)
            self._office.audit(account.name, "object", None, person)

    def answer_objection(self, session: str, key: str, answer: str) -> None:
        account = self._office.with_right(session, Action.OBJECT)
        row = self._office.version_in_force().people.person(key)
        if not allowed(account, Action.OBJECT, row["streets"] if row else ()):
            self._office.refuse(account, Action.OBJECT, key[:40])
        text = plain_text(answer, "答复", least=LEAST_REASON)
        with self._office.writing:
            if key not in self._office.store.open_objections():
                raise InputError("此人没有未答复的异议", rule=Rule.NO_OBJECTION)
            self._office.store.answer_objections(key, self._office.today(), text)
            self._office.audit(account.name, "answer", None, key)

    def _whom(self, session: str, key: str, action: Action) -> tuple[SignedInAccount, IndexedRow]:
        account, held = self._office.with_right(session, action), self._office.version_in_force()
        row = held.people.person(key) or self._moved(key)
        if row is None:
            raise Refused
        if not allowed(account, action, row["streets"]):
            self._office.refuse(account, action, key[:40])
        return account, row

    def _moved(self, key: str) -> IndexedRow | None:
        """The person an old key leads to."""
        try:
            now = show(self._office.home, key)["row"]["person_key"]
        except HomeError:
            return None
        return self._office.version_in_force().people.person(now)

    def _checks(self, key: str) -> list[dict[str, Any]]:
        with Session(self._office.store.engine) as session:
            query = select(LeadEvent).where(LeadEvent.person_key == key).order_by(LeadEvent.id.desc())
            names = ("code", "state", "checked_by", "checked_on", "note")
            return [{name: getattr(row, name) for name in names} for row in session.scalars(query)]

    def _objections(self, keys: set[str] | None) -> list[dict[str, Any]]:
        query = select(Objection).order_by(Objection.id.desc())
        if keys is not None:
            query = query.where(Objection.person_key.in_(keys))
        names = ("person_key", "raised_on", "raised_by", "reason", "answered_on", "answer")
        with Session(self._office.store.engine) as session:
            return [{name: getattr(row, name) for name in names} for row in session.scalars(query)]


def _changes(home: Home, key: str) -> list[dict[str, Any]]:
    """What the kept versions say changed about a person, newest first."""
    found: list[dict[str, Any]] = []
    for version in reversed(kept_versions(home)[-_VERSIONS_BACK:]):
        try:
            kept = kept_version(home, version)
            changes = kept.table("changes")
        except (SanzhaoError, OSError):
            continue
        for row in changes.filter(pc.equal(changes["person_key"], key)).to_pylist():
            found.append({**row, "why": cause_text(row), "parts": _parts(row)})
    return found


def _parts(row: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """(column, before, after) of a change, in words; evidence and dates of routine are left out."""
    if row["change"] != "changed":
        return []
    before, after = json.loads(row["before"] or "{}"), json.loads(row["after"] or "{}")
    return [
        (name, _value_text(before.get(name)), _value_text(after.get(name)))
        for name in row["columns"]
        if name not in _QUIET
    ]


def _value_text(value: Any) -> str:
    if isinstance(value, list):
        return "、".join(one["code"] + one["state"] if isinstance(one, dict) else str(one) for one in value) or "无"
    if isinstance(value, bool):
        return "是" if value else "否"
    return "无" if value is None else str(value)
