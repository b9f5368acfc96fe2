"""The version in force, held ready for questions; a newly published one takes its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.home.folders import Home
from flows.home.keys import DistrictKey
from flows.home.sealed_tables import table_in
from flows.ledger.publish.read import Published, current_version
from flows.review.known_pairs import KnownPairs
from reports.workbench.people import PeopleIndex
from reports.workbench.queue import BITS, PairIndex
from schemas.contracts import ledger_table
from schemas.errors import HomeError, SanzhaoError
from schemas.rules import Rule


@dataclass(frozen=True)
class LoadedVersion:
    """One version in memory: pairs and people indexed, the smaller tables as they are."""

    version: str
    as_of: date | None
    run_id: str
    index: Mapping[str, Any]
    pairs: PairIndex
    known_pairs: KnownPairs
    people: PeopleIndex
    levels: Mapping[str, Mapping[str, str]]
    """Levels per waiting pair, to tell whether its evidence is that of an earlier judgement."""
    published: Published | None

    def table(self, name: str) -> pa.Table:
        """A published table; empty before the first version."""
        return self.published.table(name) if self.published else _empty(name)


class Shelf:
    """Gives the version in force; `refresh` loads a newer one aside and then puts it in place."""

    def __init__(self, home: Home, key: DistrictKey, order: Sequence[str]) -> None:
        self._home, self._key, self._order = home, key, order
        self._loading = Lock()
        self._mark: tuple[int, int] | None = None
        self._held: LoadedVersion | None = None
        self.prepare: list[Callable[[LoadedVersion], None]] = []
        """Called with a version before it is put in place, from the thread that loads it."""
        self.placed: list[Callable[[LoadedVersion], None]] = []
        """Called right after."""

    def version_in_force(self) -> LoadedVersion:
        """The version in force as last loaded; loads only the first one."""
        if self._held is None:
            self.refresh()
        if self._held is None:
            raise HomeError("一本账现在读不了", where="ledger", rule=Rule.LEDGER_UNREADABLE, action="稍后再试")
        return self._held

    def refresh(self) -> bool:
        """Load the version in force if it is another one; whether it was. A version that cannot be read is left."""
        with self._loading:
            stamp = self._stamp()
            if self._held is not None and stamp == self._mark:
                return False
            try:
                found = self._load()
            except (SanzhaoError, OSError):
                if self._held is None:
                    raise
                return False
            for act in self.prepare:
                act(found)
            self._held, self._mark = found, stamp
            for act in self.placed:
                act(found)
            return True

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = (self._home.ledger / "index.json").stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _load(self) -> LoadedVersion:
        published = current_version(self._home, self._key)
        review = published.table("review") if published else _empty("review")
        ledger = published.table("ledger") if published else _empty("ledger")
        index: Mapping[str, Any] = published.index if published else {}
        as_of = date.fromisoformat(index["as_of"]) if index else None
        run_id = str(index.get("run_id", ""))
        version = published.version if published else ""
        bits = self._bits(str(index.get("as_of", "")), run_id)
        return LoadedVersion(
            version=version,
            as_of=as_of,
            run_id=run_id,
            index=index,
            pairs=PairIndex(version, _with_streets(review), ledger, bits),
            known_pairs=KnownPairs(self._sealed(str(index.get("as_of", "")), run_id, "known_pairs")),
            people=PeopleIndex(ledger, self._order),
            levels=_levels(review),
            published=published,
        )

    def _bits(self, as_of: str, run_id: str) -> pa.Table:
        """Weights per comparison of the night's pairs, while its sealed explanation is kept; no personal data."""
        table = self._sealed(as_of, run_id, "explained")
        if table is None:
            return BITS.empty_table()
        waiting = table.filter(pc.equal(table["decision"], "review")).select(BITS.names)
        return pa.Table.from_pylist(waiting.to_pylist(), schema=BITS)

    def _sealed(self, as_of: str, run_id: str, name: str) -> pa.Table | None:
        """A relation that the night sealed beside its landing copies, while they are kept."""
        path = self._home.landing / as_of / run_id / f"relation_{name}.sealed"
        return table_in(self._key.unseal(path.read_bytes())) if as_of and run_id and path.is_file() else None


def _empty(name: str) -> pa.Table:
    return pa.schema([column.with_nullable(True) for column in ledger_table(name).schema]).empty_table()


def _with_streets(review: pa.Table) -> pa.Table:
    """A version from before streets were published has none to show."""
    wanted = ledger_table("review").schema
    return pa.Table.from_pylist(review.to_pylist(), schema=wanted) if review.schema.names == wanted.names else review


def _levels(review: pa.Table) -> dict[str, dict[str, str]]:
    pairs, levels = review["pair_id"].to_pylist(), review["levels"].to_pylist()
    return {
        pair: {name: level for name, level in (found or {}).items() if level is not None}
        for pair, found in zip(pairs, levels, strict=True)
    }
