"""Exchanges between districts, and whom they found."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "exchanges",
        sa.Column("number", sa.String(16), primary_key=True),
        sa.Column("other", sa.String(80), nullable=False),
        sa.Column("digest", sa.String(64), nullable=False),
        sa.Column("landing", sa.String(80), nullable=False),
        sa.Column("exported_on", sa.Date(), nullable=False),
        sa.Column("expires_on", sa.Date(), nullable=False),
        sa.Column("imported_on", sa.Date(), nullable=True),
    )
    op.create_table(
        "exchange_finds",
        sa.Column("exchange", sa.String(16), sa.ForeignKey("exchanges.number"), primary_key=True),
        sa.Column("pair", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("standing", sa.String(12), nullable=False),
        sa.Column("other", sa.String(80), nullable=False),
        sa.Column("contact", sa.String(120), nullable=False),
        sa.Column("rule", sa.String(4), nullable=False),
        sa.Column("tokens", sa.JSON(), nullable=False),
        sa.Column("found_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("exchange_finds")
    op.drop_table("exchanges")
