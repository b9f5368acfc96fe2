"""What a check or judgement was based on, judgements by pair id, and erasures."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add `basis` to lead events and judgements, `pair_id` to judgements, and the table of erasures."""
    with op.batch_alter_table("lead_events") as table:
        table.add_column(sa.Column("basis", sa.JSON()))
    with op.batch_alter_table("judgements") as table:
        table.add_column(sa.Column("pair_id", sa.String(64)))
        table.add_column(sa.Column("basis", sa.JSON()))
    op.create_index("judgements_of_pair_id", "judgements", ["pair_id"])
    op.create_table(
        "erasures",
        sa.Column("person_key", sa.String(40), primary_key=True),
        sa.Column("erased_on", sa.Date(), nullable=False),
        sa.Column("erased_by", sa.String(80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
    )


def downgrade() -> None:
    """Drop what was added."""
    op.drop_table("erasures")
    op.drop_index("judgements_of_pair_id", "judgements")
    with op.batch_alter_table("judgements") as table:
        table.drop_column("pair_id")
        table.drop_column("basis")
    with op.batch_alter_table("lead_events") as table:
        table.drop_column("basis")
