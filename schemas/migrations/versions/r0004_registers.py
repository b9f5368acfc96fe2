"""The register of organisations a version was made with, for a night on which it does not come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "registers",
        sa.Column("version", sa.String(40), sa.ForeignKey("versions.version"), primary_key=True),
        sa.Column("source", sa.String(80), primary_key=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("registers")
