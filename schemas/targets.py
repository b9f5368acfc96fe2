"""One target per name: where `sanzhao ledger export --to NAME` loads the ledger. Secrets lie elsewhere."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from schemas.connectors import PostgresConnector, S3Connector


class PostgresTarget(PostgresConnector):
    """A schema of a PostgreSQL database, replaced in one transaction."""

    query: Literal[""] = ""
    schema_name: str = Field(default="sanzhao", pattern=r"^[a-z_][a-z0-9_]{0,40}$")


Target = Annotated[PostgresTarget | S3Connector, Field(discriminator="type")]
