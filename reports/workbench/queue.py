"""One row per waiting pair of one published version, in memory, in the order of what a judgement is worth."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from threading import Lock
from time import monotonic
from typing import Any, Literal, Self

import pyarrow as pa

from matchers.engine import connect
from matchers.relations import append, run_script, script
from reports.workbench.access import Action, SignedInAccount, allowed
from reports.workbench.list_query import ListQuery

State = Literal["waiting", "unsure", "disputed", "settled", "second"]
"""`second`: one person has decided it, and another, who is not to know, must before it counts."""
STATES = {"waiting": "待核对", "unsure": "我不确定的", "disputed": "意见不一", "settled": "已判断，待下次运行"}
PAGE = 50
_MOST_TIED, _COUNT_EVERY = 30, 10.0
_NEAR = 1_000
"""The next pair is looked for among so many first."""
BITS = pa.schema(
    {
        "source": pa.string(), "file": pa.string(), "sheet": pa.string(), "row": pa.int32(), "member_no": pa.string(),
        "bits": pa.struct({name: pa.float64() for name in ("name", "id_number", "phone", "birth_date", "sex")}),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Filter(ListQuery):
    """What a reviewer wants to see; empty means everything."""

    street: str = ""
    source: str = ""
    doubt: str = ""
    state: str = "waiting"

    @classmethod
    def of(cls, values: Mapping[str, object]) -> Self:
        """The same; a state nobody knows counts as waiting."""
        result = super().of(values)
        return result if result.state in STATES else replace(result, state="waiting")


@dataclass(frozen=True)
class JudgedState:
    """Where a pair stands by what persons said of it since it last waited."""

    state: State = "waiting"
    verdicts: tuple[tuple[str, str], ...] = ()
    """(who, verdict), oldest first."""

    def seen_by(self, who: str) -> JudgedState:
        """What this person may know: of a pair that awaits a second reader only the first, and only their own word."""
        if self.state != "second":
            return self
        mine = tuple(verdict for verdict in self.verdicts if verdict[0] == who and verdict[1] != "unsure")
        return JudgedState("settled", mine) if mine else JudgedState()

    def unsure(self) -> tuple[str, ...]:
        return tuple(who for who, verdict in self.verdicts if verdict == "unsure")


@dataclass(frozen=True)
class QueuedPair:
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
    standing: JudgedState = JudgedState()

    @property
    def streets(self) -> tuple[str | None, ...]:
        return self.left.get("street"), self.right.get("street")


_FROM = """
from pairs p left join standings s using (pair_id)
where ($all_streets or list_has_any(p.streets, $streets))
    and ($street = '' or list_contains(p.streets, $street))
    and ($source = '' or p.source = $source) and ($doubt = '' or p.doubt = $doubt)
    and case $state
        when 'waiting' then coalesce(s.state, 'waiting') <> 'settled'
            and not coalesce(list_contains(s.unsure, $who), false)
            and not coalesce(s.state = 'second' and list_contains(s.names, $who), false)
        when 'unsure' then s.state <> 'settled' and list_contains(s.unsure, $who)
        when 'settled' then s.state = 'settled' or (s.state = 'second' and list_contains(s.names, $who))
        else s.state = $state end
