"""The open database of the state store, and the two ways rows go in and out of it in bulk."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, insert
from sqlalchemy.orm import DeclarativeBase, Session

_CHUNK = 500


class Opened:
    """An engine whose tables are at the newest revision."""

    def __init__(self, engine: Engine, audit_note: Path | None = None) -> None:
        self.engine = engine
        self.audit_note = audit_note
        """Where the newest audited act is noted outside the database."""

    def close(self) -> None:
        self.engine.dispose()

    def _chunked(self, query: Any, column: Any, values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
        """Rows of the query whose column holds one of the values, asked in portions a database takes."""
        wanted = sorted(set(values))
        with Session(self.engine) as session:
            for at in range(0, len(wanted), _CHUNK):
                yield from map(tuple, session.execute(query.where(column.in_(wanted[at : at + _CHUNK]))))


def insert_rows(session: Session, table: type[DeclarativeBase], rows: list[dict[str, object]]) -> None:
    """Insert plain rows, if there are any."""
    if rows:
        session.execute(insert(table), rows)
