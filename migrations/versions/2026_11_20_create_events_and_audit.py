"""Create the event log, the audit and what imports could not place.

Revision: 0005, after 0004.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

# Positions are given at COMMIT by the first of the transaction's deferred triggers, for all of its
# events at once, in the order they were recorded. The counter row is held from here to the end of
# the commit alone: positions are gap-free and in commit order, a rolled-back event has none, and
# no client round trip happens while the row is held.
ASSIGN_POSITIONS = """
CREATE FUNCTION assign_event_positions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    pending bigint;
    base bigint;
BEGIN
    SELECT count(*) INTO pending FROM events
    WHERE hospital_id = NEW.hospital_id AND position IS NULL;
    IF pending = 0 THEN
        RETURN NULL;
    END IF;
    INSERT INTO event_counters AS counter (hospital_id, position)
    VALUES (NEW.hospital_id, pending)
    ON CONFLICT (hospital_id) DO UPDATE SET position = counter.position + pending
    RETURNING position - pending INTO base;
    UPDATE events SET position = base + numbered.rank
    FROM (
        SELECT id, row_number() OVER (ORDER BY id) AS rank FROM events
        WHERE hospital_id = NEW.hospital_id AND position IS NULL
    ) AS numbered
    WHERE events.id = numbered.id;
    RETURN NULL;
END
$$
"""

# Joins the patients of many rows into the one array of an audit row.
ARRAY_CAT_AGG = """
CREATE AGGREGATE array_cat_agg(uuid[]) (SFUNC = array_cat, STYPE = uuid[], INITCOND = '{}')
"""

ASSIGN_TRIGGER = """
CREATE CONSTRAINT TRIGGER assign_event_positions AFTER INSERT ON events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION assign_event_positions()
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "event_counters",
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("epoch", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_event_counters_hospital_id")
        ),
        sa.PrimaryKeyConstraint("hospital_id", name=op.f("pk_event_counters")),
    )
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("ward_id", sa.UUID(), nullable=True),
        sa.Column("patient_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_events_hospital_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_pending",
        "events",
        ["hospital_id", "id"],
        unique=False,
        postgresql_where=sa.text("position IS NULL"),
    )
    op.create_index(
        "uq_events_position",
        "events",
        ["hospital_id", "position"],
        unique=True,
        postgresql_where=sa.text("position IS NOT NULL"),
    )
    op.create_table(
        "import_rejections",
        sa.Column("format", sa.Text(), nullable=False),
        sa.Column("record_key", sa.Text(), nullable=False),
        sa.Column("record_type", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("rejected_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("resolved_at", postgresql.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "format IN ('fhir', 'hl7v2')", name=op.f("ck_import_rejections_format_known")
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_import_rejections_hospital_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_rejections")),
    )
    op.create_index(
        "ix_import_rejections_open",
        "import_rejections",
        ["hospital_id", "rejected_at"],
        unique=False,
        postgresql_where=sa.text("resolved_at IS NULL"),
    )
    op.create_index(
        "uq_import_rejections_record",
        "import_rejections",
        ["hospital_id", "format", "record_key"],
        unique=True,
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("occurred_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=True),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text(), nullable=True),
        sa.Column("document_hash", sa.Text(), nullable=False),
        sa.Column("fields", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("refused", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("patient_ids", postgresql.ARRAY(sa.UUID()), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "operation IN ('query', 'mutation', 'subscription')",
            name=op.f("ck_audit_entries_operation_known"),
        ),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_audit_entries_hospital_id")
        ),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=op.f("fk_audit_entries_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entries")),
    )
    op.create_index(
        "ix_audit_entries_hospital",
        "audit_entries",
        ["hospital_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_index(
        "ix_audit_entries_user",
        "audit_entries",
        ["user_id", sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "unmapped_observations",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("display", sa.Text(), nullable=True),
        sa.Column("observed_at", postgresql.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("source_text", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f("fk_unmapped_observations_hospital_id")
        ),
        sa.ForeignKeyConstraint(
            ["patient_id"], ["patients.id"], name=op.f("fk_unmapped_observations_patient_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unmapped_observations")),
        sa.UniqueConstraint(
            "hospital_id",
            "sender",
            "external_id",
            name=op.f("uq_unmapped_observations_hospital_id_sender_external_id"),
        ),
    )
    op.create_index(
        "ix_unmapped_observations_patient",
        "unmapped_observations",
        ["patient_id", "observed_at"],
        unique=False,
    )
    op.execute(ASSIGN_POSITIONS)
    op.execute(ASSIGN_TRIGGER)
    op.execute(ARRAY_CAT_AGG)


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("unmapped_observations")
    op.drop_table("audit_entries")
    op.drop_table("import_rejections")
    op.drop_table("events")
    op.drop_table("event_counters")
    op.execute("DROP FUNCTION assign_event_positions()")
    op.execute("DROP AGGREGATE array_cat_agg(uuid[])")
