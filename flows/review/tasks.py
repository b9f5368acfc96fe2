"""Today's tasks for a street's officer, on a phone: the list, one task, its answer; name and telephone on demand.

An officer sees and asks what a sheet outside the Party channel does: whether it is the person, never why. A reviewer of
the street, who sees the ledger, answers the leads themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response

from flows.home.store import Term
from flows.ledger.checks import PERSON, LeadAnswer, record_answer
from flows.ledger.known_organisations import KnownOrganisations
from flows.ledger.publish.read import Published
from flows.review.office import Office, plain_text
from flows.review.plain import PageView, PlainPages, Reply
from flows.tasks.contacts import read_contacts
from flows.tasks.export import cells_of, phone_text, questions_of, street_of
from flows.tasks.history import earlier_answers
from flows.tasks.issued import Issued
from flows.tasks.naming import contact_of, wanted_records
from flows.tasks.numbers import lead_letters, read_number, task_number
from flows.tasks.recent_answers import RecentAnswers as Words
from flows.tasks.terms import issue
from reports.tasks.sheet import Contact
from reports.tasks.words import contact_window, lead_words, neutral
from reports.workbench.access import Action, SignedInAccount, may
from reports.workbench.desk import Refused
from reports.workbench.task_card import TaskCard, TaskView
from schemas.errors import InputError
from schemas.rules import Rule

_MOST = 80
"""Tasks on one page; the most pressing first."""
_Row = Mapping[str, Any]


def add_tasks(app: FastAPI, office: Office) -> None:
    """Add `/tasks`, where a number is looked up too, and `/task/…` with the two forms of a task."""
    pages, desk = PlainPages(office), Tasks(office)

    async def tasks(request: Request) -> Response:
        return await pages.reply(request, lambda session: desk.listed(session, request.query_params))

    async def looked_up(request: Request) -> Response:
        return await pages.posted(request, lambda session, form: desk.looked_up(session, form.get("task", "")))

    async def task(request: Request, number: str) -> Response:
        return await pages.reply(request, lambda session: desk.opened(session, number))

    async def contact(request: Request, number: str) -> Response:
        return await pages.posted(request, lambda session, _: desk.contact(session, number))

    async def answer(request: Request, number: str) -> Response:
        return await pages.posted(request, lambda session, form: desk.answer(session, number, form))

    app.add_api_route("/tasks", tasks, methods=["GET"], include_in_schema=False)
    app.add_api_route("/tasks", looked_up, methods=["POST"], include_in_schema=False)
    app.add_api_route("/task/{number}", task, methods=["GET"], include_in_schema=False)
    app.add_api_route("/task/{number}/contact", contact, methods=["POST"], include_in_schema=False)
    app.add_api_route("/task/{number}", answer, methods=["POST"], include_in_schema=False)


@dataclass
class _Task:
    """One task of the version in force, as an account may ask it."""

    account: SignedInAccount
    row: _Row
    code: str
    number: str

    @property
    def inside(self) -> bool:
        return _inside(self.account)


@dataclass
class Tasks:
    """The tasks of one office."""

    office: Office
    issued: dict[str, Issued] = field(default_factory=dict)
    """By version: what task numbers stand for."""

    def listed(self, session: str, query: Mapping[str, str]) -> PageView:
        """The account's tasks, those whose term is over first; a reviewer of the whole district may choose a street."""
        account = self.office.with_right(session, Action.SEE_TASKS)
        policy, words = self.office.policy, Words(self.office.store, self.office.policy.leads)
        result = [
            (row, code)
            for row in self.office.version_in_force().people.with_leads()
            if _is_seen(account, row)
            for code in questions_of(row, policy, words, inside=_inside(account))
        ]
        terms = self._terms(account, [(row["person_key"], code) for row, code in result])
        self.office.audit(account.name, "view_tasks", f"{len(result)} 项")
        cards = [
            self._card(self._task(account, row, code), terms.get((row["person_key"], code))) for row, code in result
        ]
        cards.sort(key=lambda entry: (entry.due is None, entry.due, entry.unit, entry.number))
        streets = {} if account.streets else dict(sorted(Counter(card.street for card in cards).items()))
        street = query.get("street", "") if query.get("street", "") in streets else ""
        cards = [card for card in cards if not street or card.street == street]
        late = sum(card.overdue for card in cards)
        values = {"cards": cards[:_MOST], "total": len(cards), "late": late, "done": query.get("done", "")}
        return PageView("tasks.html", "核查任务", {**values, "streets": streets, "street": street}, here="/tasks")

    def looked_up(self, session: str, text: str) -> Reply:
        """Where the task of a number lies, however it was typed from a sheet. Raises InputError for another text."""
        self.office.with_right(session, Action.SEE_TASKS)
        number = read_number(text)
        if number is None:
            raise InputError(
                "这不是任务编号", rule=Rule.NO_TASKS,
                action="照任务表上的“任务编号”输入，6位数字加10个字母，如 261120-BCDFGHJKMN",
            )  # fmt: skip
        return f"/task/{number}"

    def opened(self, session: str, number: str) -> PageView:
        """One task, masked, with the answers it may be given."""
        return self._screen(self._task_of(session, number), None)

    def contact(self, session: str, number: str) -> PageView:
        """The same with name and telephone in clear, for the street's own account; noted before it is read."""
        task = self._task_of(session, number)
        if street_of(task.row) not in task.account.streets:
            raise InputError(
                "姓名和电话只给本镇街的账号看", where=number, rule=Rule.NOT_OWN_STREET,
                action="全区的审核员在该人的页面写明理由看原件",
            )  # fmt: skip
        self.office.audit(task.account.name, "open_task", number, task.row["person_key"])
        return self._screen(task, self._contact(task))

    def answer(self, session: str, number: str, form: Mapping[str, str]) -> Reply:
        """Note the answer; from that moment the task is not asked again."""
        task, rules = self._task_of(session, number), self.office.policy.leads
        answer, remark = form.get("answer", ""), plain_text(form.get("note", ""), "备注") or None
        if not answer:
            raise InputError("请先选一个核查结果", rule=Rule.NO_ANSWER, action="退回上一页选一个")
        with self.office.writing:
            named = form.get("host", "").strip()
            host = self._organisations().find(named) if named and answer == rules.taken_in and task.inside else None
            lead_answer = LeadAnswer(answer, task.account.name, self.office.today(), host, remark)
            record_answer(self.office.store, rules, task.row, task.code, lead_answer)
            self.office.audit(task.account.name, "check", f"{number} {answer}", task.row["person_key"])
        return f"/tasks?done={'again' if self._is_asked_again(task) else '1'}"

    def _is_asked_again(self, task: _Task) -> bool:
        """Whether the answer just noted settles nothing, as 联系不上 does, so that the task stays."""
        words = Words(self.office.store, self.office.policy.leads)
        inside = task.inside and task.code != PERSON
        return task.code in questions_of(task.row, self.office.policy, words, inside=inside)

    def _task_of(self, session: str, number: str) -> _Task:
        """The task of a number. Raises Refused for another street's as for none; InputError where it is answered."""
        account, version = self.office.with_right(session, Action.SEE_TASKS), self.office.version_in_force()
        result = self._issued(version.published).find(number) if version.published else ""
        if isinstance(result, str):
            raise InputError(
                result or "还没有发布过一本账", where=number[:20], rule=Rule.NO_TASKS, action="回到任务列表"
            )
        row = version.people.person(result.lead[0])
        if row is None or not _is_seen(account, row):
            self.office.refuse(account, Action.SEE_TASKS, number[:20])
        words, inside = Words(self.office.store, self.office.policy.leads), _inside(account)
        code = result.lead[1] if inside else PERSON
        asked = questions_of(row, self.office.policy, words, inside=inside and code != PERSON)
        if code not in asked:
            raise InputError(
                "这项任务已有答复，不用再核", where=number, rule=Rule.NO_TASKS,
                action="回到任务列表看别的；登记错了，请告诉区里的审核员，由他在该人的页面更正",
            )  # fmt: skip
        return _Task(account, row, code, number)

    def _issued(self, version: Published) -> Issued:
        if version.version not in self.issued:
            self.issued = {version.version: Issued(self.office.home, self.office.key, version, self.office.policy)}
        return self.issued[version.version]

    def _task(self, account: SignedInAccount, row: _Row, code: str) -> _Task:
        as_of = self.office.version_in_force().as_of
        if as_of is None:
            raise Refused
        letters = lead_letters(self.office.key, row["person_key"], code)
        return _Task(account, row, code, task_number(as_of, letters))

    def _terms(self, account: SignedInAccount, leads: list[tuple[str, str]]) -> Mapping[tuple[str, str], Term]:
        """What a street's own account sees has been put to the street; others only look."""
        if not account.streets:
            return self.office.store.open_terms()
        with self.office.writing:
            today, as_of = self.office.today(), self.office.version_in_force().as_of
            return issue(self.office.store, self.office.policy, leads, max(today, as_of or today))

    def _card(self, task: _Task, term: Term | None) -> TaskCard:
        row, told = task.row, cells_of(task.row, task.code, inside=task.inside, phone=None)
        earlier = earlier_answers(self.office.store, self.office.policy.leads, (row["person_key"], task.code))
        last = next((entry for entry in reversed(earlier) if entry.answer), None)
        return TaskCard(
            number=task.number,
            name=told.name or "",
            unit=told.unit or "",
            street=told.street or "",
            group=(str if task.inside else neutral)("、".join(row["occupation_groups"])),
            kind=told.kind or "",
            question=lead_words(task.code, inside=task.inside)[1],
            window=contact_window(row["occupation_groups"]),
            due=term.due_on if term else None,
            overdue=term is not None and term.due_on < self.office.today(),
            earlier=f"{last.on} {last.answer}" if last else "",
        )

    def _screen(self, task: _Task, contact: Contact | None) -> PageView:
        rules, key = self.office.policy.leads, task.row["person_key"]
        leads = task.inside and task.code != PERSON
        view = TaskView(
            card=self._card(task, self.office.store.open_terms().get((key, task.code))),
            answers=tuple(rules.feedback if leads else rules.person_feedback),
            needs_host=rules.taken_in if leads else None,
            organisations=self._organisations().names if leads else (),
            person_key=key if task.inside else None,
            own_street=street_of(task.row) in task.account.streets,
        )
        return PageView("task.html", "核查任务", {"view": view, "contact": contact}, here="/tasks")

    def _contact(self, task: _Task) -> Contact:
        version = self.office.version_in_force().published
        if version is None:
            raise Refused
        phones = read_contacts(self.office.home, self.office.key, version, [task.row])
        text = phone_text(task.row, phones[task.row["person_key"]])
        cells = cells_of(task.row, task.code, inside=task.inside, phone=text)
        places = wanted_records(task.row)
        result = self.office.originals.many(places, version).records
        keys = ((spot, bearer.person_key) for spot, bearer in places)
        return contact_of(task.row, cells, [result[key] for key in keys if key in result])

    def _organisations(self) -> KnownOrganisations:
        return KnownOrganisations(self.office.store, self.office.key, self.office.district)


def _inside(account: SignedInAccount) -> bool:
    """Whether the account is within the Party channel."""
    return may(account, Action.CHECK)


def _is_seen(account: SignedInAccount, row: _Row) -> bool:
    """The street that checks a person's leads, or a reviewer of the whole district."""
    if account.streets:
        return street_of(row) in account.streets
    return _inside(account)
