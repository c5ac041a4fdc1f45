"""Count the attempts to find who is to arrive.

Revision: 0027, after 0026. Created 2026-11-22.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "arrival_attempts",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("attempted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_arrival_attempts")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_arrival_attempts_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_arrival_attempts_user_id")
        ),
    )
    op.create_index("ix_arrival_attempts_user", "arrival_attempts", ["user_id", "attempted_at"])
    op.create_index("ix_arrival_attempts_time", "arrival_attempts", ["attempted_at"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("arrival_attempts")
