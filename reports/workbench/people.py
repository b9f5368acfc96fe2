"""One row per person of one published ledger, in memory, searched for one account and its streets only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any, cast

import pyarrow as pa

from matchers.engine import connect
from matchers.relations import make
from reports.workbench.access import SignedInAccount
from reports.workbench.list_query import ListQuery
from schemas.ledger_rows import IndexedRow

PAGE = 50


@dataclass(frozen=True)
class PeopleFilter(ListQuery):
    """What is looked for; empty means everybody."""

    text: str = ""
    """A person key, a member number, a surname, or part of a unit, platform or organisation."""
    street: str = ""
    status: str = ""
    lead: str = ""


_SEEN = "($all_streets or list_has_any($streets, streets))"
_FROM = f"""
from people
where {_SEEN} and ($street = '' or list_contains(streets, $street))
    and ($status = '' or list_contains(statuses, $status)) and ($lead = '' or lead_state = $lead)
    and ($text = '' or person_key = $text or member_no = $text or name_masked[1] = $text or contains(words, $text))
"""


class PeopleIndex:
    """The ledger of one version."""

    def __init__(self, ledger: pa.Table, order: Sequence[str]) -> None:
        self._order = list(order)
        self._lock = Lock()
        self._con = connect()
        self._con.register("ledger", ledger)
        make(
            self._con,
            "people",
            "select *, list_distinct(list_filter([work_street, home_street], "
            "street -> street is not null)) as streets, concat_ws(' ', array_to_string(units, ' '), "
            "array_to_string(platforms, ' '), array_to_string(occupation_groups, ' '), home_org_name, host_org_name) "
            "as words from ledger order by person_key",
        )
        self._con.unregister("ledger")

    def close(self) -> None:
        with self._lock:
            self._con.close()

    def page(self, account: SignedInAccount, chosen: PeopleFilter, number: int) -> list[IndexedRow]:
        """The people of one page, counted from 1."""
        order = "list_position($order, primary_status) nulls last, person_key"
        query = f"select * {_FROM} order by {order} limit {PAGE} offset $at"
        return self._rows(query, {**_values(account, chosen), "at": PAGE * (max(number, 1) - 1), "order": self._order})

    def count(self, account: SignedInAccount, chosen: PeopleFilter) -> int:
        return int(self._read(f"select count(*) as n {_FROM}", _values(account, chosen))[0]["n"])

    def choices(self, account: SignedInAccount) -> dict[str, list[tuple[str, int]]]:
        """The values each filter may take, with how many people there are under each."""
        values, found = _values(account, PeopleFilter()), {}
        for name, column in (("street", "streets"), ("status", "statuses"), ("lead", "[lead_state]")):
            inner = f"select unnest(found) as value from (select {column} as found {_FROM})"
            rows = self._read(f"select value, count(*) as n from ({inner}) group by 1 order by 2 desc, 1", values)
            seen = [(str(row["value"]), int(row["n"])) for row in rows if row["value"]]
            found[name] = [
                one for one in seen if name != "street" or account.whole_district or one[0] in account.streets
            ]
        return found

    def person(self, key: str) -> IndexedRow | None:
        """One person's row with `streets`, whoever asks: the caller checks the right."""
        return next(iter(self._rows("select * from people where person_key = $key", {"key": key})), None)

    def with_leads(self) -> list[IndexedRow]:
        """Every row with an open lead, in the order of the keys, whoever asks: the caller checks the right."""
        return self._rows(
            "select * from people where not objection and len(list_filter(leads, lead -> lead.closed_on is null)) > 0 "
            "order by person_key",
            {},
        )

    def flagged(self, flag: str) -> list[IndexedRow]:
        """Every row with a hint, in the order of the keys, whoever asks: the caller checks the right."""
        return self._rows(
            "select * from people where not objection and list_contains(flags, $flag) order by person_key",
            {"flag": flag},
        )

    def by_member(self, member_no: str) -> IndexedRow | None:
        return next(iter(self._rows("select * from people where member_no = $no", {"no": member_no})), None)

    def by_token(self, token: str) -> IndexedRow | None:
        return next(iter(self._rows("select * from people where id_token = $token", {"token": token})), None)

    def streets(self) -> list[str]:
        """Every street that the ledger names."""
        rows = self._read("select distinct unnest(streets) as street from people order by 1", {})
        return [str(row["street"]) for row in rows]

    def _rows(self, query: str, values: Mapping[str, object]) -> list[IndexedRow]:
        return cast(list[IndexedRow], self._read(query, values))

    def _read(self, query: str, values: Mapping[str, object]) -> list[Mapping[str, Any]]:
        with self._lock:
            found: list[Mapping[str, Any]] = self._con.execute(query, dict(values)).to_arrow_table().to_pylist()
        return found


def _values(account: SignedInAccount, chosen: PeopleFilter) -> dict[str, object]:
    return {**asdict(chosen), "all_streets": account.whole_district, "streets": sorted(account.streets)}
