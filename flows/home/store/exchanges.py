"""Exchanges with other districts: which were begun and ended, and whom each found."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened, insert_rows
from schemas.store_exchange import Exchange, ExchangeFind


class Exchanges(Opened):
    """One row per exchange, one per pair it found."""

    def exchange(self, number: str) -> Exchange | None:
        """An exchange of this district by its number."""
        with Session(self.engine, expire_on_commit=False) as session:
            return session.get(Exchange, number)

    def begin_exchange(self, row: Exchange) -> None:
        """Note that tokens were sent."""
        with Session(self.engine) as session, session.begin():
            session.add(row)

    def end_exchange(self, number: str, on: date, finds: Sequence[dict[str, object]]) -> None:
        """Note whom an exchange found; both or neither."""
        with Session(self.engine) as session, session.begin():
            row = session.get_one(Exchange, number)
            row.imported_on = on
            insert_rows(session, ExchangeFind, list(finds))

    def forget_finds(self, before: date) -> int:
        """Delete pairs found before a day; gives how many."""
        return self._forget([row for row in self.exchange_finds() if row.found_on < before])

    def forget_finds_of(self, tokens: Collection[str]) -> int:
        """Delete pairs found of a person, known by any of these evidence tokens; gives how many."""
        return self._forget(self.finds_of(tokens))

    def finds_of(self, tokens: Collection[str]) -> list[ExchangeFind]:
        """Pairs found of a person, known by any of these evidence tokens."""
        wanted = set(tokens)
        return [row for row in self.exchange_finds() if wanted & set(row.tokens)]

    def _forget(self, rows: list[ExchangeFind]) -> int:
        with Session(self.engine) as session, session.begin():
            for row in rows:
                session.delete(session.merge(row))
        return len(rows)

    def exchange_numbers(self) -> list[str]:
        """Numbers of all exchanges, in their order."""
        with Session(self.engine) as session:
            return list(session.scalars(select(Exchange.number).order_by(Exchange.number)))

    def newest_finds(self) -> list[ExchangeFind]:
        """Pairs of the newest exchange with each district: it compared everybody, so what older ones found is past."""
        with Session(self.engine, expire_on_commit=False) as session:
            done = (
                select(Exchange)
                .where(Exchange.imported_on.is_not(None))
                .order_by(Exchange.imported_on, Exchange.number)
            )
            newest = {row.other: row.number for row in session.scalars(done)}
            chosen = select(ExchangeFind).where(ExchangeFind.exchange.in_(sorted(newest.values())))
            return list(session.scalars(chosen.order_by(ExchangeFind.exchange, ExchangeFind.pair)))

    def exchange_finds(self) -> list[ExchangeFind]:
        """All pairs found, by exchange and number."""
        with Session(self.engine, expire_on_commit=False) as session:
            return list(session.scalars(select(ExchangeFind).order_by(ExchangeFind.exchange, ExchangeFind.pair)))
