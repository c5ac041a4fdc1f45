"""Create allergies, vital signs and medication.

Revision: 0003, after 0002.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "allergies",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("substance", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("reaction", sa.Text(), nullable=True),
        sa.Column("criticality", sa.Text(), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("entered_in_error_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "criticality IN ('LOW', 'HIGH', 'UNABLE_TO_ASSESS')",
            name=op.f("ck_allergies_criticality_known"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_allergies_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_allergies_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_allergies_patient_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_allergies_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_allergies")),
        sa.UniqueConstraint(
            "hospital_id",
            "sender",
            "external_id",
            name=op.f("uq_allergies_hospital_id_sender_external_id"),
        ),
    )
    op.create_index(op.f("ix_allergies_created_by"), "allergies", ["created_by"], unique=False)
    op.create_index(
        "ix_allergies_patient", "allergies", ["patient_id", "recorded_at"], unique=False
    )
    op.create_index(op.f("ix_allergies_updated_by"), "allergies", ["updated_by"], unique=False)
    op.create_table(
        "medication_orders",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("drug", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("dose", sa.Numeric(), nullable=True),
        sa.Column("dose_unit", sa.Text(), nullable=True),
        sa.Column("route", sa.Text(), nullable=True),
        sa.Column("frequency", sa.Text(), nullable=True),
        sa.Column("as_needed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("as_needed_reason", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("ordered_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("stopped_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("stop_reason", sa.Text(), nullable=True),
        sa.Column("override_reason", sa.Text(), nullable=True),
        sa.Column(
            "warnings", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "status <> 'STOPPED' OR stopped_at IS NOT NULL",
            name=op.f("ck_medication_orders_stopped_says_when"),
        ),
        sa.CheckConstraint(
            "status IN ('DRAFT', 'ACTIVE', 'ON_HOLD', 'COMPLETED', 'STOPPED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name=op.f("ck_medication_orders_status_known"),
        ),
        sa.CheckConstraint("dose > 0", name=op.f("ck_medication_orders_dose_positive")),
        sa.CheckConstraint(
            "dose IS NULL OR dose_unit IS NOT NULL", name=op.f("ck_medication_orders_dose_has_unit")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_medication_orders_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_medication_orders_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_medication_orders_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_medication_orders_updated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication_orders")),
        sa.UniqueConstraint(
            "hospital_id",
            "sender",
            "external_id",
            name=op.f("uq_medication_orders_hospital_id_sender_external_id"),
        ),
    )
    op.create_index(
        "ix_medication_orders_active",
        "medication_orders",
        ["patient_id", sa.literal_column("ordered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("status = 'ACTIVE'"),
    )
    op.create_index(
        op.f("ix_medication_orders_created_by"), "medication_orders", ["created_by"], unique=False
    )
    op.create_index(
        "ix_medication_orders_patient",
        "medication_orders",
        ["patient_id", sa.literal_column("ordered_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        op.f("ix_medication_orders_updated_by"), "medication_orders", ["updated_by"], unique=False
    )
    op.create_table(
        "vital_signs",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("recorded_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("heart_rate", sa.Integer(), nullable=True),
        sa.Column("systolic", sa.Integer(), nullable=True),
        sa.Column("diastolic", sa.Integer(), nullable=True),
        sa.Column("respiratory_rate", sa.Integer(), nullable=True),
        sa.Column("temperature", sa.Numeric(), nullable=True),
        sa.Column("oxygen_saturation", sa.Integer(), nullable=True),
        sa.Column("on_oxygen", sa.Boolean(), nullable=True),
        sa.Column("consciousness", sa.Text(), nullable=True),
        sa.Column("weight_kg", sa.Numeric(), nullable=True),
        sa.Column("height_cm", sa.Numeric(), nullable=True),
        sa.Column("pain_score", sa.Integer(), nullable=True),
        sa.Column("news2_applies", sa.Boolean(), nullable=False),
        sa.Column("news2_total", sa.Integer(), nullable=True),
        sa.Column("news2_highest_single", sa.Integer(), nullable=True),
        sa.Column("news2_risk", sa.Text(), nullable=True),
        sa.Column(
            "news2_missing",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "consciousness IN ('ALERT', 'CONFUSION', 'VOICE', 'PAIN', 'UNRESPONSIVE')",
            name=op.f("ck_vital_signs_consciousness_known"),
        ),
        sa.CheckConstraint(
            "news2_risk IN ('LOW', 'LOW_MEDIUM', 'MEDIUM', 'HIGH')",
            name=op.f("ck_vital_signs_news2_risk_known"),
        ),
        sa.CheckConstraint(
            "diastolic <= systolic", name=op.f("ck_vital_signs_diastolic_below_systolic")
        ),
        sa.CheckConstraint(
            "diastolic BETWEEN 0 AND 200", name=op.f("ck_vital_signs_diastolic_plausible")
        ),
        sa.CheckConstraint(
            "heart_rate BETWEEN 0 AND 300", name=op.f("ck_vital_signs_heart_rate_plausible")
        ),
        sa.CheckConstraint(
            "height_cm BETWEEN 15 AND 272", name=op.f("ck_vital_signs_height_cm_plausible")
        ),
        sa.CheckConstraint(
            "news2_total BETWEEN 0 AND 20", name=op.f("ck_vital_signs_news2_total_plausible")
        ),
        sa.CheckConstraint(
            "oxygen_saturation BETWEEN 0 AND 100",
            name=op.f("ck_vital_signs_oxygen_saturation_plausible"),
        ),
        sa.CheckConstraint(
            "pain_score BETWEEN 0 AND 10", name=op.f("ck_vital_signs_pain_score_plausible")
        ),
        sa.CheckConstraint(
            "respiratory_rate BETWEEN 0 AND 100",
            name=op.f("ck_vital_signs_respiratory_rate_plausible"),
        ),
        sa.CheckConstraint(
            "systolic BETWEEN 0 AND 300", name=op.f("ck_vital_signs_systolic_plausible")
        ),
        sa.CheckConstraint(
            "temperature BETWEEN 25 AND 45", name=op.f("ck_vital_signs_temperature_plausible")
        ),
        sa.CheckConstraint(
            "weight_kg BETWEEN 0.2 AND 500", name=op.f("ck_vital_signs_weight_kg_plausible")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_vital_signs_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_vital_signs_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_vital_signs_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_vital_signs")),
        sa.UniqueConstraint(
            "hospital_id",
            "sender",
            "external_id",
            name=op.f("uq_vital_signs_hospital_id_sender_external_id"),
        ),
    )
    op.create_index(op.f("ix_vital_signs_created_by"), "vital_signs", ["created_by"], unique=False)
    op.create_index(
        "ix_vital_signs_patient",
        "vital_signs",
        ["patient_id", sa.literal_column("recorded_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "medication_administrations",
        sa.Column("medication_order_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("given_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("dose", sa.Numeric(), nullable=True),
        sa.Column("dose_unit", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("given_by", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column(
            "updated_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "status <> 'NOT_GIVEN' OR reason IS NOT NULL",
            name=op.f("ck_medication_administrations_not_given_says_why"),
        ),
        sa.CheckConstraint(
            "status IN ('GIVEN', 'NOT_GIVEN', 'ENTERED_IN_ERROR')",
            name=op.f("ck_medication_administrations_status_known"),
        ),
        sa.CheckConstraint("dose > 0", name=op.f("ck_medication_administrations_dose_positive")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_medication_administrations_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["users.id"], name=op.f("fk_medication_administrations_given_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"],
            ["hospitals.id"],
            name=op.f("fk_medication_administrations_hospital_id"),
        ),
        sa.ForeignKeyConstraint(
            ["medication_order_id"],
            ["medication_orders.id"],
            name=op.f("fk_medication_administrations_medication_order_id"),
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_medication_administrations_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_medication_administrations_updated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_medication_administrations")),
    )
    op.create_index(
        op.f("ix_medication_administrations_created_by"),
        "medication_administrations",
        ["created_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_medication_administrations_given_by"),
        "medication_administrations",
        ["given_by"],
        unique=False,
    )
    op.create_index(
        "ix_medication_administrations_order",
        "medication_administrations",
        ["medication_order_id", sa.literal_column("given_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_medication_administrations_patient",
        "medication_administrations",
        ["patient_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_medication_administrations_updated_by"),
        "medication_administrations",
        ["updated_by"],
        unique=False,
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("medication_administrations")
    op.drop_table("vital_signs")
    op.drop_table("medication_orders")
    op.drop_table("allergies")
