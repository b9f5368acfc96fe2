"""The register of organisations as it last came whole, for a night on which it does not."""

from __future__ import annotations

from datetime import date

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from flows.home.store.opened import Opened
from schemas.store import Register, Version


class Registers(Opened):
    """Registers of organisations, sealed; only those of published versions count."""

    def last_register(self, source: str) -> tuple[date, bytes] | None:
        """The day and the sealed rows of the newest published one; none before the first."""
        query = (
            select(Register.as_of, Register.body)
            .join(Version, Version.version == Register.version)
            .where(Register.source == source, Version.state == "published")
            .order_by(Register.version.desc())
            .limit(1)
        )
        with Session(self.engine) as session:
            result = session.execute(query).first()
            return (result.as_of, result.body) if result else None

    def forget_older_registers(self, version: str) -> None:
        """Once a version with a register is published, those before it have done their work."""
        with Session(self.engine) as session, session.begin():
            fresh = session.scalars(select(Register.source).where(Register.version == version)).all()
            session.execute(delete(Register).where(Register.source.in_(fresh), Register.version < version))
