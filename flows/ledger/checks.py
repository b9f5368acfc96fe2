"""One answer of a street check per lead: the state it leads to, and the evidence the checker had before them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from flows.home.store import Host, Lead, Store
from schemas.errors import InputError
from schemas.policy import Leads
from schemas.rules import Rule

PERSON = "PC"
"""Stands where a lead's code does in an answer about the person alone; no code of the ledger."""


@dataclass(frozen=True)
class LeadAnswer:
    """One answer: the word, who gave it and when, who took the person in, what was written to it."""

    answer: str
    by: str
    on: date
    host: Host | None = None
    remark: str | None = None
    analyst: bool = False
    """Whether it is an analyst's answer to what a street disputed."""


def basis_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The evidence of a ledger row as a check keeps it: `role|source|record_id`, sorted, each once.

    The organisation's row is left out: who takes a member in is no evidence of a lead.
    """
    pieces = {
        f"{entry['role']}|{entry['source']}|{entry['record_id'] or ''}"
        for entry in row["evidence"]
        if entry["role"] != "organisation"
    }
    return tuple(sorted(pieces))


def record_answer(store: Store, rules: Leads, row: Mapping[str, Any], code: str, lead_answer: LeadAnswer) -> Lead:
    """Move a lead of a published row by a person's answer, in the policy's words; where it stands now.

    Raises InputError for an answer the policy does not know, a lead the row does not have, a move not allowed, or
    somebody taken in by nobody.
    """
    answer = lead_answer.answer
    feedback = rules.person_feedback if code == PERSON else rules.analyst if lead_answer.analyst else rules.feedback
    state = feedback.get(answer)
    if state is None:
        raise InputError(
            f"核查结果“{answer}”不认识",
            where=str(row["person_key"]),
            rule=Rule.FEEDBACK,
            action=f"用：{'、'.join(feedback)}",
        )
    open_codes = {lead["code"] for lead in row["leads"] if lead.get("closed_on") is None}
    if code != PERSON and code not in open_codes:
        raise InputError(f"此人没有线索 {code}", where=str(row["person_key"]), rule=Rule.NO_LEAD, action="核对任务编号")
    taken_in = state == rules.taken_in_state
    if taken_in and lead_answer.host is None:
        raise InputError(
            f"“{answer}”要写明接收组织", where=code, rule=Rule.HOST_NEEDED, action="填党组织名册里的全称或代码"
        )
    host = lead_answer.host if taken_in else None
    lead = Lead(
        str(row["person_key"]),
        code,
        state,
        lead_answer.by,
        lead_answer.on,
        basis_of(row),
        host=host,
        remark=lead_answer.remark,
    )
    standing = store.lead(lead.person_key, code)
    if taken_in and not rules.allows(standing.state if standing else rules.first_state, state):
        store.add_lead_event(replace(lead, state=rules.confirmed_state, host=None), rules=rules)
    store.add_lead_event(lead, answer, rules=rules)
    if code == PERSON and answer == rules.not_the_person:
        _exclude_all(store, rules, lead, open_codes)
    return lead


def _exclude_all(store: Store, rules: Leads, word: Lead, codes: set[str]) -> None:
    """Whoever the rows are not of is under none of the leads that they made."""
    for code in sorted(codes):
        standing = store.lead(word.person_key, code)
        if rules.allows(standing.state if standing else rules.first_state, word.state):
            store.add_lead_event(replace(word, code=code), rules.not_the_person, rules=rules)
