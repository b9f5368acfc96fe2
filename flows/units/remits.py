"""What people are asked of organisations whose remit nothing tells, and what they say; it holds from the next night."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.home.store import Store
from flows.units.asking import Speaker
from schemas.errors import InputError
from schemas.rules import Rule
from schemas.words import words

REMIT_DOUBTS = "remit_doubts"
REMITS = words("remits")


class RemitDoubt(TypedDict):
    """One organisation whose remit nobody has told: the columns of `remit_doubts`."""

    doubt_id: str
    token: str
    org_code: str | None
    org_name: str
    org_kind: str | None
    street: str | None
    since: str


def remits_waiting(key: DistrictKey, store: Store) -> list[RemitDoubt]:
    """One row per organisation of the last night whose remit nobody has told yet."""
    found, spoken = store.last_register(REMIT_DOUBTS), store.remit_judgements()
    rows: list[RemitDoubt] = table_in(key.unseal(found[1])).to_pylist() if found else []
    return sorted((row for row in rows if row["token"] not in spoken), key=lambda row: (row["since"], row["org_name"]))


@dataclass(frozen=True)
class RemitAnswer:
    """Whom an organisation takes in: a code of `remits`, and with `trade` the trade."""

    remit: str
    group: str | None = None


def answer_remit(key: DistrictKey, store: Store, doubt_id: str, answer: RemitAnswer, by: Speaker) -> None:
    """Remember whom an organisation takes in. Raises InputError for one that does not wait, or a word not known."""
    one = next((row for row in remits_waiting(key, store) if row["doubt_id"] == doubt_id), None)
    if one is None:
        raise InputError("没有这条待问的党组织，或已有人答过", rule=Rule.NO_REMIT_DOUBT, action="刷新后再看")
    remit, group = answer.remit, answer.group
    needs_street = remit in ("street", "community") and not one["street"]
    if remit not in REMITS or (remit == "trade") != bool(group) or needs_street:
        raise InputError(
            "这个回答不能用" if not needs_street else "名册没有写它所属的镇街，不能答接收本镇街的",
            rule=Rule.REMIT, action=f"用：{'、'.join(REMITS)}；trade 要写明行业群体，street、community 要名册写明镇街",
        )  # fmt: skip
    store.judge_remit(one["token"], remit, group, by.by, by.on)
    store.audit(key, by.at, by.by, "judge_remit", why=f"{REMITS[remit]} {group or ''} {one['token'][:12]}")
