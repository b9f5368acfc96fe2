"""Tables of exchanges between districts in the state store: which there were, and whom they found, as keyed tokens."""

from __future__ import annotations

from datetime import date

from sqlalchemy import JSON, Date, ForeignKey, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from schemas.store import Base


class Exchange(Base):
    """One row per exchange this district sent its tokens for; never a second time under one number."""

    __tablename__ = "exchanges"
    number: Mapped[str] = mapped_column(String(16), primary_key=True)
    other: Mapped[str] = mapped_column(String(80))
    digest: Mapped[str] = mapped_column(String(64))
    """Of the file that was sent; a result names it."""
    landing: Mapped[str] = mapped_column(String(80))
    """`<date>/<run>`: whose landing copies it was made of, and beside which the list of its own persons lies sealed."""
    exported_on: Mapped[date] = mapped_column(Date)
    expires_on: Mapped[date] = mapped_column(Date)
    imported_on: Mapped[date | None] = mapped_column(Date)


class ExchangeFind(Base):
    """One row per pair an exchange found: this district's own person by keyed tokens, the other's by number alone."""

    __tablename__ = "exchange_finds"
    exchange: Mapped[str] = mapped_column(ForeignKey("exchanges.number"), primary_key=True)
    pair: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    standing: Mapped[str] = mapped_column(String(12))
    """`member_here`: on this district's roll, works there; `works_here`: the other way round."""
    other: Mapped[str] = mapped_column(String(80))
    contact: Mapped[str] = mapped_column(String(120))
    rule: Mapped[str] = mapped_column(String(4))
    """The strongest key the two sides shared: i, h, e or p."""
    tokens: Mapped[list[str]] = mapped_column(JSON)
    """Evidence tokens of the own person's rows, as `evidence` has them."""
    found_on: Mapped[date] = mapped_column(Date)
