"""Find a patient by national id.

Revision: 0010, after 0009. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.create_index(
            "ix_patients_national_id",
            "patients",
            ["hospital_id", "national_id"],
            postgresql_where=sa.text("national_id IS NOT NULL"),
            postgresql_concurrently=True,
        )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        op.drop_index(
            "ix_patients_national_id", "patients", postgresql_concurrently=True, if_exists=True
        )
        op.execute("RESET lock_timeout")
