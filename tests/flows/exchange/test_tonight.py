"""Finds of exchanges in the state store: the newest of one person, and none that are too old."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from flows.exchange.tonight import _newest
from flows.home.folders import Home
from flows.home.store import opened_store
from schemas.store_exchange import Exchange, ExchangeFind

DAY = date(2026, 11, 20)


def find(exchange: str, pair: int, token: str, on: date = DAY) -> dict[str, object]:
    return {
        "exchange": exchange, "pair": pair, "standing": "member_here", "other": "乙区", "contact": "组织科",
        "rule": "i", "tokens": [token], "found_on": on,
    }  # fmt: skip


def test_a_person_found_again_is_listed_under_the_newest_exchange_and_both_their_pairs_of_it() -> None:
    rows = [
        ExchangeFind(**find("2026-0003", 1, "one")), ExchangeFind(**find("2026-0003", 2, "other")),
        ExchangeFind(**find("2026-0004", 5, "one")), ExchangeFind(**find("2026-0004", 6, "one")),
    ]  # fmt: skip
    assert [(row.exchange, row.pair) for row in _newest(rows)] == [("2026-0003", 2), ("2026-0004", 5), ("2026-0004", 6)]


def test_what_an_exchange_found_is_noted_once_with_its_end_and_forgotten_after_its_time(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    home.make()
    with opened_store(home) as store:
        store.begin_exchange(Exchange(
            number="2026-0003", other="乙区", digest="d", landing="2026-11-20/r", exported_on=DAY, expires_on=DAY,
            imported_on=None,
        ))  # fmt: skip
        store.end_exchange(
            "2026-0003", DAY, [find("2026-0003", 1, "old", date(2025, 1, 1)), find("2026-0003", 2, "new")]
        )
        begun = store.exchange("2026-0003")
        assert begun is not None
        assert begun.imported_on == DAY
        assert store.forget_finds(date(2025, 11, 20)) == 1
        assert [row.pair for row in store.exchange_finds()] == [2]
        assert store.forget_finds_of({"old", "another's"}) == 0
        assert store.forget_finds_of({"new"}) == 1, "who is erased is forgotten here too"
        assert not store.exchange_finds()
