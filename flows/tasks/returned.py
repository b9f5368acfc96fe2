"""Answers of returned sheets taken into the state store: accepted, refused with a reason, or in conflict.

Reading the same sheet twice changes nothing: an answer is known by its lead, its checker and its day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from flows.home.folders import Home
from flows.home.keys import load_key
from flows.home.settings import load_settings
from flows.home.store import Host, Lead, Store, opened_store
from flows.ledger.checks import PERSON, LeadAnswer, basis_of, record_answer
from flows.ledger.known_organisations import KnownOrganisations
from flows.ledger.publish.read import current_version
from flows.ledger.redact import Redactor, is_personal_number
from flows.tasks.bound import unbound
from flows.tasks.days import day_between
from flows.tasks.history import Earlier, earlier_answers
from flows.tasks.issued import Issued, IssuedLead
from flows.tasks.reading import Line, read_lines
from reports.tasks.receipt import ACCEPTED, CONFLICT, KNOWN, REFUSED, UNANSWERED, ReceiptRow
from schemas.errors import HomeError, InputError
from schemas.policy import Leads, load_policy
from schemas.rules import Rule

_LONGEST_NAME, _LONGEST_REMARK = 40, 200


@dataclass(frozen=True)
class SheetReceiver:
    """Who takes the sheets in, on what day, and which conflicts they have settled in favour of the sheet, and why."""

    who: str
    today: date
    settled: frozenset[str] = frozenset()
    why: str = ""
    passwords: tuple[str, ...] = ()
    """What locked sheets open with."""


@dataclass(frozen=True)
class Receipt:
    """One outcome per row with a task number, and the files that could not be read."""

    outcomes: tuple[ReceiptRow, ...]
    problems: tuple[str, ...]

    def count(self, what: str) -> int:
        """How many rows came to this end."""
        return sum(outcome.what == what for outcome in self.outcomes)

    @property
    def attention(self) -> bool:
        """Whether a person must look at a row."""
        return any(outcome.what in (REFUSED, CONFLICT) for outcome in self.outcomes)


@dataclass(frozen=True)
class _Answer:
    """A row that may be recorded, and the lead it answers."""

    line: Line
    lead: IssuedLead
    day: date
    host: Host | None = None


def import_tasks(home: Home, files: Sequence[Path], receiver: SheetReceiver) -> Receipt:
    """Read the sheets and record what they say. Raises HomeError without a ledger."""
    key, settings = load_key(home), load_settings(home)
    current = current_version(home, key)
    if current is None:
        raise HomeError("还没有发布过一本账", where="ledger", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    policy = load_policy(settings.policy)
    lines: list[Line] = []
    problems: list[str] = []
    for path in files:
        try:
            lines += read_lines(path, tuple(policy.leads.answers), policy.reading, receiver.passwords)
        except InputError as error:
            problems.append(str(error))
    issued = Issued(home, key, current, policy)
    with opened_store(home, settings.store_url) as store:
        organisations = KnownOrganisations(store, key, settings.district)
        outcomes = _SheetImport(store, policy.leads, issued, receiver, organisations).take(lines)
        receipt = Receipt(tuple(outcomes), tuple(problems))
        counts = f"{ACCEPTED}={receipt.count(ACCEPTED)} {REFUSED}={receipt.count(REFUSED)}"
        why = f"files={len(files)} {counts} {CONFLICT}={receipt.count(CONFLICT)} {receiver.why}".strip()
        store.audit(key, datetime.now(UTC), receiver.who, "import_tasks", why=why)
    return receipt


class _SheetImport:
    """One import: the rules, the store, what was issued."""

    def __init__(
        self, store: Store, rules: Leads, issued: Issued, receiver: SheetReceiver, organisations: KnownOrganisations
    ) -> None:
        self._store = store
        self._organisations = organisations
        self._clean = Redactor(issued.key, frozenset()).numbers
        self._rules = rules
        self._issued = issued
        self._receiver = receiver

    def take(self, lines: Iterable[Line]) -> list[ReceiptRow]:
        """Every line's outcome, in the order in which the lines came."""
        outcomes: dict[Line, ReceiptRow] = {}
        answers: list[_Answer] = []
        for line in lines:
            judged = self._judged(line)
            if isinstance(judged, ReceiptRow):
                outcomes[line] = judged
            else:
                answers.append(judged)
        torn = self._torn(answers)
        for answer in sorted(answers, key=lambda entry: (entry.day, entry.line.file, entry.line.row)):
            outcomes[answer.line] = self._recorded(answer, torn)
        return [outcomes[line] for line in dict.fromkeys(lines)]

    def _judged(self, line: Line) -> ReceiptRow | _Answer:
        """A row's outcome where it is clear from the row alone, else the answer it gives."""
        if not line.result and not (line.checker or line.day_text):
            return _out(line, UNANSWERED, "没有填核查结果")
        result, last = self._issued.find(line.number), self._receiver.today
        if reason := unbound(line, result, self._issued) or self._wrong(line, result):
            return _out(line, REFUSED, reason)
        if isinstance(result, str):
            return _out(line, REFUSED, result)
        day = line.day or day_between(line.day_text, result.as_of, last)
        if day is None:
            return _out(line, REFUSED, "核查日期读不懂，写成 2026-11-20 这样")
        if not result.as_of <= day <= last:
            return _out(line, REFUSED, f"核查日期应在 {result.as_of} 与 {last} 之间")
        try:
            return _Answer(line, result, day, self._host(line))
        except InputError as error:
            return _out(line, REFUSED, f"{error.message}；{error.action}")

    def _host(self, line: Line) -> Host | None:
        """Who took the person in. Raises InputError for nobody, and for an organisation that is not in the register."""
        if line.result != self._rules.taken_in:
            return None
        if not line.host:
            raise InputError("没有填接收组织", rule=Rule.HOST_NEEDED, action="填党组织名册里的全称或代码")
        return self._organisations.find(line.host)

    def _wrong(self, line: Line, lead: IssuedLead | str) -> str | None:
        if line.missing:
            return f"表里没有“{'”“'.join(line.missing)}”一栏"
        if not line.result:
            return "填了核查人或日期，没有填核查结果"
        known = self._allowed_answers(lead)
        if line.result not in known:
            other = "不是这份表问的" if line.result in self._rules.answers else "不认识"
            return f"核查结果{other}，请用：{'、'.join(known)}"
        if not line.checker:
            return "没有填核查人"
        if len(line.checker) > _LONGEST_NAME or is_personal_number(line.checker):
            return "核查人一栏只填姓名，不要填号码"
        return None if line.day or line.day_text else "没有填核查日期"

    def _allowed_answers(self, lead: IssuedLead | str) -> tuple[str, ...]:
        """The answers of the sheet that asked: one outside the Party channel asks of the person only."""
        if isinstance(lead, str):
            return tuple(self._rules.answers)
        return tuple(self._rules.person_feedback if lead.lead[1] == PERSON else self._rules.feedback)

    def _torn(self, answers: Sequence[_Answer]) -> set[tuple[str, str]]:
        """Leads of which these sheets themselves say two things that cannot both hold."""
        said: dict[tuple[str, str], dict[tuple[str, Host | None], set[date]]] = {}
        for answer in answers:
            said.setdefault(answer.lead.lead, {}).setdefault((answer.line.result, answer.host), set()).add(answer.day)
        torn = set()
        for lead, results in said.items():
            # That a lead is true and that its person was taken in say the same of it.
            final = {self._settles(result) or result for result, _ in results if _is_final(self._rules, result)}
            days = [day for result in results.values() for day in result]
            if len(final) > 1 or (len(results) > 1 and len(set(days)) < len(days)):
                torn.add(lead)
        return torn

    def _settles(self, result: str) -> bool:
        return self._rules.answers.get(result) in self._rules.settled_states

    def _recorded(self, answer: _Answer, torn: set[tuple[str, str]]) -> ReceiptRow:
        line, asked = answer.line, answer.lead
        if asked.lead in torn:
            return _out(line, CONFLICT, "同一任务在交回的表里有两种结果，都没有采用")
        before = earlier_answers(self._store, self._rules, asked.lead)
        mine = (line.result, line.checker, answer.day, answer.host.name if answer.host else None)
        if any((entry.answer, entry.by, entry.on, entry.host) == mine for entry in before):
            return _out(line, KNOWN, "已经收过")
        settled = line.number in self._receiver.settled
        known = None if not before else self._against(before[-1], answer)
        if known is not None and not (settled and known.what == CONFLICT):
            return known
        try:
            self._reopen(answer, before, settled=settled)
            remark = self._clean(line.note[:_LONGEST_REMARK]) or None
            lead_answer = LeadAnswer(line.result, line.checker, answer.day, answer.host, remark)
            lead = record_answer(self._store, self._rules, asked.row, asked.lead[1], lead_answer)
        except InputError as error:
            return _out(line, REFUSED, error.plain)
        if lead.code == PERSON and lead.state in self._rules.settled_states:
            return _out(line, ACCEPTED, "已核实本人，线索不因此改变")
        host = f"，接收组织：{lead.host.name}" if lead.host else ""
        return _out(line, ACCEPTED, f"线索改为“{lead.state}”{host}" + ("，冲突由人裁定" if settled else ""))

    def _against(self, last: Earlier, answer: _Answer) -> ReceiptRow | None:
        """What the newest word on the lead says to this answer; None where the answer goes on from it."""
        line, rules = answer.line, self._rules
        text = f"{last.on} {last.by}：“{last.answer or last.state}”"
        if not self._closes(last):
            if last.answer is None or answer.day >= last.on:
                return None
            return _out(line, CONFLICT if _is_final(rules, line.result) else KNOWN, f"已有较晚的结果，{text}")
        target = rules.answers[line.result]
        if target == rules.taken_in_state and last.state in rules.settled_states and answer.day >= last.on:
            return None  # a confirmed person was taken in since, or by another organisation than the one named before
        if last.answer == line.result or {last.state, target} <= set(rules.settled_states):
            return _out(line, KNOWN, f"已有相同结果，{text}")
        if last.state == rules.excluded_state and answer.lead.is_open and last.on <= answer.lead.as_of:
            return None
        return _out(line, CONFLICT, f"与已有结果不同，{text}")

    def _closes(self, last: Earlier) -> bool:
        """Whether the newest word settled the lead, so that another answer contradicts it."""
        rules = self._rules
        closed = (*rules.settled_states, rules.excluded_state, rules.objection_state)
        return last.state in closed or (last.answer is not None and _is_final(rules, last.answer))

    def _reopen(self, answer: _Answer, before: Sequence[Earlier], *, settled: bool) -> None:
        """A lead asked about again, or a conflict settled by a person, leaves its old state before the new answer."""
        code, rules = answer.lead.lead[1], self._rules
        state = before[-1].state if before else rules.first_state
        target = rules.answers[answer.line.result]
        if rules.reaches(state, target):
            return
        ways = [transition for transition in rules.transitions[state] if transition != rules.objection_state]
        step = next((way for way in ways if rules.reaches(way, target)), None)
        if step is not None:
            why = self._receiver.why if settled else "有新依据，重新核查"
            lead = Lead(answer.lead.lead[0], code, step, self._receiver.who, answer.day, basis_of(answer.lead.row))
            self._store.add_lead_event(lead, why, rules=rules)


def _is_final(rules: Leads, result: str) -> bool:
    """Whether a result says what is the case, so that another one contradicts it."""
    return rules.answers.get(result) in (*rules.settled_states, rules.excluded_state) or result == rules.to_analyst


def _out(line: Line, what: str, reason: str) -> ReceiptRow:
    return ReceiptRow(line.file, line.sheet or "", line.row, line.number, line.result, what, reason, line.note)
