"""Which sources came so far, and the record numbers of their last published night, as keyed tokens."""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy import select
from sqlalchemy.orm import Session

from flows.home.sealed_tables import table_in
from flows.home.store.opened import Opened
from schemas.store import SourceNight

_BITS = 15
"""Hexadecimal digits kept: 60 bits, as `flows/drift/keys.sql` writes them."""


def number_token(secret: bytes, number: str) -> int:
    """The token of one record number, the same as `flows/drift/keys.sql` makes for a whole source."""
    return int(hmac.new(secret, b"r" + number.encode(), hashlib.sha256).hexdigest()[:_BITS], 16)


class SourceNumbers(Opened):
    """What came of each source: since when it is known, and the record numbers of its newest night."""

    def sources_seen(self, *, besides: str = "") -> frozenset[str]:
        """Sources that came on a published night, one run left out."""
        query = select(SourceNight.source).where(SourceNight.run_id != besides).distinct()
        with Session(self.engine) as session:
            return frozenset(session.scalars(query))

    def last_numbers(self) -> dict[str, frozenset[int]]:
        """Tokens of the record numbers of each source's newest published night that had any."""
        query = select(SourceNight.source, SourceNight.keys).where(SourceNight.keys.is_not(None))
        with Session(self.engine) as session:
            return {
                source: frozenset(table_in(keys).column("record").to_pylist())
                for source, keys in session.execute(query.order_by(SourceNight.id))
                if keys is not None
            }
