"""The first store: versions, identities, evidence, leads, judgements, objections, runs, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_KEY = sa.String(40)
_TOKEN = sa.String(64)
_WHO = sa.String(80)


def upgrade() -> None:
    """Create every table."""
    _versions_and_identities()
    _work_of_people()
    _runs_and_audit()


def _versions_and_identities() -> None:
    op.create_table(
        "versions",
        sa.Column("version", _KEY, primary_key=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
    )
    op.create_table(
        "identities",
        sa.Column("person_key", _KEY, primary_key=True),
        sa.Column("minted_on", sa.Date(), nullable=False),
        sa.Column("version", _KEY, sa.ForeignKey("versions.version"), nullable=False, index=True),
    )
    op.create_table(
        "evidence",
        sa.Column("token", _TOKEN, primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("person_key", _KEY, nullable=False, index=True),
        sa.Column("version", _KEY, sa.ForeignKey("versions.version"), nullable=False, index=True),
    )
    op.create_table(
        "key_events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("old_key", _KEY, nullable=False),
        sa.Column("new_key", _KEY, nullable=False),
        sa.Column("event", sa.String(12), nullable=False),
        sa.Column("happened_on", sa.Date(), nullable=False),
        sa.Column("version", _KEY, sa.ForeignKey("versions.version"), nullable=False, index=True),
        sa.UniqueConstraint("old_key", "new_key"),
    )


def _work_of_people() -> None:
    op.create_table(
        "lead_events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_key", _KEY, nullable=False),
        sa.Column("code", sa.String(4), nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("checked_by", _WHO, nullable=False),
        sa.Column("checked_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text()),
    )
    op.create_index("lead_events_of_person", "lead_events", ["person_key", "code"])
    op.create_table(
        "judgements",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("left_token", _TOKEN, nullable=False),
        sa.Column("right_token", _TOKEN, nullable=False),
        sa.Column("judgement", sa.String(12), nullable=False),
        sa.Column("judged_by", _WHO, nullable=False),
        sa.Column("judged_on", sa.Date(), nullable=False),
        sa.Column("note", sa.Text()),
    )
    op.create_index("judgements_of_pair", "judgements", ["left_token", "right_token"])
    op.create_table(
        "objections",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("person_key", _KEY, nullable=False, index=True),
        sa.Column("raised_on", sa.Date(), nullable=False),
        sa.Column("raised_by", _WHO, nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("answered_on", sa.Date()),
        sa.Column("answer", sa.Text()),
    )


def _runs_and_audit() -> None:
    op.create_table(
        "runs",
        sa.Column("run_id", sa.String(60), primary_key=True),
        sa.Column("as_of", sa.Date(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("version", _KEY),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("message", sa.Text()),
    )
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), primary_key=True),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("who", _WHO, nullable=False),
        sa.Column("what", _KEY, nullable=False),
        sa.Column("person_key", _KEY),
        sa.Column("why", sa.Text()),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("previous", _TOKEN, nullable=False),
        sa.Column("mac", _TOKEN, nullable=False),
    )


def downgrade() -> None:
    """Drop every table."""
    for table in ("audit", "runs", "objections", "judgements", "lead_events", "key_events", "evidence", "identities"):
        op.drop_table(table)
    op.drop_table("versions")
