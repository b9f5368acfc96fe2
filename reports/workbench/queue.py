"""One row per waiting pair of one published version, in memory, in the order of what a judgement is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib import resources
from threading import Lock
from typing import Any, Literal

import duckdb
import pyarrow as pa

from reports.workbench.access import Account

State = Literal["waiting", "unsure", "disputed", "settled"]
STATES = {"waiting": "待核对", "unsure": "我不确定的", "disputed": "意见不一", "settled": "已判断，待下次运行"}
PAGE = 50
BITS = pa.schema(
    {
        "source": pa.string(), "file": pa.string(), "sheet": pa.string(), "row": pa.int32(), "member_no": pa.string(),
        "bits": pa.struct({name: pa.float64() for name in ("name", "id_number", "phone", "birth_date", "sex")}),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Filter:
    """What a reviewer wants to see; empty means everything."""

    street: str = ""
    source: str = ""
    doubt: str = ""
    state: str = "waiting"

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Filter:
        """From a query string or the store; what is unknown is left out."""
        known = {name: str(values[name])[:60] for name in asdict(cls()) if values.get(name)}
        found = cls(**known)
        return found if found.state in STATES else replace(found, state="waiting")

    def query(self) -> dict[str, str]:
        """As a query string has it, without what is empty."""
        return {name: value for name, value in asdict(self).items() if value}


@dataclass(frozen=True)
class Standing:
    """Where a pair stands by what persons said of it since it last waited."""

    state: State = "waiting"
    verdicts: tuple[tuple[str, str], ...] = ()
    """(who, verdict), oldest first."""

    def unsure(self) -> tuple[str, ...]:
        return tuple(who for who, verdict in self.verdicts if verdict == "unsure")


@dataclass(frozen=True)
class Pair:
    """One waiting pair as the screen shows it: masked."""

    place: int
    pair_id: str
    source: str
    file: str
    sheet: str | None
    row: int
    record_id: str | None
    member_no: str | None
    doubt: str
    match_weight: float | None
    match_probability: float | None
    blocking_rules: tuple[str, ...]
    levels: Mapping[str, str]
    reason: str
    left: Mapping[str, str | None]
    right: Mapping[str, str | None]
    since: Any
    bits: Mapping[str, float] = field(default_factory=dict)
    hanging: int = 0
    standing: Standing = Standing()

    @property
    def streets(self) -> tuple[str | None, ...]:
        return self.left.get("street"), self.right.get("street")


_LOAD = (resources.files("reports.workbench") / "queue.sql").read_text("utf-8")
_COLUMNS = "p.place, p.pair_id, p.source, p.file, p.sheet, p.row, p.record_id, p.member_no, p.doubt, p.match_weight, "
_COLUMNS += (
    "p.match_probability, p.blocking_rules, p.levels, p.reason, p.left_masked, p.right_masked, p.since, p.bits, "
)
_COLUMNS += "p.hanging, coalesce(s.state, 'waiting') as state, s.names, s.words"
_FROM = """
from pairs p left join standings s using (pair_id)
where ($all_streets or list_has_any(p.streets, $streets))
    and ($street = '' or list_contains(p.streets, $street))
    and ($source = '' or p.source = $source) and ($doubt = '' or p.doubt = $doubt)
    and case $state
        when 'waiting' then coalesce(s.state, 'waiting') <> 'settled'
            and not coalesce(list_contains(s.unsure, $who), false)
        when 'unsure' then s.state <> 'settled' and list_contains(s.unsure, $who)
        else s.state = $state end
