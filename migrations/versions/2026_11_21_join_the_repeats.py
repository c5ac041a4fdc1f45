"""Join the repeats: which critical result a result belongs to, what a repeat must match, and when
it last sounded; who ordered a result; and the step of an alert that moves with its patient.

Revision: 0018, after 0017. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

_ALERTS, _STEPS, _LABS = "critical_results", "critical_result_steps", "lab_results"
_KINDS_BEFORE = (
    "RAISED", "ESCALATED", "READ_BACK_REFUSED", "ACKNOWLEDGED", "REOPENED", "WITHDRAWN", "BREACHED",
    "TOLD", "REPEATED", "WORSENED",
)  # fmt: skip
_KINDS = (*_KINDS_BEFORE, "MOVED")
_KNOWN = "ck_critical_result_steps_kind_known"

# Indexes of a large table, built beside the running hospital. Most results have neither.
_INDEXES = ("critical_result_id", "ordered_by")


def _index(column: str) -> None:
    name = op.f(f"ix_lab_results_{column}")
    # What an earlier try has left behind is not whole.
    op.drop_index(name, _LABS, postgresql_concurrently=True, if_exists=True)
    op.create_index(
        name,
        _LABS,
        [column],
        postgresql_where=sa.text(f"{column} IS NOT NULL"),
        postgresql_concurrently=True,
    )


def _kinds(words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.drop_constraint(op.f(_KNOWN), _STEPS)
    op.create_check_constraint(op.f(_KNOWN), _STEPS, f"kind IN ({listed})")


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for column in _INDEXES:
            op.execute(f"ALTER TABLE {_LABS} ADD COLUMN IF NOT EXISTS {column} uuid")
            _index(column)
        op.execute("RESET lock_timeout")
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(_LABS, sa.Column("verdict", sa.Text(), nullable=True))
    op.create_foreign_key(op.f("fk_lab_results_ordered_by"), _LABS, "users", ["ordered_by"], ["id"])
    # The two point at each other: the result is written first, and its alert before the commit.
    op.create_foreign_key(
        op.f("fk_lab_results_critical_result_id"),
        _LABS,
        _ALERTS,
        ["critical_result_id"],
        ["id"],
        deferrable=True,
        initially="DEFERRED",
    )
    op.add_column(_ALERTS, sa.Column("repeat_key", sa.Text(), nullable=True))
    op.add_column(
        _ALERTS,
        sa.Column(
            "sounded_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
    )
    # A critical result of before is joined by none: the next repeat sounds.
    op.execute("UPDATE critical_results SET sounded_at = raised_at")
    op.execute(
        "UPDATE lab_results AS version SET critical_result_id = alert.id, verdict ="
        " CASE WHEN version.id = spoken.id THEN alert.rule END"
        " FROM critical_results AS alert"
        " JOIN lab_results AS spoken ON spoken.id = alert.lab_result_id"
        " WHERE version.root_id = spoken.root_id"
    )
    op.create_index(
        "uq_critical_results_repeat_key",
        _ALERTS,
        ["patient_id", "repeat_key"],
        unique=True,
        postgresql_where=sa.text("repeat_key IS NOT NULL"),
    )
    _kinds(_KINDS)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What the version before has no word for.
    op.execute("DELETE FROM critical_result_steps WHERE kind = 'MOVED'")
    _kinds(_KINDS_BEFORE)
    op.drop_index("uq_critical_results_repeat_key", _ALERTS)
    for column in ("sounded_at", "repeat_key"):
        op.drop_column(_ALERTS, column)
    for column in ("verdict", "critical_result_id", "ordered_by"):
        op.drop_column(_LABS, column)
