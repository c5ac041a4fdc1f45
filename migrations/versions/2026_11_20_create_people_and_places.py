"""Create the hospital: wards, beds, users, sessions, patients.

Revision: 0001, after nothing.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "hospitals",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("time_zone", sa.Text(), server_default="UTC", nullable=False),
        sa.Column(
            "created_at",
            postgresql.TIMESTAMP(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_hospitals")),
        sa.UniqueConstraint("code", name=op.f("uq_hospitals_code")),
    )
    op.create_table(
        "sign_in_attempts",
        sa.Column("account_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("attempted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_attempts")),
    )
    op.create_index(
        "ix_sign_in_attempts_account",
        "sign_in_attempts",
        ["account_hash", "attempted_at"],
        unique=False,
    )
    op.create_index(
        "ix_sign_in_attempts_address", "sign_in_attempts", ["address", "attempted_at"], unique=False
    )
    op.create_index("ix_sign_in_attempts_time", "sign_in_attempts", ["attempted_at"], unique=False)
    op.create_table(
        "users",
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("disabled_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
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
        sa.CheckConstraint("username = lower(username)", name=op.f("ck_users_username_lower")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_users_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_users_hospital_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_users_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_users")),
        sa.UniqueConstraint("username", name=op.f("uq_users_username")),
    )
    op.create_index(op.f("ix_users_created_by"), "users", ["created_by"], unique=False)
    op.create_index(op.f("ix_users_patient_id"), "users", ["patient_id"], unique=False)
    op.create_index(op.f("ix_users_updated_by"), "users", ["updated_by"], unique=False)
    op.create_table(
        "idempotency_keys",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("mutation", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("request_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("produced", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_idempotency_keys_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "mutation", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        op.f("ix_idempotency_keys_created_at"), "idempotency_keys", ["created_at"], unique=False
    )
    op.create_table(
        "patients",
        sa.Column("mrn", sa.Text(), nullable=False),
        sa.Column("given_name", sa.Text(), nullable=False),
        sa.Column("family_name", sa.Text(), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=False),
        sa.Column("deceased_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("national_id", sa.Text(), nullable=True),
        sa.Column(
            "name_key",
            sa.Text(collation="C"),
            sa.Computed("lower(family_name || ' ' || given_name)", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "given_key",
            sa.Text(collation="C"),
            sa.Computed("lower(given_name || ' ' || family_name)", persisted=True),
            nullable=False,
        ),
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
            "sex IN ('FEMALE', 'MALE', 'OTHER', 'UNKNOWN')", name=op.f("ck_patients_sex_known")
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_patients_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_patients_hospital_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_patients_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patients")),
        sa.UniqueConstraint("hospital_id", "mrn", name=op.f("uq_patients_hospital_id_mrn")),
    )
    op.create_index(op.f("ix_patients_created_by"), "patients", ["created_by"], unique=False)
    op.create_index("ix_patients_given_key", "patients", ["hospital_id", "given_key"], unique=False)
    op.create_index(
        "ix_patients_name_key", "patients", ["hospital_id", "name_key", "id"], unique=False
    )
    op.create_index(op.f("ix_patients_updated_by"), "patients", ["updated_by"], unique=False)
    op.create_table(
        "role_memberships",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "role IN ('ADMIN', 'DOCTOR', 'NURSE', 'CHARGE_NURSE', 'LAB', 'PHARMACIST', 'CLERK', 'AUDITOR', 'INTEGRATOR', 'PATIENT')",
            name=op.f("ck_role_memberships_role_known"),
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_role_memberships_user_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "role", name=op.f("pk_role_memberships")),
    )
    op.create_table(
        "sessions",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("token_hash", postgresql.BYTEA(), nullable=False),
        sa.Column("created_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("last_seen_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("expires_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("revoked_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_sessions_hospital_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_sessions_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sessions")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_sessions_token_hash")),
    )
    op.create_index(op.f("ix_sessions_expires_at"), "sessions", ["expires_at"], unique=False)
    op.create_index("ix_sessions_user_id", "sessions", ["user_id"], unique=False)
    op.create_table(
        "wards",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
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
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_wards_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_wards_hospital_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_wards_updated_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wards")),
        sa.UniqueConstraint("hospital_id", "code", name=op.f("uq_wards_hospital_id_code")),
    )
    op.create_index(op.f("ix_wards_created_by"), "wards", ["created_by"], unique=False)
    op.create_index(op.f("ix_wards_updated_by"), "wards", ["updated_by"], unique=False)
    op.create_table(
        "rooms",
        sa.Column("ward_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
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
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_rooms_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_rooms_hospital_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_rooms_updated_by")),
        sa.ForeignKeyConstraint(["ward_id"], ["wards.id"], name=op.f("fk_rooms_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rooms")),
        sa.UniqueConstraint("ward_id", "code", name=op.f("uq_rooms_ward_id_code")),
    )
    op.create_index(op.f("ix_rooms_created_by"), "rooms", ["created_by"], unique=False)
    op.create_index(op.f("ix_rooms_updated_by"), "rooms", ["updated_by"], unique=False)
    op.create_table(
        "ward_memberships",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("ward_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["users.id"], name=op.f("fk_ward_memberships_user_id")
        ),
        sa.ForeignKeyConstraint(
            ["ward_id"], ["wards.id"], name=op.f("fk_ward_memberships_ward_id")
        ),
        sa.PrimaryKeyConstraint("user_id", "ward_id", name=op.f("pk_ward_memberships")),
    )
    op.create_index(
        op.f("ix_ward_memberships_ward_id"), "ward_memberships", ["ward_id"], unique=False
    )
    op.create_table(
        "beds",
        sa.Column("ward_id", sa.UUID(), nullable=False),
        sa.Column("room_id", sa.UUID(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), server_default="UNOCCUPIED", nullable=False),
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
            "status IN ('UNOCCUPIED', 'OCCUPIED', 'HOUSEKEEPING', 'CONTAMINATED', 'ISOLATED', 'CLOSED')",
            name=op.f("ck_beds_status_known"),
        ),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_beds_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_beds_hospital_id")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["rooms.id"], name=op.f("fk_beds_room_id")),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_beds_updated_by")),
        sa.ForeignKeyConstraint(["ward_id"], ["wards.id"], name=op.f("fk_beds_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_beds")),
        sa.UniqueConstraint("ward_id", "code", name=op.f("uq_beds_ward_id_code")),
    )
    op.create_index(op.f("ix_beds_created_by"), "beds", ["created_by"], unique=False)
    op.create_index("ix_beds_hospital_id", "beds", ["hospital_id"], unique=False)
    op.create_index(op.f("ix_beds_room_id"), "beds", ["room_id"], unique=False)
    op.create_index(op.f("ix_beds_updated_by"), "beds", ["updated_by"], unique=False)
    op.create_foreign_key("fk_users_patient_id", "users", "patients", ["patient_id"], ["id"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_constraint("fk_users_patient_id", "users", type_="foreignkey")
    op.drop_table("beds")
    op.drop_table("ward_memberships")
    op.drop_table("rooms")
    op.drop_table("wards")
    op.drop_table("sessions")
    op.drop_table("role_memberships")
    op.drop_table("patients")
    op.drop_table("idempotency_keys")
    op.drop_table("users")
    op.drop_table("sign_in_attempts")
    op.drop_table("hospitals")
