"""What persons said of spellings of units, so that each doubt is asked once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "unit_judgements",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("left_token", sa.String(64), nullable=False),
        sa.Column("right_token", sa.String(64), nullable=False),
        sa.Column("judgement", sa.String(12), nullable=False),
        sa.Column("judged_by", sa.String(80), nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
    )
    op.create_index("unit_judgements_of_pair", "unit_judgements", ["left_token", "right_token"])


def downgrade() -> None:
    """Drop it."""
    op.drop_table("unit_judgements")
