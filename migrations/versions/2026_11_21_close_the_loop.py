"""Close the loop: editable escalation chains, who was told and called, alerts of deterioration.

Revision: 0013, after 0012. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UUIDS = postgresql.ARRAY(postgresql.UUID(as_uuid=True))
_TIME = postgresql.TIMESTAMP(timezone=True)
_ALERTS, _STEPS = "critical_results", "critical_result_steps"
_KINDS_BEFORE = (
    "RAISED", "ESCALATED", "READ_BACK_REFUSED", "ACKNOWLEDGED", "REOPENED", "WITHDRAWN", "BREACHED"
)  # fmt: skip
_KINDS = (*_KINDS_BEFORE, "TOLD", "REPEATED", "WORSENED")
_AUDIENCES = (
    "WARD_NURSE_AND_ORDERING_CLINICIAN", "CHARGE_NURSE", "ON_CALL_DOCTOR", "ATTENDING", "REPORT"
)  # fmt: skip
_URGENCIES = ("CRITICAL", "URGENT_REVIEW", "EMERGENCY")


def _known(table: str, column: str, words: tuple[str, ...]) -> None:
    listed = ", ".join(f"'{word}'" for word in words)
    op.create_check_constraint(op.f(f"ck_{table}_{column}_known"), table, f"{column} IN ({listed})")


def _pointer(table: str, column: str, target: str) -> None:
    op.create_foreign_key(op.f(f"fk_{table}_{column}"), table, target, [column], ["id"])


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _chains()
    _alerts()
    _steps()


def _chains() -> None:
    op.create_table(
        "escalation_chains",
        sa.Column("ward_id", sa.UUID(), nullable=True),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("after_minutes", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("audiences", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("retired_at", _TIME, nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "cardinality(after_minutes) = cardinality(audiences) AND cardinality(audiences) >= 2",
            name=op.f("ck_escalation_chains_steps_paired"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_escalation_chains_version_positive")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_escalation_chains_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_escalation_chains_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"], ["wards.id"], name=op.f("fk_escalation_chains_ward_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_escalation_chains")),
    )
    _known("escalation_chains", "urgency", _URGENCIES)
    whose = ["hospital_id", sa.text("coalesce(ward_id, hospital_id)"), "urgency"]
    op.create_index(
        "uq_escalation_chains_version", "escalation_chains", [*whose, "version"], unique=True
    )
    op.create_index(
        "uq_escalation_chains_current",
        "escalation_chains",
        whose,
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_index("ix_escalation_chains_ward_id", "escalation_chains", ["ward_id"])
    op.create_index(op.f("ix_escalation_chains_created_by"), "escalation_chains", ["created_by"])


def _alerts() -> None:
    op.add_column(
        _ALERTS, sa.Column("kind", sa.Text(), server_default="LABORATORY", nullable=False)
    )
    op.add_column(
        _ALERTS, sa.Column("urgency", sa.Text(), server_default="CRITICAL", nullable=False)
    )
    op.add_column(_ALERTS, sa.Column("vital_signs_id", sa.UUID(), nullable=True))
    op.add_column(_ALERTS, sa.Column("chain_id", sa.UUID(), nullable=True))
    op.add_column(_ALERTS, sa.Column("told_at", _TIME, nullable=True))
    # What was open before is not told of again as if it were new.
    op.execute("UPDATE critical_results SET told_at = raised_at")
    op.alter_column(_ALERTS, "lab_result_id", nullable=True)
    _known(_ALERTS, "kind", ("LABORATORY", "DETERIORATION"))
    _known(_ALERTS, "urgency", _URGENCIES)
    op.create_check_constraint(
        op.f("ck_critical_results_kind_names_its_finding"),
        _ALERTS,
        "(kind = 'LABORATORY') = (lab_result_id IS NOT NULL)"
        " AND (kind = 'DETERIORATION') = (vital_signs_id IS NOT NULL)",
    )
    _pointer(_ALERTS, "vital_signs_id", "vital_signs")
    _pointer(_ALERTS, "chain_id", "escalation_chains")
    op.create_index("uq_critical_results_vital_signs_id", _ALERTS, ["vital_signs_id"], unique=True)
    op.create_index(op.f("ix_critical_results_chain_id"), _ALERTS, ["chain_id"])
    op.create_index(
        "ix_critical_results_untold",
        _ALERTS,
        ["hospital_id", "raised_at"],
        postgresql_where=sa.text("status = 'OPEN' AND told_at IS NULL"),
    )


def _steps() -> None:
    op.alter_column(_STEPS, "lab_result_id", nullable=True)
    op.add_column(_STEPS, sa.Column("vital_signs_id", sa.UUID(), nullable=True))
    op.add_column(_STEPS, sa.Column("audience", sa.Text(), nullable=True))
    op.add_column(
        _STEPS, sa.Column("called", _UUIDS, server_default=sa.text("'{}'"), nullable=False)
    )
    _pointer(_STEPS, "vital_signs_id", "vital_signs")
    op.create_index(op.f("ix_critical_result_steps_vital_signs_id"), _STEPS, ["vital_signs_id"])
    op.drop_constraint(op.f("ck_critical_result_steps_kind_known"), _STEPS)
    _known(_STEPS, "kind", _KINDS)
    _known(_STEPS, "audience", _AUDIENCES)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # What the version before has no words for; as a table that it has not is dropped.
    op.execute(
        "DELETE FROM critical_result_steps WHERE lab_result_id IS NULL"
        " OR kind IN ('TOLD', 'REPEATED', 'WORSENED')"
    )
    op.execute("DELETE FROM critical_results WHERE kind = 'DETERIORATION'")
    op.drop_constraint(op.f("ck_critical_result_steps_audience_known"), _STEPS)
    op.drop_constraint(op.f("ck_critical_result_steps_kind_known"), _STEPS)
    _known(_STEPS, "kind", _KINDS_BEFORE)
    for column in ("called", "audience", "vital_signs_id"):
        op.drop_column(_STEPS, column)
    op.alter_column(_STEPS, "lab_result_id", nullable=False)
    op.drop_index("ix_critical_results_untold", _ALERTS)
    op.drop_constraint(op.f("ck_critical_results_kind_names_its_finding"), _ALERTS)
    for column in ("told_at", "chain_id", "vital_signs_id", "urgency", "kind"):
        op.drop_column(_ALERTS, column)
    op.alter_column(_ALERTS, "lab_result_id", nullable=False)
    op.drop_table("escalation_chains")
