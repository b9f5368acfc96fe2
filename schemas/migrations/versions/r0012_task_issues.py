"""When each lead was first put to a street, and until when it is to be answered."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "task_issues",
        sa.Column("person_key", sa.String(40), primary_key=True),
        sa.Column("code", sa.String(4), primary_key=True),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_table("task_issues")
