"""One sentence per change: the word of its cause's code, and what the row itself tells beside it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from schemas.words import words

_NOT_THE_PERSON = "人工核对为不是同一人"
_REGISTERS = {"roll_change": "名册", "transfer_change": "登记", "floating_change": "登记"}
MERE_MOVES = ("moved", "weights_moved")
"""Causes after which nothing a clerk acts on is different."""


def cause_word(code: str) -> str:
    """The word of a cause; the code itself where a later edition of the ledger has one that is not known here."""
    return words("causes").get(code, code)


def ending_word(code: str) -> str:
    """Why a lead ended, how it became 已纳管, or where it stands after an answer."""
    return {**words("endings"), **words("taken_in"), **words("answers")}.get(code, code)


def cause_text(change: Mapping[str, Any]) -> str:
    """`党员名册有变动：名册中已无此人`, of one row of `changes`."""
    word, about = cause_word(change["cause"]), _particulars(change)
    return f"{word}：{about}" if about else word


def _particulars(change: Mapping[str, Any]) -> str:
    what, cause = change["change"], change["cause"]
    before, after = (json.loads(change[side]) if change[side] else {} for side in ("before", "after"))
    if cause == "merged":
        return f"并入 {after['person_key']}"
    if cause == "split":
        return f"原编号 {before['person_key']}" if "person_key" in before else ""
    if cause in ("lead_settled", "taken_in", "check"):
        return _endings(before, after)
    if cause == "aged_out":
        return f"末次出现 {before['last_seen']}"
    if cause == "judgement":
        return _NOT_THE_PERSON if _untied(what, after) else ""
    if cause in _REGISTERS and "evidence" not in change["columns"]:
        return {"added": "新增此人", "removed": f"{_REGISTERS[cause]}中已无此人"}.get(what, "")
    return ""


def _untied(what: str, after: Mapping[str, Any]) -> bool:
    """Whether a person's word took rows away from somebody: who is new stood on such rows under another name."""
    confirmed = after.get("match_class") == "confirmed"
    return what == "removed" or (what == "added" and not confirmed) or "not_seen" in after.get("flags", ())


def _endings(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    known = {(lead["code"], lead["cause"]) for lead in before.get("leads", ())}
    return "、".join(
        f"{lead['code']} {ending_word(lead['cause'])}"
        for lead in after.get("leads", ())
        if lead["cause"] and (lead["code"], lead["cause"]) not in known
    )