"""


class PairIndex:
    """The waiting pairs of one version; every question is answered for one account and its streets only."""

    def __init__(self, version: str, review: pa.Table, ledger: pa.Table, bits: pa.Table) -> None:
        self.version = version
        self._lock = Lock()
        self._con = connect()
        for name, table in (("review", review), ("ledger", ledger), ("night_bits", bits)):
            self._con.register(name, table)
        run_script(self._con, script("reports.workbench", "queue.sql"))
        self._rows_in_order = self._con.execute("select * from pairs order by place").to_arrow_table().combine_chunks()
        ids = self._rows_in_order["pair_id"].to_pylist()
        self._places = {pair_id: place for place, pair_id in enumerate(ids, 1)}
        self._standings: dict[str, JudgedState] = {}
        self._by_record: dict[tuple[str, str, str | None, int], list[int]] = {}
        self._by_member: dict[str, list[int]] = {}
        self._note_places()
        self._counted: dict[tuple[SignedInAccount, Filter], tuple[float, int]] = {}
        for name in ("review", "ledger", "night_bits"):
            self._con.unregister(name)

    def _note_places(self) -> None:
        """Which places of the order belong to one record, and to one member."""
        names = ("source", "file", "sheet", "row", "member_no")
        columns = [self._rows_in_order[name].to_pylist() for name in names]
        for place, (source, file, sheet, row, member) in enumerate(zip(*columns, strict=True), 1):
            self._by_record.setdefault((source, file, sheet, row), []).append(place)
            if member is not None:
                self._by_member.setdefault(member, []).append(place)

    def close(self) -> None:
        with self._lock:
            self._con.close()

    def stand(self, standings: Mapping[str, JudgedState]) -> None:
        """Take over where these pairs stand; pairs not named stay as they are."""
        rows = [
            (
                pair,
                entry.state,
                [who for who, _ in entry.verdicts],
                [word for _, word in entry.verdicts],
                list(entry.unsure()),
            )
            for pair, entry in standings.items()
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
            self._standings.update(standings)
            self._con.register("standing_now", table)
            self._con.execute("delete from standings where pair_id in (select pair_id from standing_now)")
            self._con.unregister("standing_now")
            append(self._con, "standings", table)

    def pair(self, pair_id: str) -> QueuedPair | None:
        """One pair, whoever asks: the caller checks the right."""
        place = self._places.get(pair_id)
        return None if place is None else self._at([place])[0]

    def page(self, account: SignedInAccount, chosen: Filter, number: int) -> list[QueuedPair]:
        """The pairs of one page, counted from 1."""
        query = f"select p.place {_FROM} order by p.place limit {PAGE} offset {PAGE * (max(number, 1) - 1)}"
        return self._at([row["place"] for row in self._rows(query, self._values(account, chosen))])

    def count(self, account: SignedInAccount, chosen: Filter) -> int:
        """Pairs that a filter lets through."""
        return int(self._rows(f"select count(*) as n {_FROM}", self._values(account, chosen))[0]["n"])

    def roughly(self, account: SignedInAccount, chosen: Filter) -> int:
        """As `count`, but perhaps some seconds old."""
        at, result = self._counted.get((account, chosen), (0.0, 0))
        if not at or monotonic() - at > _COUNT_EVERY:
            at, result = monotonic(), self.count(account, chosen)
            self._counted[account, chosen] = at, result
        return result

    def after(self, account: SignedInAccount, chosen: Filter, place: int) -> QueuedPair | None:
        """The next pair after a place of the order, from the beginning again after the last; None when all is done."""
        last = self._rows_in_order.num_rows
        query = f"select min(p.place) as place {_FROM} and p.place between $least and $most"
        for least, most in ((place + 1, place + _NEAR), (place + _NEAR + 1, last), (1, place - 1)):
            if least <= min(most, last):
                result = self._rows(query, {**self._values(account, chosen), "least": least, "most": most})[0]["place"]
                if result is not None:
                    return self._at([result])[0]
        return None

    def tied(self, account: SignedInAccount, pair: QueuedPair) -> list[QueuedPair]:
        """Other waiting pairs of the same record or the same member that the account may see."""
        places = {*self._by_record.get((pair.source, pair.file, pair.sheet, pair.row), ())}
        places |= {*self._by_member.get(pair.member_no or "", ())}
        return self._visible(account, places - {pair.place})

    def of_member(self, account: SignedInAccount, member_no: str) -> list[QueuedPair]:
        """Waiting pairs of one member that the account may see."""
        return self._visible(account, {*self._by_member.get(member_no, ())})

    def of_record(self, account: SignedInAccount, place: tuple[str, int]) -> list[QueuedPair]:
        """Waiting pairs of the rows of that number in a source's files, that the account may see."""
        source, row = place
        places = {at for key, result in self._by_record.items() if (key[0], key[3]) == (source, row) for at in result}
        return self._visible(account, places)

    def _visible(self, account: SignedInAccount, places: set[int]) -> list[QueuedPair]:
        result = self._at(sorted(places)[:_MOST_TIED])
        return [pair for pair in result if allowed(account, Action.SEE_PAIRS, pair.streets)]

    def choices(self, account: SignedInAccount) -> dict[str, list[tuple[str, int]]]:
        """The values each filter may take, with how many pairs wait under each."""
        values = self._values(account, Filter())
        choices: dict[str, list[tuple[str, int]]] = {}
        for name, column in (("street", "p.streets"), ("source", "[p.source]"), ("doubt", "[p.doubt]")):
            inner = f"select unnest(found) as value from (select {column} as found {_FROM})"
            rows = self._rows(f"select value, count(*) as n from ({inner}) group by 1 order by 2 desc, 1", values)
            seen = [(str(row["value"]), int(row["n"])) for row in rows if row["value"]]
            choices[name] = [
                entry for entry in seen if name != "street" or account.whole_district or entry[0] in account.streets
            ]
        return choices

    def _at(self, places: list[int]) -> list[QueuedPair]:
        """The pairs at these places of the order."""
        rows = self._rows_in_order.take(pa.array([place - 1 for place in places], pa.int64())).to_pylist()
        return [_pair(row, self._standings.get(row["pair_id"], JudgedState())) for row in rows]

    def _values(self, account: SignedInAccount, chosen: Filter) -> dict[str, object]:
        streets = {"all_streets": account.whole_district, "streets": sorted(account.streets)}
        return {**asdict(chosen), **streets, "who": account.name}

    def _rows(self, query: str, values: Mapping[str, object]) -> list[dict[str, Any]]:
        with self._lock:
            result: Iterable[dict[str, Any]] = self._con.execute(query, dict(values)).to_arrow_table().to_pylist()
        return list(result)


def _within(seen: list[tuple[str, int]], account: SignedInAccount) -> list[tuple[str, int]]:
    return [entry for entry in seen if entry[0] in account.streets]


def _pair(row: dict[str, Any], standing: JudgedState) -> QueuedPair:
    shown = {name: row[name] for name in _AS_THEY_ARE}
    return QueuedPair(
        **shown,
        blocking_rules=tuple(row["blocking_rules"]),
        levels=_filled(row["levels"]),
        left=row["left_masked"],
        right=row["right_masked"],
        bits=_filled(row["bits"]),
        standing=standing,
    )


def masked_pair(row: Mapping[str, Any]) -> QueuedPair:
    """A pair that stands in no queue, from a row with the columns of `review`."""
    return _pair({**row, "place": 0, "hanging": 0, "bits": None}, JudgedState())


def _filled(values: Mapping[str, Any] | None) -> dict[str, Any]:
    return {name: value for name, value in (values or {}).items() if value is not None}


_AS_THEY_ARE = (
    "place", "pair_id", "source", "file", "sheet", "row", "record_id", "member_no", "doubt", "match_weight",
    "match_probability", "reason", "since", "hanging",
)  # fmt: skip
