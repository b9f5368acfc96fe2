"""Beside a move of a lead: the organisation that took its person in, and what the street wrote to its answer."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_COLUMNS = (("org_code", sa.String(40)), ("org_name", sa.Text()), ("remark", sa.Text()))


def upgrade() -> None:
    """Add the columns."""
    for name, kind in _COLUMNS:
        op.add_column("lead_events", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Drop them."""
    with op.batch_alter_table("lead_events") as table:
        for name, _ in _COLUMNS:
            table.drop_column(name)
