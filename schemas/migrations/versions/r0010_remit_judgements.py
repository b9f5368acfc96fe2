"""What persons said of whom an organisation takes in, so that each doubtful remit is asked once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "remit_judgements",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("token", sa.String(64), nullable=False, index=True),
        sa.Column("remit", sa.String(12), nullable=False),
        sa.Column("trade_group", sa.String(40), nullable=True),
        sa.Column("judged_by", sa.String(80), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("remit_judgements")
