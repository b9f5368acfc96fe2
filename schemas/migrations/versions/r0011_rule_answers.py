"""Streets' answers per rule that linked a person's rows, and reviewers' words on pairs known beforehand."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Add both tables."""
    op.create_table(
        "rule_answers",
        sa.Column("event_id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("rule", sa.String(80), primary_key=True),
        sa.Column("confirmed", sa.Boolean(), nullable=False),
    )
    op.create_table(
        "known_readings",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("pair_id", sa.String(64), nullable=False),
        sa.Column("same", sa.Boolean(), nullable=False),
        sa.Column("verdict", sa.String(12), nullable=False),
        sa.Column("read_by", sa.String(80), nullable=False),
        sa.Column("read_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Drop them."""
    op.drop_table("known_readings")
    op.drop_table("rule_answers")
