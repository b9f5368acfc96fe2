"""Whether a record found at a place is the person's the ledger names there: held against the ledger's own tokens."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from flows.home.keys import DistrictKey
from flows.home.store import Store
from flows.ledger.keys_moved import follow, merges
from flows.originals.places import Bearer, Record, Spot
from matchers.encoding.readings import reading, simplified
from schemas.contracts import SourceContract

_WORKERS = ("worker", "self_report")
Claim = tuple[Spot, Record, Bearer]
"""A place, what was found there, and whose it should be."""


@dataclass(frozen=True)
class Proof:
    """The tokens by which the store knows persons, and what a record must show to be one's."""

    key: DistrictKey
    store: Store
    contracts: Mapping[str, SourceContract]

    def theirs(self, claims: Iterable[Claim]) -> list[bool]:
        """Per claim whether the record is the bearer's; what proves nothing either way is not."""
        claims = list(claims)
        tokens = [self.tokens(record, spot.source) for spot, record, _ in claims]
        owners = self.store.keys_of({token for mine in tokens for token in mine.values()})
        return [self._is_theirs(claim, mine, owners) for claim, mine in zip(claims, tokens, strict=True)]

    def _is_theirs(self, claim: Claim, tokens: Mapping[str, str], owners: Mapping[str, str]) -> bool:
        spot, record, bearer = claim
        if self.contracts[spot.source].role == "organisation":
            return self._is_the_organisation(claim)
        mine = {kind for kind, token in tokens.items() if self._leads_to(owners.get(token), bearer)}
        if "row" in mine:
            return True
        if record.full_id is not None and bearer.id_token is not None:
            return bearer.id_token in self.key.id_tokens(record.full_id) and may_be(record.name, bearer.name_masked)
        return may_be(record.name, bearer.name_masked) and (bool(mine) or self._same_number(record, spot))

    def _is_the_organisation(self, claim: Claim) -> bool:
        spot, record, bearer = claim
        named = record.row.get("org_name")
        return self._same_number(record, spot) or (named is not None and named == bearer.host_org_name)

    def _same_number(self, record: Record, spot: Spot) -> bool:
        """The record's own number, as it stands or as it was published: under a token where it is a person's."""
        number = record.row.get("record_id")
        if spot.record_id is None or number is None:
            return False
        return spot.record_id in (number, f"id:{self.key.token('redacted', number)[:12]}")

    def _leads_to(self, owner: str | None, bearer: Bearer) -> bool:
        return owner is not None and follow(self._moved, owner) == follow(self._moved, bearer.person_key)

    @cached_property
    def _moved(self) -> dict[str, str]:
        return merges(self.store)

    def tokens(self, record: Record, source: str) -> dict[str, str]:
        """Evidence token per kind of value; the same values that ledger/identity.sql makes tokens of."""
        row, name = record.row, record.name or ""
        values = {"id": record.full_id and f"id|{record.full_id}"}
        if row.get("member_no"):
            values["member"] = f"member|{row['member_no']}|{name}"
        if name and "*" not in name:
            for number, phone in enumerate(record.phones):
                values[f"phone {number}"] = f"phone|{name}|{phone}"
        if self.contracts[source].role in _WORKERS:
            text = "|".join((source, name, record.id_number or "", ",".join(record.phones)))
            values["row"] = f"record|row|{text}"
            if row.get("record_id"):
                values["record"] = f"record|{source}|{row['record_id']}"
        return {kind: self.key.token("evidence", value) for kind, value in values.items() if value}


def may_be(name: str | None, masked: str | None) -> bool:
    """Whether the surname is, or sounds like, that of the published name; a hidden one speaks against nobody."""
    if not name or not masked or "*" in (name[0], masked[0]):
        return True
    one, other = simplified(name)[:1], simplified(masked)[:1]
    return one == other or reading(one) == reading(other)
