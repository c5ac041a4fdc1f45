"""Keep the administration record: which dose was recorded, and what was taken back.

Revision: 0020, after 0019. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_TABLE = "medication_administrations"
_TIME = sa.TIMESTAMP(timezone=True)


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(_TABLE, sa.Column("due_at", _TIME, nullable=True))
    op.add_column(_TABLE, sa.Column("recorded_as", sa.Text(), nullable=True))
    op.add_column(_TABLE, sa.Column("entered_in_error_at", _TIME, nullable=True))
    op.add_column(_TABLE, sa.Column("entered_in_error_by", sa.UUID(), nullable=True))
    op.add_column(_TABLE, sa.Column("entered_in_error_reason", sa.Text(), nullable=True))
    op.create_foreign_key(
        op.f("fk_medication_administrations_entered_in_error_by"),
        _TABLE,
        "users",
        ["entered_in_error_by"],
        ["id"],
    )
    op.create_index(
        op.f("ix_medication_administrations_entered_in_error_by"), _TABLE, ["entered_in_error_by"]
    )
    op.create_check_constraint(
        op.f("ck_medication_administrations_recorded_as_known"),
        _TABLE,
        "recorded_as IN ('GIVEN', 'NOT_GIVEN', 'ENTERED_IN_ERROR')",
    )
    op.create_check_constraint(
        op.f("ck_medication_administrations_entered_in_error_says_why"),
        _TABLE,
        "entered_in_error_at IS NULL OR (status = 'ENTERED_IN_ERROR'"
        " AND recorded_as IS NOT NULL AND entered_in_error_reason IS NOT NULL)",
    )
    op.create_index(
        "uq_medication_administrations_due",
        _TABLE,
        ["medication_order_id", "due_at"],
        unique=True,
        postgresql_where=sa.text("due_at IS NOT NULL AND status <> 'ENTERED_IN_ERROR'"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_medication_administrations_due", _TABLE)
    for name in ("entered_in_error_says_why", "recorded_as_known"):
        op.drop_constraint(op.f(f"ck_medication_administrations_{name}"), _TABLE)
    for name in (
        "entered_in_error_reason",
        "entered_in_error_by",
        "entered_in_error_at",
        "recorded_as",
        "due_at",
    ):
        op.drop_column(_TABLE, name)
