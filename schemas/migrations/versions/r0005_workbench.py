"""Accounts of the review workbench, failed and current log-ins, and where each reviewer left off."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the four tables."""
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("role", sa.String(12), nullable=False),
        sa.Column("streets", sa.JSON(), nullable=False),
        sa.Column("password", sa.String(200), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("created_by", sa.String(80), nullable=False),
    )
    op.create_table(
        "login_failures",
        sa.Column("name_token", sa.String(64), primary_key=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_at", _TIME, nullable=False),
        sa.Column("closed_until", _TIME),
    )
    op.create_table(
        "work_sessions",
        sa.Column("token", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(40), sa.ForeignKey("accounts.name"), nullable=False, index=True),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME, nullable=False),
    )
    op.create_table(
        "work_places",
        sa.Column("account", sa.String(40), sa.ForeignKey("accounts.name"), primary_key=True),
        sa.Column("pair_id", sa.String(64)),
        sa.Column("filters", sa.JSON(), nullable=False),
        sa.Column("hide_score", sa.Boolean(), nullable=False),
        sa.Column("draft", sa.Text()),
    )


def downgrade() -> None:
    """Drop them."""
    for table in ("work_places", "work_sessions", "login_failures", "accounts"):
        op.drop_table(table)