"""


class PairIndex:
    """The waiting pairs of one version; every question is answered for one account and its streets only."""

    def __init__(self, version: str, review: pa.Table, ledger: pa.Table, bits: pa.Table) -> None:
        self.version = version
        self._lock = Lock()
        self._con = duckdb.connect()
        self._con.execute("set threads = 2")
        for name, table in (("review", review), ("ledger", ledger), ("night_bits", bits)):
            self._con.register(name, table)
        for statement in _LOAD.split(";\n"):
            self._con.execute(statement)
        self._places: dict[str, int] = dict(self._con.execute("select pair_id, place from pairs").fetchall())
        for name in ("review", "ledger", "night_bits"):
            self._con.unregister(name)

    def close(self) -> None:
        with self._lock:
            self._con.close()

    def stand(self, standings: Mapping[str, Standing]) -> None:
        """Take over where these pairs stand; pairs not named stay as they are."""
        rows = [
            (pair, one.state, [who for who, _ in one.verdicts], [word for _, word in one.verdicts], list(one.unsure()))
            for pair, one in standings.items()
        ]
        names = ("pair_id", "state", "names", "words", "unsure")
        kinds = (pa.string(), pa.string(), *[pa.list_(pa.string())] * 3)
        table = pa.table(
            {
                name: pa.array([row[at] for row in rows], kind)
                for at, (name, kind) in enumerate(zip(names, kinds, strict=True))
            }
        )
        with self._lock:
            self._con.register("incoming", table)
            self._con.execute("delete from standings where pair_id in (select pair_id from incoming)")
            self._con.execute("insert into standings select * from incoming")
            self._con.unregister("incoming")

    def pair(self, pair_id: str) -> Pair | None:
        """One pair, whoever asks: the caller checks the right."""
        place = self._places.get(pair_id)
        return None if place is None else self._at([place])[0]

    def page(self, account: Account, chosen: Filter, number: int) -> list[Pair]:
        """The pairs of one page, counted from 1."""
        query = f"select p.place {_FROM} order by p.place limit {PAGE} offset {PAGE * (max(number, 1) - 1)}"
        return self._at([row["place"] for row in self._rows(query, self._values(account, chosen))])

    def count(self, account: Account, chosen: Filter) -> int:
        """Pairs that a filter lets through."""
        return int(self._rows(f"select count(*) as n {_FROM}", self._values(account, chosen))[0]["n"])

    def after(self, account: Account, chosen: Filter, place: int) -> Pair | None:
        """The next pair after a place of the order, from the beginning again after the last; None when all is done."""
        for further in ("p.place > $place", "p.place < $place"):
            query = f"select min(p.place) as place {_FROM} and {further}"
            found = self._rows(query, {**self._values(account, chosen), "place": place})[0]["place"]
            if found is not None:
                return self._at([found])[0]
        return None

    def tied(self, account: Account, pair: Pair) -> list[Pair]:
        """Other waiting pairs of the same record or the same member that the account may see."""
        query = f"""select {_COLUMNS} from pairs p left join standings s using (pair_id)
            where p.pair_id <> $pair and ($all_streets or list_has_any(p.streets, $streets))
                and (p.member_no = $member or (p.source = $source and p.file = $file
                    and p.sheet is not distinct from $sheet and p.row = $row))
            order by p.place limit 20"""
        values = {name: getattr(pair, name) for name in ("source", "file", "sheet", "row")}
        streets = {"all_streets": account.whole_district, "streets": sorted(account.streets)}
        return self._pairs(query, {"pair": pair.pair_id, "member": pair.member_no, **values, **streets})

    def of_member(self, account: Account, member_no: str) -> list[Pair]:
        """Waiting pairs of one member that the account may see."""
        query = """select p.place from pairs p where p.member_no = $member
            and ($all_streets or list_has_any(p.streets, $streets)) order by p.place limit 20"""
        streets = {"all_streets": account.whole_district, "streets": sorted(account.streets)}
        return self._at([row["place"] for row in self._rows(query, {"member": member_no, **streets})])

    def choices(self, account: Account) -> dict[str, list[tuple[str, int]]]:
        """The values each filter may take, with how many pairs wait under each."""
        values = self._values(account, Filter())
        found: dict[str, list[tuple[str, int]]] = {}
        for name, column in (("street", "p.streets"), ("source", "[p.source]"), ("doubt", "[p.doubt]")):
            inner = f"select unnest(found) as value from (select {column} as found {_FROM})"
            rows = self._rows(f"select value, count(*) as n from ({inner}) group by 1 order by 2 desc, 1", values)
            seen = [(str(row["value"]), int(row["n"])) for row in rows if row["value"]]
            found[name] = [
                one for one in seen if name != "street" or account.whole_district or one[0] in account.streets
            ]
        return found

    def _at(self, places: list[int]) -> list[Pair]:
        query = f"""select {_COLUMNS} from pairs p left join standings s using (pair_id)
            where p.place in (select unnest($places)) and p.place between $least and $most order by p.place"""
        if not places:
            return []
        return self._pairs(query, {"places": places, "least": min(places), "most": max(places)})

    def _values(self, account: Account, chosen: Filter) -> dict[str, object]:
        streets = {"all_streets": account.whole_district, "streets": sorted(account.streets)}
        return {**asdict(chosen), **streets, "who": account.name}

    def _pairs(self, query: str, values: Mapping[str, object]) -> list[Pair]:
        return [_pair(row) for row in self._rows(query, values)]

    def _rows(self, query: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        with self._lock:
            found: Iterable[dict[str, Any]] = self._con.execute(query, dict(values)).to_arrow_table().to_pylist()
        return list(found)


def _within(seen: list[tuple[str, int]], account: Account) -> list[tuple[str, int]]:
    return [one for one in seen if one[0] in account.streets]


def _pair(row: dict[str, Any]) -> Pair:
    verdicts = tuple(zip(row.pop("names") or (), row.pop("words") or (), strict=True))
    standing = Standing(row.pop("state"), verdicts)
    bits = {name: value for name, value in (row.pop("bits") or {}).items() if value is not None}
    levels = {name: level for name, level in (row.pop("levels") or {}).items() if level is not None}
    left, right = row.pop("left_masked"), row.pop("right_masked")
    rules = tuple(row.pop("blocking_rules"))
    return Pair(**row, blocking_rules=rules, levels=levels, left=left, right=right, bits=bits, standing=standing)
