"""Give the doses: times of orders, their history, warnings.

Revision: 0017, after 0016. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_ORDERS, _STEPS, _WARNINGS = "medication_orders", "medication_order_steps", "medication_warnings"
_STATUS = (
    "DRAFT", "ACTIVE", "ON_HOLD", "COMPLETED", "STOPPED", "CANCELLED", "ENTERED_IN_ERROR"
)  # fmt: skip
_KINDS = (
    "ORDERED", "STARTED", "HELD", "RESUMED", "STOPPED", "COMPLETED", "CANCELLED",
    "ENTERED_IN_ERROR", "OVERRIDDEN", "IMPORTED",
)  # fmt: skip
_WARNING_KINDS = (
    "ALLERGY_SUBSTANCE", "ALLERGY_CLASS", "ALLERGY_CROSS", "DUPLICATE_DRUG", "DUPLICATE_CLASS",
    "INTERACTION",
)  # fmt: skip
_SEVERITIES = ("HIGH", "MODERATE", "LOW")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # First what takes its time: the orders are read and written meanwhile.
    _steps()
    op.add_column(
        _ORDERS,
        sa.Column(
            "times", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(
        _ORDERS,
        sa.Column(
            "times_by_default", sa.Boolean(), server_default=sa.text("false"), nullable=False
        ),
    )
    op.add_column(_ORDERS, sa.Column("starts_at", _TIME, nullable=True))
    op.add_column(_ORDERS, sa.Column("ends_at", _TIME, nullable=True))
    op.add_column(_ORDERS, sa.Column("max_per_day", sa.Integer(), nullable=True))
    op.add_column(_ORDERS, sa.Column("hold_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_medication_orders_max_per_day_positive"), _ORDERS, "max_per_day > 0"
    )
    op.create_check_constraint(
        op.f("ck_medication_orders_ends_after_start"), _ORDERS, "ends_at > starts_at"
    )
    op.add_column("allergies", sa.Column("error_reason", sa.Text(), nullable=True))
    _warnings()


def _known(table: str, column: str, words: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=op.f(f"ck_{table}_{column}_known"))


def _pointer(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))


def _steps() -> None:
    op.create_table(
        _STEPS,
        sa.Column("medication_order_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        _known(_STEPS, "kind", _KINDS),
        _known(_STEPS, "status", _STATUS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication_order_steps")),
    )
    # What is known of the orders that are there: who gave them, and how some of them ended.
    op.execute(
        "INSERT INTO medication_order_steps (id, hospital_id, medication_order_id, patient_id,"
        " kind, occurred_at, status, user_id)"
        " SELECT gen_random_uuid(), hospital_id, id, patient_id, 'ORDERED', ordered_at,"
        " 'ACTIVE', created_by FROM medication_orders"
    )
    op.execute(
        "INSERT INTO medication_order_steps (id, hospital_id, medication_order_id, patient_id,"
        " kind, occurred_at, status, reason, user_id)"
        " SELECT gen_random_uuid(), hospital_id, id, patient_id,"
        " CASE status WHEN 'DRAFT' THEN 'IMPORTED' WHEN 'ON_HOLD' THEN 'HELD' ELSE status END,"
        " greatest(ordered_at, coalesce(stopped_at, updated_at)), status, stop_reason, updated_by"
        " FROM medication_orders WHERE status <> 'ACTIVE'"
    )
    op.create_index(
        "ix_medication_order_steps_order",
        _STEPS,
        [
            "medication_order_id",
            sa.literal_column("occurred_at DESC"),
            sa.literal_column("id DESC"),
        ],
    )
    op.create_index(op.f("ix_medication_order_steps_patient_id"), _STEPS, ["patient_id"])
    op.create_index(op.f("ix_medication_order_steps_user_id"), _STEPS, ["user_id"])
    # All at once is faster than row by row, and what they point at is locked no longer than that.
    for column, target in (
        ("medication_order_id", _ORDERS),
        ("patient_id", "patients"),
        ("user_id", "users"),
        ("hospital_id", "hospitals"),
    ):
        op.create_foreign_key(op.f(f"fk_{_STEPS}_{column}"), _STEPS, target, [column], ["id"])


def _warnings() -> None:
    op.create_table(
        _WARNINGS,
        sa.Column("medication_order_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("allergy_id", sa.UUID(), nullable=True),
        sa.Column("other_order_id", sa.UUID(), nullable=True),
        sa.Column("found_at", _TIME, nullable=False),
        sa.Column("overridden_at", _TIME, nullable=True),
        sa.Column("overridden_by", sa.UUID(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column("resolved_at", _TIME, nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        _known(_WARNINGS, "kind", _WARNING_KINDS),
        _known(_WARNINGS, "severity", _SEVERITIES),
        sa.CheckConstraint(
            "(allergy_id IS NULL) <> (other_order_id IS NULL)",
            name=op.f("ck_medication_warnings_one_cause"),
        ),
        sa.CheckConstraint(
            "(overridden_at IS NULL) = (override_reason IS NULL)",
            name=op.f("ck_medication_warnings_overridden_says_why"),
        ),
        _pointer(_WARNINGS, "medication_order_id", _ORDERS),
        _pointer(_WARNINGS, "patient_id", "patients"),
        _pointer(_WARNINGS, "allergy_id", "allergies"),
        _pointer(_WARNINGS, "other_order_id", _ORDERS),
        _pointer(_WARNINGS, "overridden_by", "users"),
        _pointer(_WARNINGS, "hospital_id", "hospitals"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication_warnings")),
    )
    for column in (
        "medication_order_id", "patient_id", "allergy_id", "other_order_id", "overridden_by"
    ):  # fmt: skip
        op.create_index(op.f(f"ix_medication_warnings_{column}"), _WARNINGS, [column])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table(_WARNINGS)
    op.drop_table(_STEPS)
    op.drop_column("allergies", "error_reason")
    op.drop_constraint(op.f("ck_medication_orders_ends_after_start"), _ORDERS)
    op.drop_constraint(op.f("ck_medication_orders_max_per_day_positive"), _ORDERS)
    for column in (
        "hold_reason", "max_per_day", "ends_at", "starts_at", "times_by_default", "times"
    ):  # fmt: skip
        op.drop_column(_ORDERS, column)
