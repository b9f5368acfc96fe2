"""What the state store remembers of each source's published nights."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from flows.drift.keys import kept_tokens, packed, unpacked
from flows.drift.measure import measure_sources
from flows.home.store import Store, opened_store
from flows.run.context import RunContext
from schemas.drift import SourceQuality
from schemas.store import SourceNight

_NIGHTS_KEPT = 400


@dataclass(frozen=True)
class Past:
    """What is known of one source before tonight."""

    last: SourceQuality
    keys: pa.Table | None
    contents: dict[str, date]
    """Content token: the first night that had it, of all nights remembered."""


def past_of(store: Store, run: RunContext, source: str) -> Past | None:
    """The nights of a source up to tonight's date, this run's own left out; null when there are none."""
    query = (
        select(SourceNight.as_of, SourceNight.quality, SourceNight.keys)
        .where(SourceNight.source == source, SourceNight.as_of <= run.as_of, SourceNight.run_id != run.run_id)
        .order_by(SourceNight.as_of, SourceNight.run_id)
    )
    with Session(store.engine) as session:
        nights = session.execute(query).all()
    if not nights:
        return None
    contents: dict[str, date] = {}
    for as_of, quality, _ in nights:
        for content in quality["contents"]:
            contents.setdefault(content, as_of)
    _, newest, keys = nights[-1]
    return Past(SourceQuality.model_validate(newest), unpacked(keys) if keys else None, contents)


def last_qualities(run: RunContext) -> dict[str, SourceQuality]:
    """The last published night of every source that had one before this run."""
    with opened_store(run.home, run.settings.store_url) as store:
        result = {name: past_of(store, run, name) for name in run.contracts}
    return {name: past.last for name, past in result.items() if past}


def remember_night(con: duckdb.DuckDBPyConnection, run: RunContext) -> dict[str, SourceQuality]:
    """Keep tonight's figures, once the night is published; gives them. A replay brings nothing new to remember."""
    qualities = measure_sources(con, run)
    if run.replay is not None:
        return qualities
    keys = {name: kept_tokens(con, run.contracts[name]) for name in qualities}
    with opened_store(run.home, run.settings.store_url) as store, Session(store.engine) as session, session.begin():
        for name, quality in qualities.items():
            tokens = keys[name]
            mine = SourceNight.source == name
            session.execute(delete(SourceNight).where(mine, SourceNight.run_id == run.run_id))
            session.execute(update(SourceNight).where(mine).values(keys=None))
            session.add(
                SourceNight(
                    source=name,
                    run_id=run.run_id,
                    as_of=run.as_of,
                    quality=quality.model_dump(mode="json"),
                    keys=packed(tokens) if tokens is not None else None,
                )
            )
            session.flush()
            _forget_oldest(session, name)
    return qualities


def _forget_oldest(session: Session, source: str) -> None:
    query = select(SourceNight.id).where(SourceNight.source == source).order_by(SourceNight.id.desc())
    old = session.scalars(query.offset(_NIGHTS_KEPT)).all()
    if old:
        session.execute(delete(SourceNight).where(SourceNight.id.in_(old)))
