"""One row per pair found, taken into the state store by the own person's keyed tokens; the next night names them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.own_list import Own, load_own, own_list_path
from flows.exchange.result import FoundPair, Result, read_result
from flows.exchange.rules import rules
from flows.home.folders import Home
from schemas.errors import InputError
from schemas.rules import Rule
from schemas.store_exchange import Exchange

_BY_STRENGTH = "ihep"

if TYPE_CHECKING:
    from flows.review.office import Office


@dataclass(frozen=True)
class ImportOrder:
    """Who takes the result in, and why."""

    user: str
    password: str
    reason: str
    result: Path


@dataclass(frozen=True)
class Imported:
    """How many were found: own members who work there, and own workers who are members there."""

    other: str
    members: int
    workers: int
    two_candidates: int
    checked_away: int


def import_result(home: Home, agreement: ExchangeAgreement, order: ImportOrder) -> Imported:
    """Take a result in, once. Raises InputError where the user may not, or the result is not of the file sent."""
    from flows.privacy.identified_export import permitted
    from flows.review.office import Office

    office = Office.open(home)
    try:
        return imported(office, agreement, permitted(office, order.user, order.password, order.reason), order.result)
    finally:
        office.close()


def imported(office: Office, agreement: ExchangeAgreement, sender: tuple[str, str], path: Path) -> Imported:
    """Take a result in, for one (who, why) whose right to it was asked. Raises InputError as `import_result` does."""
    user, why = sender
    agreement.other(office.district)
    agreement.check_open(office.today())
    result = read_result(path, agreement)
    begun = _begun(office.store.exchange(agreement.number), result, office.district, path.name)
    list_path = own_list_path(office.home, begun.landing, agreement.number)
    own = load_own(list_path, office.key, _blocks(result))
    finds = [_find(result, pair, own, office.today()) for pair in result.pairs]
    office.audit(user, "exchange_import", f"{agreement.number} {result.other} pairs={len(finds)}：{why}")
    office.store.end_exchange(agreement.number, office.today(), finds)
    list_path.unlink()
    members = sum(pair.member_here for pair in result.pairs)
    return Imported(result.other, members, len(finds) - members, result.two_candidates, result.checked_away)


def _begun(row: Exchange | None, result: Result, district: str, where: str) -> Exchange:
    """The exchange the result belongs to."""
    if row is None or result.district != district or row.digest != result.own_digest:
        raise InputError(
            "结果不是用本区导出的文件比对出来的", where=where, rule=Rule.EXCHANGE_OTHER,
            action="核对是不是对方的那一份结果；本区的结果文件名里写着本区",
        )  # fmt: skip
    if row.imported_on is not None:
        raise InputError(
            f"交换 {row.number} 的结果已于 {row.imported_on} 导入", where=where, rule=Rule.EXCHANGE_TWICE,
            action="不用再导；见流入流出与协查名单",
        )  # fmt: skip
    return row


def _section(pair: FoundPair) -> tuple[str, int]:
    """The section and block of the own person of a pair."""
    name = "members" if pair.member_here else "workers"
    per_person = rules().tokens_per_member if pair.member_here else rules().tokens_per_worker
    return name, pair.entries[0] // per_person


def _blocks(result: Result) -> dict[str, set[int]]:
    blocks: dict[str, set[int]] = {"members": set(), "workers": set()}
    for pair in result.pairs:
        name, block = _section(pair)
        blocks[name].add(block)
    return blocks


def _find(result: Result, pair: FoundPair, own: dict[tuple[str, int], Own], on: object) -> dict[str, object]:
    """Raises InputError where a pair names chaff or entries of two persons: it is not of the file sent."""
    person = own.get(_section(pair))
    if person is None or not set(pair.entries) <= set(person.rules):
        raise InputError(
            "结果里有本区没有导出过的人", where=f"第 {pair.number} 号", rule=Rule.EXCHANGE_RESULT,
            action="结果不可信，整份不导入；请重新比对",
        )  # fmt: skip
    return {
        "exchange": result.exchange, "pair": pair.number, "other": result.other, "contact": result.contact,
        "standing": "member_here" if pair.member_here else "works_here",
        "rule": min((person.rules[entry] for entry in pair.entries), key=_BY_STRENGTH.index),
        "tokens": person.tokens, "found_on": on,
    }  # fmt: skip
