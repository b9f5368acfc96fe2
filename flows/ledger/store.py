"""The state store: opened, migrated and settled, so that only rows of published versions count."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from importlib import resources
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Engine, create_engine, delete, event, func, insert, select, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Session

from flows.home import Home, private_folder
from flows.keys import DistrictKey
from schemas.errors import HomeError, InputError
from schemas.policy import Leads, load_policy
from schemas.store import (
    AuditEntry,
    Erasure,
    Evidence,
    Identity,
    Judgement,
    KeyEvent,
    LeadEvent,
    Objection,
    Run,
    Version,
)

HEAD = "0003"
_CHUNK = 500


@dataclass(frozen=True)
class Lead:
    """Where one lead of one person stands, by its newest event."""

    person_key: str
    code: str
    state: str
    checked_by: str
    checked_on: date
    basis: tuple[str, ...] | None = None
    """Evidence the checker saw, as `role|source|record_id`; None when it was not noted."""


@dataclass(frozen=True)
class Judged:
    """A person's newest word on one pair: `link`, `not_link` or `unsure`, and the levels they saw."""

    verdict: str
    basis: Mapping[str, str] | None = None


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


class Store:
    """The open state store of one home."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def close(self) -> None:
        self.engine.dispose()

    def settle(self, current: str | None) -> int:
        """Rows of versions left pending: kept if that version is the ledger's current one, else removed.

        Returns how many versions were removed. Called before a run reads the store, and after a crash thereby.
        """
        with Session(self.engine) as session, session.begin():
            pending = session.scalars(select(Version.version).where(Version.state == "pending")).all()
            lost = [version for version in pending if version != current]
            for version in lost:
                for table in (Identity, Evidence, KeyEvent):
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
            _insert(session, Identity, [{"person_key": key, "minted_on": rows.as_of, **marks} for key in rows.minted])
            _insert(
                session,
                Evidence,
                [{"token": token, "kind": kind, "person_key": key, **marks} for token, kind, key in rows.evidence],
            )
            events = [
                {"old_key": old, "new_key": new, "event": what, "on": rows.as_of, **marks}
                for old, new, what in rows.events
            ]
            _insert(session, KeyEvent, events)

    def confirm(self, version: str) -> None:
        """The version's index is in place: its rows count from now on."""
        with Session(self.engine) as session, session.begin():
            session.execute(update(Version).where(Version.version == version).values(state="published"))

    def keys_of(self, tokens: Iterable[str]) -> dict[str, str]:
        """Person key per known evidence token."""
        return dict(_chunked(self, select(Evidence.token, Evidence.person_key), Evidence.token, tokens))

    def id_tokens_of(self, keys: Iterable[str]) -> dict[str, set[str]]:
        """All ID tokens each person key has ever had."""
        query = select(Evidence.person_key, Evidence.token).where(Evidence.kind == "id")
        found: dict[str, set[str]] = {}
        for key, token in _chunked(self, query, Evidence.person_key, keys):
            found.setdefault(key, set()).add(token)
        return found

    def minted(self, keys: Iterable[str]) -> set[str]:
        """Which of the keys exist already."""
        return {key for (key,) in _chunked(self, select(Identity.person_key), Identity.person_key, keys)}

    def key_events(self) -> list[tuple[str, str, str, date]]:
        """All merges and splits, sorted."""
        query = select(KeyEvent.old_key, KeyEvent.new_key, KeyEvent.event, KeyEvent.on)
        with Session(self.engine) as session:
            return sorted((old, new, what, on) for old, new, what, on in session.execute(query))

    def leads(self) -> list[Lead]:
        """The newest event of every lead ever touched, sorted by person and code."""
        newest = select(func.max(LeadEvent.id)).group_by(LeadEvent.person_key, LeadEvent.code)
        query = select(LeadEvent).where(LeadEvent.id.in_(newest)).order_by(LeadEvent.person_key, LeadEvent.code)
        with Session(self.engine) as session:
            return [
                Lead(row.person_key, row.code, row.state, row.checked_by, row.checked_on, _tuple(row.basis))
                for row in session.scalars(query)
            ]

    def lead(self, person_key: str, code: str) -> Lead | None:
        """Where one lead stands; None when nobody has touched it."""
        query = select(LeadEvent).where(LeadEvent.person_key == person_key, LeadEvent.code == code)
        with Session(self.engine) as session:
            row = session.scalars(query.order_by(LeadEvent.id.desc()).limit(1)).first()
            if row is None:
                return None
            return Lead(person_key, code, row.state, row.checked_by, row.checked_on, _tuple(row.basis))

    def add_lead_event(self, lead: Lead, note: str | None = None, *, rules: Leads | None = None) -> None:
        """Append a move of a lead, if the rules allow it from where the lead stands.

        Raises InputError naming both states and the moves there are.
        """
        rules = rules or load_policy().leads
        before = self.lead(lead.person_key, lead.code)
        old = before.state if before else rules.first_state
        if not rules.allows(old, lead.state):
            raise InputError(
                f"线索 {lead.code} 不能由“{old}”改为“{lead.state}”",
                where=lead.person_key,
                rule="lead_transition",
                action=f"可改为：{'、'.join(rules.transitions.get(old, ())) or '无'}",
            )
        with Session(self.engine) as session, session.begin():
            values = {"person_key": lead.person_key, "code": lead.code, "state": lead.state, "note": note}
            basis = None if lead.basis is None else list(lead.basis)
            session.add(LeadEvent(**values, checked_by=lead.checked_by, checked_on=lead.checked_on, basis=basis))

    def open_objections(self) -> set[str]:
        """Person keys under 异议."""
        with Session(self.engine) as session:
            return set(session.scalars(select(Objection.person_key).where(Objection.answered_on.is_(None))))

    def raise_objection(self, person_key: str, on: date, by: str, reason: str | None = None) -> None:
        with Session(self.engine) as session, session.begin():
            session.add(Objection(person_key=person_key, raised_on=on, raised_by=by, reason=reason))

    def answer_objections(self, person_key: str, on: date, answer: str) -> None:
        with Session(self.engine) as session, session.begin():
            mine = (Objection.person_key == person_key) & Objection.answered_on.is_(None)
            session.execute(update(Objection).where(mine).values(answered_on=on, answer=answer))

    def add_judgement(
        self, pair: tuple[str, str], judgement: str, by: str, on: date, *, note: str | None = None
    ) -> None:
        """Append `link`, `not_link` or `unsure` for a pair of record tokens."""
        with Session(self.engine) as session, session.begin():
            left, right = pair
            values = {"left_token": left, "right_token": right, "judgement": judgement}
            session.add(Judgement(**values, judged_by=by, judged_on=on, note=note))

    def judgements(self) -> dict[tuple[str, str], str]:
        """The newest judgement per pair of record tokens."""
        query = select(Judgement.left_token, Judgement.right_token, Judgement.judgement).order_by(Judgement.id)
        with Session(self.engine) as session:
            return {(left, right): what for left, right, what in session.execute(query)}

    def judge(self, pair_id: str, judged: Judged, by: str, on: date, *, note: str | None = None) -> None:
        """Append a judgement on a waiting pair of `review.parquet`."""
        values = {"left_token": "", "right_token": "", "pair_id": pair_id, "judgement": judged.verdict}
        basis = None if judged.basis is None else dict(judged.basis)
        with Session(self.engine) as session, session.begin():
            session.add(Judgement(**values, judged_by=by, judged_on=on, note=note, basis=basis))

    def judged_pairs(self, key: DistrictKey) -> dict[str, Judged]:
        """The newest judgement per pair id, whichever way the pair was named."""
        found: dict[str, Judged] = {}
        with Session(self.engine) as session:
            for row in session.scalars(select(Judgement).order_by(Judgement.id)):
                pair = row.pair_id or key.token("pair", f"{row.left_token}|{row.right_token}")
                found[pair] = Judged(row.judgement, row.basis)
        return found

    def tokens_of(self, keys: Iterable[str]) -> list[tuple[str, str, str]]:
        """(token, kind, person_key) of everything known of these persons."""
        query = select(Evidence.token, Evidence.kind, Evidence.person_key)
        return [(token, kind, key) for token, kind, key in _chunked(self, query, Evidence.person_key, keys)]

    def denials(self, answer: str) -> list[tuple[str, str, str]]:
        """(token, kind, person_key) known by the day a street answered so, of persons whose newest answer it is."""
        newest = select(func.max(LeadEvent.id)).group_by(LeadEvent.person_key, LeadEvent.code)
        denied = select(LeadEvent.person_key, LeadEvent.checked_on).where(
            LeadEvent.id.in_(newest), LeadEvent.note == answer
        )
        with Session(self.engine) as session:
            days: dict[str, date] = dict(map(tuple, session.execute(denied)))
        query = select(Evidence.token, Evidence.kind, Evidence.person_key, Version.as_of).join(
            Version, Version.version == Evidence.version
        )
        found = _chunked(self, query, Evidence.person_key, days)
        return [(token, kind, key) for token, kind, key, on in found if on <= days[key]]

    def erase(self, person_key: str, on: date, by: str, reason: str) -> None:
        """Note that a person is erased; their tokens stay, so that later runs know whom to leave out."""
        with Session(self.engine) as session, session.begin():
            if session.get(Erasure, person_key) is None:
                session.add(Erasure(person_key=person_key, erased_on=on, erased_by=by, reason=reason))
            for table in (LeadEvent, Objection):
                session.execute(update(table).where(table.person_key == person_key).values(**{_WORDS[table]: None}))

    def erased(self) -> set[str]:
        """Person keys that must not be published."""
        with Session(self.engine) as session:
            return set(session.scalars(select(Erasure.person_key)))

    def save_run(self, run_id: str, values: Mapping[str, Any]) -> None:
        """Insert or update the row of a run: as_of, started_at, state, version, counts, message."""
        with Session(self.engine) as session, session.begin():
            known = session.get(Run, run_id)
            if known is None:
                session.add(Run(run_id=run_id, **{"counts": {}, "state": "running", **values}))
                return
            for name, value in values.items():
                setattr(known, name, value)

    def runs(self, limit: int = 50) -> list[dict[str, Any]]:
        """The newest runs first."""
        with Session(self.engine) as session:
            rows = session.scalars(select(Run).order_by(Run.started_at.desc(), Run.run_id.desc()).limit(limit))
            names = [column.name for column in Run.__table__.columns]
            return [{name: getattr(row, name) for name in names} for row in rows]

    def audit(self, key: DistrictKey, at: datetime, who: str, what: str, **about: str | None) -> str:
        """Append an audited act; returns the new head of the chain."""
        with Session(self.engine) as session, session.begin():
            last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).first()
            entry = AuditEntry(
                seq=(last.seq if last else 0) + 1,
                at=at.isoformat(timespec="seconds"),
                who=who,
                what=what,
                person_key=about.get("person_key"),
                why=about.get("why"),
                ok=True,
                previous=last.mac if last else "",
            )
            entry.mac = _mac(key, entry)
            session.add(entry)
            return entry.mac

    def audit_head(self) -> str:
        """The newest HMAC of the audit chain; empty before the first act."""
        with Session(self.engine) as session:
            return session.scalars(select(AuditEntry.mac).order_by(AuditEntry.seq.desc()).limit(1)).first() or ""

    def audit_problems(self, key: DistrictKey) -> list[str]:
        """What is wrong with the audit chain, in Chinese; empty when it holds."""
        problems, previous, seq = [], "", 0
        with Session(self.engine) as session:
            for entry in session.scalars(select(AuditEntry).order_by(AuditEntry.seq)):
                seq += 1
                if entry.seq != seq or entry.previous != previous or entry.mac != _mac(key, entry):
                    problems.append(f"审计日志第{entry.seq}条：链条断开，有删除、改动或调换")
                    seq = entry.seq
                previous = entry.mac
        return problems


