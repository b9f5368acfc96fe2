"""The organisations a person may name: those of the register as it last came whole, found in whatever form."""

from __future__ import annotations

from rapidfuzz import fuzz, process

from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.home.store import Host, Store
from flows.ledger.registers import SOURCE
from flows.organisations.register import OrganisationRegister, RegisterRow
from schemas.errors import InputError
from schemas.rules import Rule

_NEAREST = 3


class KnownOrganisations:
    """One register, read once."""

    def __init__(self, store: Store, key: DistrictKey, district: str = "") -> None:
        result = store.last_register(SOURCE)
        rows = table_in(key.unseal(result[1])).to_pylist() if result else []
        rows.sort(key=lambda row: row["row_key"])
        self._hosts = {at: Host(row["org_code"], row["org_name"]) for at, row in enumerate(rows) if row["org_name"]}
        self._register = OrganisationRegister(
            (
                RegisterRow(at, host.code, host.name, rows[at]["parent_org"], rows[at]["street"])
                for at, host in self._hosts.items()
            ),
            district,
        )

    @property
    def names(self) -> list[str]:
        """Every organisation's name, sorted."""
        return sorted({host.name for host in self._hosts.values()})

    def find(self, text: str) -> Host:
        """The organisation of a name or code. Raises InputError with the nearest names where the register has none."""
        at = self._register.find(text)
        if at is not None:
            return self._hosts[at]
        nearest = [name for name, _, _ in process.extract(text, self.names, scorer=fuzz.ratio, limit=_NEAREST)]
        near = f"，相近的有：{'、'.join(nearest)}" if nearest else "，还没有收到过完整的党组织名册"
        raise InputError(
            f"党组织名册里没有“{text[:40]}”{near}", rule=Rule.UNKNOWN_ORGANISATION, action="填名册里的全称或代码"
        )
