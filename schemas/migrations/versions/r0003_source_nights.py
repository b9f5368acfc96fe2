"""What came from each source in each published run, for the next night to compare with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "source_nights",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("run_id", sa.String(60), nullable=False),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("quality", sa.JSON(), nullable=False),
        sa.Column("keys", sa.LargeBinary()),
        sa.UniqueConstraint("source", "run_id"),
    )
    op.create_index("source_nights_by_date", "source_nights", ["source", "as_of"])


def downgrade() -> None:
    """Drop it."""
    op.drop_index("source_nights_by_date", "source_nights")
    op.drop_table("source_nights")
