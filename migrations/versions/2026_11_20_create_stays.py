"""Create admissions, stays and reservations.

Revision: 0002, after 0001.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Core PostgreSQL has no GiST operator class for uuid; a range over uuid has one, so that a
    # one-point range overlaps where two ids are equal.
    op.execute("CREATE TYPE uuidrange AS RANGE (subtype = uuid)")
    op.create_table(
        "admissions",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("admitted_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("discharged_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("disposition", sa.Text(), nullable=True),
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
            "(status = 'FINISHED') = (discharged_at IS NOT NULL)",
            name=op.f("ck_admissions_finished_is_discharged"),
        ),
        sa.CheckConstraint(
            "status IN ('PLANNED', 'IN_PROGRESS', 'ON_LEAVE', 'FINISHED', 'CANCELLED')",
            name=op.f("ck_admissions_status_known"),
        ),
        sa.CheckConstraint(
            "discharged_at >= admitted_at", name=op.f("ck_admissions_discharged_after_admitted")
        ),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_admissions_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_admissions_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_admissions_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_admissions_updated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admissions")),
        sa.UniqueConstraint(
            "hospital_id",
            "sender",
            "external_id",
            name=op.f("uq_admissions_hospital_id_sender_external_id"),
        ),
    )
    op.create_index(op.f("ix_admissions_created_by"), "admissions", ["created_by"], unique=False)
    op.create_index(
        "ix_admissions_patient",
        "admissions",
        ["patient_id", sa.literal_column("admitted_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(op.f("ix_admissions_updated_by"), "admissions", ["updated_by"], unique=False)
    op.create_index(
        "uq_admissions_current_patient",
        "admissions",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("status IN ('IN_PROGRESS', 'ON_LEAVE')"),
    )
    op.create_table(
        "bed_stays",
        sa.Column("admission_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("bed_id", sa.UUID(), nullable=False),
        sa.Column("ward_id", sa.UUID(), nullable=False),
        sa.Column("started_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
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
        postgresql.ExcludeConstraint(
            (sa.text("uuidrange(bed_id, bed_id, '[]')"), "&&"),
            (sa.text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_bed_stays_bed_overlap",
        ),
        postgresql.ExcludeConstraint(
            (sa.text("uuidrange(patient_id, patient_id, '[]')"), "&&"),
            (sa.text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_bed_stays_patient_overlap",
        ),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_bed_stays_ends_after_start")),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admissions.id"], name=op.f("fk_bed_stays_admission_id")
        ),
        sa.ForeignKeyConstraint(["bed_id"], ["beds.id"], name=op.f("fk_bed_stays_bed_id")),
        sa.ForeignKeyConstraint(["created_by"], ["users.id"], name=op.f("fk_bed_stays_created_by")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_bed_stays_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_bed_stays_patient_id")
        ),
        sa.ForeignKeyConstraint(["updated_by"], ["users.id"], name=op.f("fk_bed_stays_updated_by")),
        sa.ForeignKeyConstraint(["ward_id"], ["wards.id"], name=op.f("fk_bed_stays_ward_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bed_stays")),
    )
    op.create_index(
        "ix_bed_stays_admission", "bed_stays", ["admission_id", "started_at"], unique=False
    )
    op.create_index("ix_bed_stays_bed", "bed_stays", ["bed_id", "started_at"], unique=False)
    op.create_index("ix_bed_stays_patient", "bed_stays", ["patient_id", "started_at"], unique=False)
    op.create_index("ix_bed_stays_ward", "bed_stays", ["ward_id", "started_at"], unique=False)
    op.create_index(op.f("ix_bed_stays_created_by"), "bed_stays", ["created_by"], unique=False)
    op.create_index(
        "ix_bed_stays_current_ward",
        "bed_stays",
        ["ward_id"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(op.f("ix_bed_stays_updated_by"), "bed_stays", ["updated_by"], unique=False)
    op.create_index(
        "uq_bed_stays_current_bed",
        "bed_stays",
        ["bed_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "uq_bed_stays_current_patient",
        "bed_stays",
        ["patient_id"],
        unique=True,
        postgresql_include=["ward_id", "bed_id", "admission_id"],
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "reservations",
        sa.Column("bed_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("reserved_until", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("ended_as", sa.Text(), nullable=True),
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
            "ended_as IN ('FULFILLED', 'RELEASED', 'EXPIRED')",
            name=op.f("ck_reservations_ended_as_known"),
        ),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name=op.f("ck_reservations_ended_with_reason"),
        ),
        sa.ForeignKeyConstraint(["bed_id"], ["beds.id"], name=op.f("fk_reservations_bed_id")),
        sa.ForeignKeyConstraint(
            ["created_by"], ["users.id"], name=op.f("fk_reservations_created_by")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_reservations_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_reservations_patient_id")
        ),
        sa.ForeignKeyConstraint(
            ["updated_by"], ["users.id"], name=op.f("fk_reservations_updated_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reservations")),
    )
    op.create_index(
        op.f("ix_reservations_created_by"), "reservations", ["created_by"], unique=False
    )
    op.create_index(
        "ix_reservations_open_until",
        "reservations",
        ["reserved_until"],
        unique=False,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_reservations_bed", "reservations", ["bed_id"], unique=False)
    op.create_index("ix_reservations_patient", "reservations", ["patient_id"], unique=False)
    op.create_index(
        op.f("ix_reservations_updated_by"), "reservations", ["updated_by"], unique=False
    )
    op.create_index(
        "uq_reservations_open_bed",
        "reservations",
        ["bed_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("reservations")
    op.drop_table("bed_stays")
    op.drop_table("admissions")
    op.execute("DROP TYPE uuidrange")
