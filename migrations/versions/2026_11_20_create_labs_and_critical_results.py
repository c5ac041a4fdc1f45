"""Create laboratory results, critical rules and critical results.

Revision: 0004, after 0003.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "critical_rules",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("test", sa.Text(), nullable=False),
        sa.Column("codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("low", sa.Numeric(), nullable=True),
        sa.Column("low_inclusive", sa.Boolean(), nullable=False),
        sa.Column("high", sa.Numeric(), nullable=True),
        sa.Column("high_inclusive", sa.Boolean(), nullable=False),
        sa.Column("min_age_hours", sa.Integer(), nullable=True),
        sa.Column("max_age_hours", sa.Integer(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("ward_id", sa.UUID(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("active_from", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("retired_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
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
            "sex IN ('FEMALE', 'MALE', 'OTHER', 'UNKNOWN')",
            name=op.f("ck_critical_rules_sex_known"),
        ),
        sa.CheckConstraint("cardinality(codes) > 0", name=op.f("ck_critical_rules_has_code")),
        sa.CheckConstraint(
            "low IS NOT NULL OR high IS NOT NULL", name=op.f("ck_critical_rules_has_bound")
        ),
        sa.CheckConstraint(
            "min_age_hours < max_age_hours", name=op.f("ck_critical_rules_ages_ordered")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_critical_rules_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_critical_rules_hospital_id")
        ),
        sa.ForeignKeyConstraint(["ward_id"], ["wards.id"], name=op.f("fk_critical_rules_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_rules")),
        sa.UniqueConstraint(
            "hospital_id", "key", "version", name=op.f("uq_critical_rules_hospital_id_key_version")
        ),
    )
    op.create_index(
        op.f("ix_critical_rules_created_by"), "critical_rules", ["created_by"], unique=False
    )
    op.create_index(op.f("ix_critical_rules_ward_id"), "critical_rules", ["ward_id"], unique=False)
    op.create_index(
        "uq_critical_rules_current",
        "critical_rules",
        ["hospital_id", "key"],
        unique=True,
        postgresql_where=sa.text("retired_at IS NULL"),
    )
    op.create_table(
        "lab_results",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("display", sa.Text(), nullable=False),
        sa.Column("panel", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(), nullable=True),
        sa.Column("comparator", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("unit", sa.Text(), nullable=True),
        sa.Column("canonical_value", sa.Numeric(), nullable=True),
        sa.Column("canonical_unit", sa.Text(), nullable=True),
        sa.Column("reference_low", sa.Numeric(), nullable=True),
        sa.Column("reference_high", sa.Numeric(), nullable=True),
        sa.Column("sender_flag", sa.Text(), nullable=True),
        sa.Column("interpretation", sa.Text(), nullable=False),
        sa.Column("not_judged_reason", sa.Text(), nullable=True),
        sa.Column("rule_id", sa.UUID(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("issued_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("unmapped", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("arrived_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("root_id", sa.UUID(), nullable=False),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("corrects_id", sa.UUID(), nullable=True),
        sa.Column("superseded_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
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
            "(interpretation = 'NOT_JUDGED') = (not_judged_reason IS NOT NULL)",
            name=op.f("ck_lab_results_not_judged_says_why"),
        ),
        sa.CheckConstraint(
            "comparator IN ('<', '<=', '>', '>=')", name=op.f("ck_lab_results_comparator_known")
        ),
        sa.CheckConstraint(
            "interpretation IN ('NORMAL', 'LOW', 'HIGH', 'CRITICAL_LOW', 'CRITICAL_HIGH', 'ABNORMAL', 'CRITICAL_ABNORMAL', 'NOT_JUDGED')",
            name=op.f("ck_lab_results_interpretation_known"),
        ),
        sa.CheckConstraint(
            "status IN ('PRELIMINARY', 'FINAL', 'CORRECTED', 'CANCELLED', 'ENTERED_IN_ERROR')",
            name=op.f("ck_lab_results_status_known"),
        ),
        sa.CheckConstraint(
            "value IS NULL OR value <> 'NaN'", name=op.f("ck_lab_results_value_is_number")
        ),
        sa.CheckConstraint(
            "(version = 1) = (corrects_id IS NULL)",
            name=op.f("ck_lab_results_correction_points_back"),
        ),
        sa.CheckConstraint("version >= 1", name=op.f("ck_lab_results_version_positive")),
        sa.ForeignKeyConstraint(
            ["corrects_id"], ["lab_results.id"], name=op.f("fk_lab_results_corrects_id")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_lab_results_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_lab_results_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_lab_results_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["root_id"], ["lab_results.id"], name=op.f("fk_lab_results_root_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["critical_rules.id"], name=op.f("fk_lab_results_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lab_results")),
        sa.UniqueConstraint("root_id", "version", name=op.f("uq_lab_results_root_id_version")),
    )
    op.create_index(op.f("ix_lab_results_created_by"), "lab_results", ["created_by"], unique=False)
    op.create_index(
        "ix_lab_results_patient",
        "lab_results",
        ["patient_id", sa.literal_column("observed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text("superseded_at IS NULL"),
    )
    op.create_index(
        "ix_lab_results_patient_abnormal",
        "lab_results",
        ["patient_id", sa.literal_column("observed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_where=sa.text(
            "superseded_at IS NULL AND interpretation NOT IN ('NORMAL', 'NOT_JUDGED')"
        ),
    )
    op.create_index(
        "ix_lab_results_patient_code",
        "lab_results",
        ["patient_id", "code", sa.literal_column("observed_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(op.f("ix_lab_results_rule_id"), "lab_results", ["rule_id"], unique=False)
    op.create_index("uq_lab_results_corrects_id", "lab_results", ["corrects_id"], unique=True)
    op.create_index(
        "uq_lab_results_external",
        "lab_results",
        ["hospital_id", "sender", "external_id"],
        unique=True,
        postgresql_where=sa.text("superseded_at IS NULL AND external_id IS NOT NULL"),
    )
    op.create_table(
        "critical_results",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("ward_id", sa.UUID(), nullable=True),
        sa.Column("lab_result_id", sa.UUID(), nullable=False),
        sa.Column("rule_id", sa.UUID(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("raised_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("acknowledged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.UUID(), nullable=True),
        sa.Column("read_back", sa.Numeric(), nullable=True),
        sa.Column("withdrawn_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("escalation_level", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_escalation_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
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
            "(status = 'ACKNOWLEDGED') = (acknowledged_at IS NOT NULL)",
            name=op.f("ck_critical_results_acknowledged_says_when"),
        ),
        sa.CheckConstraint(
            "status = 'OPEN' OR next_escalation_at IS NULL",
            name=op.f("ck_critical_results_clock_runs_while_open"),
        ),
        sa.CheckConstraint(
            "status IN ('OPEN', 'ACKNOWLEDGED', 'WITHDRAWN')",
            name=op.f("ck_critical_results_status_known"),
        ),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL) AND (acknowledged_at IS NULL) = (read_back IS NULL)",
            name=op.f("ck_critical_results_acknowledged_says_who"),
        ),
        sa.CheckConstraint(
            "escalation_level >= 0", name=op.f("ck_critical_results_level_positive")
        ),
        sa.ForeignKeyConstraint(
            ["acknowledged_by"], ["users.id"], name=op.f("fk_critical_results_acknowledged_by")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_critical_results_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_critical_results_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["lab_result_id"], ["lab_results.id"], name=op.f("fk_critical_results_lab_result_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_critical_results_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["critical_rules.id"], name=op.f("fk_critical_results_rule_id")
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"], ["wards.id"], name=op.f("fk_critical_results_ward_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_results")),
    )
    op.create_index(
        op.f("ix_critical_results_acknowledged_by"),
        "critical_results",
        ["acknowledged_by"],
        unique=False,
    )
    op.create_index(
        op.f("ix_critical_results_created_by"), "critical_results", ["created_by"], unique=False
    )
    op.create_index(
        "ix_critical_results_due",
        "critical_results",
        ["next_escalation_at"],
        unique=False,
        postgresql_where=sa.text("next_escalation_at IS NOT NULL"),
    )
    op.create_index(
        "ix_critical_results_hospital",
        "critical_results",
        ["hospital_id", sa.literal_column("raised_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_critical_results_patient", "critical_results", ["patient_id", "raised_at"], unique=False
    )
    op.create_index(
        op.f("ix_critical_results_rule_id"), "critical_results", ["rule_id"], unique=False
    )
    op.create_index(
        "ix_critical_results_ward",
        "critical_results",
        ["ward_id", sa.literal_column("raised_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "uq_critical_results_lab_result_id", "critical_results", ["lab_result_id"], unique=True
    )
    op.create_table(
        "critical_result_steps",
        sa.Column("critical_result_id", sa.UUID(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("lab_result_id", sa.UUID(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=True),
        sa.Column("session_id", sa.UUID(), nullable=True),
        sa.Column("read_back", sa.Numeric(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('RAISED', 'ESCALATED', 'READ_BACK_REFUSED', 'ACKNOWLEDGED', 'REOPENED', 'WITHDRAWN', 'BREACHED')",
            name=op.f("ck_critical_result_steps_kind_known"),
        ),
        sa.ForeignKeyConstraint(
            ["critical_result_id"],
            ["critical_results.id"],
            name=op.f("fk_critical_result_steps_critical_result_id"),
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_critical_result_steps_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["lab_result_id"],
            ["lab_results.id"],
            name=op.f("fk_critical_result_steps_lab_result_id"),
        ),
        sa.ForeignKeyConstraint(
            ["session_id"], ["sessions.id"], name=op.f("fk_critical_result_steps_session_id")
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_critical_result_steps_user_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_critical_result_steps")),
        sa.UniqueConstraint(
            "critical_result_id",
            "number",
            name=op.f("uq_critical_result_steps_critical_result_id_number"),
        ),
    )
    op.create_index(
        op.f("ix_critical_result_steps_lab_result_id"),
        "critical_result_steps",
        ["lab_result_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_critical_result_steps_session_id"),
        "critical_result_steps",
        ["session_id"],
        unique=False,
    )
    op.create_index(
        op.f("ix_critical_result_steps_user_id"), "critical_result_steps", ["user_id"], unique=False
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("critical_result_steps")
    op.drop_table("critical_results")
    op.drop_table("lab_results")
    op.drop_table("critical_rules")
