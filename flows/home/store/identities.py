"""Person keys, the evidence that leads to them, their merges and splits: rows of ledger versions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened, insert_rows
from schemas.store import Evidence, Identity, KeyEvent, Register, Version


@dataclass(frozen=True)
class VersionRows:
    """What a ledger version adds to the store; it counts once that version is published."""

    version: str
    as_of: date
    minted: tuple[str, ...]
    evidence: tuple[tuple[str, str, str], ...]
    """(token, kind, person_key) of tokens not stored before."""
    events: tuple[tuple[str, str, str], ...]
    """(old_key, new_key, event)"""
    registers: tuple[tuple[str, bytes], ...] = ()
    """(source, sealed rows) of the registers of organisations that came whole."""


class Identities(Opened):
    """Who is who; only rows of published versions count."""

    def settle(self, current: str | None) -> int:
        """Rows of versions left pending: kept if that version is the ledger's current one, else removed.

        Returns how many versions were removed. Called before a run reads the store, and after a crash thereby.
        """
        with Session(self.engine) as session, session.begin():
            pending = session.scalars(select(Version.version).where(Version.state == "pending")).all()
            lost = [version for version in pending if version != current]
            for version in lost:
                for table in (Identity, Evidence, KeyEvent, Register):
                    session.execute(delete(table).where(table.version == version))
                session.execute(delete(Version).where(Version.version == version))
            session.execute(update(Version).where(Version.version == current).values(state="published"))
        return len(lost)

    def write_pending(self, rows: VersionRows) -> None:
        """Everything a version adds, in one transaction, not yet counting."""
        with Session(self.engine) as session, session.begin():
            session.add(Version(version=rows.version, as_of=rows.as_of, state="pending"))
            session.flush()
            marks = {"version": rows.version}
            insert_rows(
                session, Identity, [{"person_key": key, "minted_on": rows.as_of, **marks} for key in rows.minted]
            )
            insert_rows(
                session,
                Evidence,
                [{"token": token, "kind": kind, "person_key": key, **marks} for token, kind, key in rows.evidence],
            )
            events = [
                {"old_key": old, "new_key": new, "event": what, "on": rows.as_of, **marks}
                for old, new, what in rows.events
            ]
            insert_rows(session, KeyEvent, events)
            registers = [
                {"source": source, "body": body, "as_of": rows.as_of, **marks} for source, body in rows.registers
            ]
            insert_rows(session, Register, registers)

    def confirm(self, version: str) -> None:
        """The version's index is in place: its rows count from now on."""
        with Session(self.engine) as session, session.begin():
            session.execute(update(Version).where(Version.version == version).values(state="published"))

    def versions(self) -> dict[str, str]:
        """State per version the store knows: `pending` or `published`."""
        with Session(self.engine) as session:
            return dict(map(tuple, session.execute(select(Version.version, Version.state))))

    def keys_of(self, tokens: Iterable[str]) -> dict[str, str]:
        """Person key per known evidence token."""
        return dict(self._chunked(select(Evidence.token, Evidence.person_key), Evidence.token, tokens))

    def evidence_of(self, keys: Iterable[str]) -> set[str]:
        """All evidence tokens that lead to these person keys."""
        query = select(Evidence.token, Evidence.person_key)
        return {token for token, _ in self._chunked(query, Evidence.person_key, keys)}

    def id_tokens_of(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """All ID tokens each person key has ever had."""
        query = select(Evidence.person_key, Evidence.token).where(Evidence.kind == "id")
        result: dict[str, set[str]] = {}
        for key, token in self._chunked(query, Evidence.person_key, keys):
            result.setdefault(key, set()).add(token)
        return result

    def minted(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys exist already."""
        return {key for (key,) in self._chunked(select(Identity.person_key), Identity.person_key, keys)}

    def tokens_of(self, keys: Iterable[str]) -> list[tuple[str, str, str]]:
        """(token, kind, person_key) of everything known of these persons."""
        query = select(Evidence.token, Evidence.kind, Evidence.person_key)
        return [(token, kind, key) for token, kind, key in self._chunked(query, Evidence.person_key, keys)]

    def key_events(self) -> list[tuple[str, str, str, date]]:
        """All merges and splits, in the order they happened."""
        query = select(KeyEvent.old_key, KeyEvent.new_key, KeyEvent.event, KeyEvent.on).order_by(KeyEvent.id)
        with Session(self.engine) as session:
            return [(old, new, what, on) for old, new, what, on in session.execute(query)]
