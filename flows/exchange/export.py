"""One file of tokens per exchange, from the newest published night: by a user with that right, for a reason, noted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from flows.exchange.agreement import ExchangeAgreement
from flows.exchange.entries import Entries, member_entries, worker_entries
from flows.exchange.own_list import own_list_path, save_own
from flows.exchange.rules import rules
from flows.exchange.sealing import Sealed, sealed_section
from flows.exchange.sides import DistrictSides, read_sides, without_withheld
from flows.exchange.strength import worth_a_link
from flows.exchange.token_file import TokenFileHeader, sealed_file
from flows.home.folders import Home, write_private
from flows.home.keys import DistrictKey
from flows.home.settings import Settings, load_settings, model_of
from flows.ledger.keys_moved import follow, merges
from flows.ledger.publish.read import Published, current_version
from matchers.engine import Options, embedded
from matchers.model.link_model import LinkModel
from schemas.errors import HomeError, InputError
from schemas.rules import Rule
from schemas.store_exchange import Exchange

Made = dict[str, tuple[Entries, Sealed]]
"""By section."""
_FEW_NAMES, _LONGEST_CONTACT = 4, 120

if TYPE_CHECKING:
    from flows.review.office import Office


@dataclass(frozen=True)
class ExportOrder:
    """Who sends tokens out, why, whom the other side may ring, and where the file goes."""

    user: str
    password: str
    reason: str
    contact: str
    out: Path


@dataclass(frozen=True)
class ExchangeSender:
    """By whom, why, and whom the other side may ring: asked of a person, or of the configuration."""

    user: str
    why: str
    contact: str


@dataclass(frozen=True)
class ExportedTokens:
    """What was written: how many persons have tokens, and what was left out, by cause."""

    path: Path
    size: int
    persons: dict[str, int]
    left_out: dict[str, int]
    missing: tuple[str, ...]


def export_tokens(home: Home, agreement: ExchangeAgreement, order: ExportOrder) -> ExportedTokens:
    """Write the file of tokens. Raises InputError where the user may not, the agreement is over, or it was done before.

    A second file of one exchange would show by what the two share which of their tokens are chaff.
    """
    from flows.privacy.identified_export import permitted
    from flows.review.office import Office, plain_text

    office = Office.open(home)
    try:
        user, why = permitted(office, order.user, order.password, order.reason)
        contact = plain_text(order.contact, "联系人", least=2)[:_LONGEST_CONTACT]
        return exported(office, agreement, ExchangeSender(user, why, contact), order.out)
    finally:
        office.close()


def exported(office: Office, agreement: ExchangeAgreement, sender: ExchangeSender, out: Path) -> ExportedTokens:
    """Write the file of tokens, for a sender whose right to it was asked. Raises InputError as `export_tokens` does."""
    home, settings = office.home, load_settings(office.home)
    current = _may_begin(home, office, agreement, out)
    other = agreement.other(settings.district)
    note = f"{agreement.number} {other} {current.version} {out.name}：{sender.why}"
    office.audit(sender.user, "exchange_export", note)
    sides = read_sides(home, current)
    evidence = _evidence_of(office.key, sides)
    sides = without_withheld(sides, evidence, _withheld(office, current))
    made = _sections(sides, agreement, settings)
    path = own_list_path(home, _landing(sides), agreement.number)
    save_own(path, office.key, {name: (*parts, evidence[name]) for name, parts in made.items()})
    header = _header(agreement, settings.district, sender.contact, office.today(), made)
    data, digest = sealed_file(header, {name: entry.section for name, (_, entry) in made.items()}, agreement)
    office.store.begin_exchange(Exchange(
        number=agreement.number, other=other, digest=digest, landing=_landing(sides), exported_on=office.today(),
        expires_on=agreement.expires_on, imported_on=None,
    ))  # fmt: skip
    write_private(out, data)  # noted before: no second file of one exchange, come what may
    left_out = {**made["members"][0].left_out, **made["workers"][0].left_out}
    persons = {name: entry.persons.num_rows for name, (_, entry) in made.items()}
    return ExportedTokens(out, out.stat().st_size, persons, left_out, sides.missing)


def _may_begin(home: Home, office: Office, agreement: ExchangeAgreement, out: Path) -> Published:
    """The version to export. Raises InputError where this exchange may not begin."""
    agreement.other(office.district)
    agreement.check_open(office.today())
    current = current_version(home, office.key)
    if current is None:
        raise HomeError("还没有发布过一本账", rule=Rule.NO_LEDGER, action="先运行 sanzhao run")
    if office.store.exchange(agreement.number):
        raise InputError(
            f"交换 {agreement.number} 已导出过，同一份约定只导出一次", rule=Rule.EXCHANGE_TWICE,
            action="文件丢失的，与对方另立一份约定",
        )  # fmt: skip
    if out.exists():
        raise InputError("已有这个文件，不覆盖", where=out.name, rule=Rule.FILE_TAKEN, action="换一个文件名")
    return current


def _header(agreement: ExchangeAgreement, district: str, contact: str, today: date, made: Made) -> TokenFileHeader:
    return TokenFileHeader(
        version=rules().version, exchange=agreement.number, district=district, other=agreement.other(district),
        contact=contact, made_on=today, expires_on=agreement.expires_on, masks=rules().masks,
        members=len(made["members"][1].section.tokens), workers=len(made["workers"][1].section.tokens),
    )  # fmt: skip


def _landing(sides: DistrictSides) -> str:
    return f"{sides.landing.parent.name}/{sides.landing.name}"


def _withheld(office: Office, current: Published) -> set[str]:
    """Evidence tokens of people who objected or were erased: nothing of theirs leaves the house."""
    ledger = current.table("ledger").select(["person_key", "objection"])
    objecting = ledger.filter(ledger["objection"])["person_key"].to_pylist()
    keys, moved = {*objecting, *office.store.erased()}, merges(office.store)
    return office.store.evidence_of({*keys, *(old for old in moved if follow(moved, old) in keys)})


def _evidence_of(key: DistrictKey, sides: DistrictSides) -> dict[str, dict[int, str]]:
    return {
        "members": _evidence(key, sides.members, workers=False), "workers": _evidence(key, sides.workers, workers=True)
    }  # fmt: skip


def _sections(sides: DistrictSides, agreement: ExchangeAgreement, settings: Settings) -> Made:
    """Both sections, sealed."""
    model, options = model_of(settings), Options(settings.threads, settings.memory_limit)
    strong = worth_a_link(sides.members, model, options)
    with embedded(options) as con:
        members = member_entries(con, sides.members, strong)
    with embedded(options) as con:
        workers = worker_entries(con, sides.workers, _most_names(model))
    return {
        "members": (members, sealed_section("members", members, rules().tokens_per_member, agreement)),
        "workers": (workers, sealed_section("workers", workers, rules().tokens_per_worker, agreement)),
    }


def _most_names(model: LinkModel) -> int:
    owners = model.decision_rules.owners if model.decision_rules else None
    return owners.shared_from_names if owners else _FEW_NAMES


def _evidence(key: DistrictKey, side: pa.Table, *, workers: bool) -> dict[int, str]:
    """Evidence token per row: of a member's ID, of a worker's row by all it says; as ledger/identity.sql makes them."""
    columns = ("row_id", "source", "name", "id_number", "phones")
    result = {}
    for row, source, name, number, phones in zip(*(side[column].to_pylist() for column in columns), strict=True):
        value = f"record|row|{source}|{name or ''}|{number or ''}|{','.join(phones)}" if workers else f"id|{number}"
        result[row] = key.token("evidence", value)
    return result
