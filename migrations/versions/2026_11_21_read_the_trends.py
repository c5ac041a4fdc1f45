"""Read the trends: indexes of trends, panels and reports.

Revision: 0019, after 0018. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_STEPS = "critical_result_steps"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _evidence()


def _evidence() -> None:
    """A step tells by itself on which ward it was heard, and what for."""
    op.add_column(_STEPS, sa.Column("ward_id", sa.UUID(), nullable=True))
    op.add_column(_STEPS, sa.Column("rule", sa.Text(), nullable=True))
    # Where it was heard at each step nobody wrote down: where it was heard last stands for it.
    op.execute(
        "UPDATE critical_result_steps SET ward_id = alert.ward_id, rule = alert.rule"
        " FROM critical_results AS alert WHERE alert.id = critical_result_id"
    )
    op.create_foreign_key(
        op.f("fk_critical_result_steps_ward_id"), _STEPS, "wards", ["ward_id"], ["id"]
    )
    op.create_index(op.f("ix_critical_result_steps_ward_id"), _STEPS, ["ward_id"])
    op.create_index(
        "ix_critical_result_steps_beginnings",
        _STEPS,
        ["hospital_id", "occurred_at"],
        postgresql_where=sa.text("kind IN ('RAISED', 'REOPENED')"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("ix_critical_result_steps_beginnings", _STEPS)
    for column in ("rule", "ward_id"):
        op.drop_column(_STEPS, column)
