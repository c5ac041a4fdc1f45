"""Hear every write to a chart.

Revision: 0009, after 0008. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {"ix_events_ward": "ward_id", "ix_events_patient": "patient_id"}


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, column in INDEXES.items():
            op.create_index(
                name,
                "events",
                [column, "position"],
                postgresql_where=sa.text("position IS NOT NULL"),
                postgresql_concurrently=True,
            )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name in INDEXES:
            op.drop_index(name, "events", postgresql_concurrently=True, if_exists=True)
        op.execute("RESET lock_timeout")