def open_store(home: Home, url: str = "") -> Store:
    """The store of a home, migrated to the newest revision: SQLite in `H/state`, or the database at `url`."""
    path = home.state / "sanzhao.db"
    if not url:
        private_folder(home.state)
        path.touch(mode=0o600, exist_ok=True)
    engine = create_engine(url or f"sqlite:///{path}")
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _pragmas)
    try:
        _migrate(engine)
    except SQLAlchemyError as error:
        engine.dispose()
        raise HomeError(
            f"状态库打不开：{type(error).__name__}",
            where="state/sanzhao.db" if not url else engine.dialect.name,
            rule="store",
            action="检查磁盘与权限；库已损坏时从备份恢复",
        ) from None
    return Store(engine)


@contextmanager
def opened_store(home: Home, url: str = "") -> Iterator[Store]:
    """The store, closed afterwards."""
    store = open_store(home, url)
    try:
        yield store
    finally:
        store.close()


def _pragmas(connection: Any, _record: object) -> None:
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma foreign_keys = on")
    connection.execute("pragma busy_timeout = 30000")


def _migrate(engine: Engine) -> None:
    with engine.begin() as connection:
        if MigrationContext.configure(connection).get_current_revision() == HEAD:
            return
        config = Config()
        config.set_main_option("script_location", str(resources.files("schemas") / "migrations"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _insert(session: Session, table: type[DeclarativeBase], rows: list[dict[str, Any]]) -> None:
    if rows:
        session.execute(insert(table), rows)


def _chunked(store: Store, query: Any, column: Any, values: Iterable[str]) -> Iterator[tuple[Any, ...]]:
    wanted = sorted(set(values))
    with Session(store.engine) as session:
        for at in range(0, len(wanted), _CHUNK):
            yield from map(tuple, session.execute(query.where(column.in_(wanted[at : at + _CHUNK]))))


_WORDS: dict[Any, str] = {LeadEvent: "note", Objection: "reason"}


def _tuple(basis: list[str] | None) -> tuple[str, ...] | None:
    return None if basis is None else tuple(basis)


def _mac(key: DistrictKey, entry: AuditEntry) -> str:
    parts = [entry.seq, entry.at, entry.who, entry.what, entry.person_key, entry.why, entry.previous]
    return key.sign("audit", json.dumps(parts, ensure_ascii=False).encode())
