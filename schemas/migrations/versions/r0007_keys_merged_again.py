"""Two keys can be merged, split and merged again: key events are history, no longer one per pair."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_COLUMNS = "old_key, new_key, event, happened_on, version"


def upgrade() -> None:
    """The table anew without its uniqueness, the events in their order."""
    _anew()


def downgrade() -> None:
    """The table with its uniqueness again, the first event of each pair."""
    op.execute("delete from key_events where id not in (select min(id) from key_events group by old_key, new_key)")
    _anew(sa.UniqueConstraint("old_key", "new_key"))


def _anew(*constraints: sa.Constraint) -> None:
    key = sa.String(40)
    op.create_table(
        "key_events_anew",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("old_key", key, nullable=False),
        sa.Column("new_key", key, nullable=False),
        sa.Column("event", sa.String(12), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("version", key, sa.ForeignKey("versions.version"), nullable=False),
        *constraints,
    )
    op.execute(f"insert into key_events_anew ({_COLUMNS}) select {_COLUMNS} from key_events order by id")
    op.drop_table("key_events")
    op.rename_table("key_events_anew", "key_events")
    op.create_index("ix_key_events_version", "key_events", ["version"])
