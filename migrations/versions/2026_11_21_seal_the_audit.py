"""Seal the audit: entries refer to what their plan shares, seals in a chain, a role that only adds.

Revision: 0006, after 0005. Created 2026-11-21.

What entries of one plan share moves to audit_selections (entries that are there already keep what
they said), and nothing but the primary key stays on the table that every read writes. The functions
below belong to the owner of the database. The application works as the role `<owner>_app`
(docs/audit.md), which may add entries and selections and call seal_audit, and change none of it;
where the owner may not make roles, the triggers are what is left, and a warning says so.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TEXTS = postgresql.ARRAY(sa.Text())
TIME = postgresql.TIMESTAMP(timezone=True)
SHARED = ("roots", "scopes", "fields", "refused")
KEPT = ("audit_entries", "audit_selections", "audit_seals", "audit_mentions")

# What entries said so far, as selections; audit_encoding below has the same form.
SHARE = """
WITH named AS (
    UPDATE audit_entries SET selection_id = sha256(record_send(ROW(
        1::int4, upper(operation), operation_name, document_hash, 'DONE'::text,
        '{}'::text[], '{}'::text[], fields, refused
    )))
    RETURNING selection_id, operation, operation_name, document_hash, fields, refused
)
INSERT INTO audit_selections
SELECT DISTINCT ON (selection_id) selection_id, upper(operation), operation_name, document_hash,
       'DONE', '{}'::text[], '{}'::text[], fields, refused
FROM named
"""

# models/rules/audit_chain has both forms in Python.
ENCODING = """
CREATE FUNCTION audit_encoding(entry audit_entries) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN record_send(ROW(
    1::int4, (entry).id, (entry).hospital_id, (entry).occurred_at, (entry).user_id,
    (entry).session_id, (entry).address, (entry).selection_id, (entry).request_id,
    (entry).patient_ids
))
"""

SELECTION_ENCODING = """
CREATE FUNCTION audit_encoding(selection audit_selections) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN record_send(ROW(
    1::int4, (selection).operation, (selection).operation_name, (selection).document_hash,
    (selection).outcome, (selection).roots, (selection).scopes, (selection).fields,
    (selection).refused
))
"""

# In plpgsql, because a function in SQL costs twice as much where it cannot be inlined.
LINK = """
CREATE FUNCTION audit_link(
    state bytea, before bytea, place bigint, sealed_at timestamptz, digest bytea
) RETURNS bytea LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    RETURN sha256(
        coalesce(state, before) || int8send(place) || timestamptz_send(sealed_at) || digest
    );
END
$$
"""

CHAIN = """
CREATE AGGREGATE audit_chain(bytea, bigint, timestamptz, bytea) (SFUNC = audit_link, STYPE = bytea)
"""

# Ids are given before transactions end, so they come to be seen out of order, and some never. What
# is missing below the newest is a gap, which is looked at again until every transaction that ran
# when it was noted has ended (and a minute has passed: an id is drawn a moment before its
# transaction has a number). So an entry that comes late is sealed late, and none is skipped.
# `settled` is taken before the look at the entries, so whatever ended before is in that look;
# `running` after it, so whatever runs during it counts as running.
SEAL = """
CREATE FUNCTION seal_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    settled bigint;
    running bigint;
    latest audit_seals;
    highest bigint;
    batch bigint[];
    late bigint[];
    top bigint;
BEGIN
    IF NOT pg_try_advisory_xact_lock(7712027) THEN
        RETURN 0;
    END IF;
    settled := pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    SELECT * INTO latest FROM audit_seals ORDER BY position DESC LIMIT 1;
    SELECT coalesce(max(entry_id), 0) INTO highest FROM audit_seals;
    late := ARRAY(
        SELECT found.id FROM audit_gaps AS gap CROSS JOIN LATERAL (
            SELECT entry.id FROM audit_entries AS entry
            WHERE entry.id BETWEEN gap.first_id AND gap.last_id
            ORDER BY entry.id LIMIT most
        ) AS found ORDER BY found.id LIMIT most
    );
    batch := late || ARRAY(
        SELECT id FROM audit_entries WHERE id > highest
        ORDER BY id LIMIT most - cardinality(late)
    );
    running := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;

    IF cardinality(batch) > 0 THEN
        WITH numbered AS (
            SELECT coalesce(latest.position, 0) + row_number() OVER (ORDER BY entry.id) AS position,
                   entry.id, now() AS sealed_at, sha256(audit_encoding(entry)) AS digest
            FROM audit_entries AS entry WHERE entry.id = ANY(batch)
        )
        INSERT INTO audit_seals (position, entry_id, form, sealed_at, digest, hash)
        SELECT position, id, 1, sealed_at, digest, audit_chain(
            coalesce(latest.hash, decode(repeat('00', 32), 'hex')), position, sealed_at, digest
        ) OVER (ORDER BY position)
        FROM numbered;

        SELECT max(position) INTO top FROM audit_seals;
        INSERT INTO audit_mentions (subject_id, position, entry_ids)
        SELECT subject, top, array_agg(entry.id)
        FROM audit_entries AS entry
        CROSS JOIN LATERAL unnest(entry.patient_ids || entry.user_id) AS subject
        WHERE entry.id = ANY(batch) AND subject IS NOT NULL
        GROUP BY subject;

        IF batch[cardinality(batch)] > highest THEN
            INSERT INTO audit_gaps (first_id, last_id, noted_at, running)
            VALUES (highest + 1, batch[cardinality(batch)], now(), running);
        END IF;
        WITH entered AS (
            DELETE FROM audit_gaps
            WHERE first_id > highest
               OR EXISTS (SELECT FROM unnest(late) AS id WHERE id BETWEEN first_id AND last_id)
            RETURNING *
        ), edges AS (
            SELECT first_id AS gap, noted_at, gap.running, first_id - 1 AS edge FROM entered AS gap
            UNION ALL
            SELECT first_id, noted_at, gap.running, last_id + 1 FROM entered AS gap
            UNION ALL
            SELECT first_id, noted_at, gap.running, id
            FROM entered AS gap JOIN unnest(batch) AS id ON id BETWEEN first_id AND last_id
        ), pieces AS (
            SELECT edge + 1 AS first_id,
                   lead(edge) OVER (PARTITION BY gap ORDER BY edge) - 1 AS last_id,
                   noted_at, edges.running
            FROM edges
        )
        INSERT INTO audit_gaps (first_id, last_id, noted_at, running)
        SELECT first_id, last_id, noted_at, pieces.running FROM pieces WHERE first_id <= last_id;
    END IF;

    IF cardinality(batch) < most THEN
        DELETE FROM audit_gaps AS gap
        WHERE gap.running <= settled AND gap.noted_at < now() - interval '1 minute';
    END IF;
    RETURN cardinality(batch);
END
$$
"""

# Sealed entries by what is written behind them; the last moment's by a look at each.
ENTRIES_OF = """
CREATE FUNCTION audit_entries_of(subject uuid) RETURNS bigint[]
LANGUAGE sql STABLE SET enable_seqscan = off AS $$
    SELECT ARRAY(
        SELECT unnest(entry_ids) FROM audit_mentions WHERE subject_id = subject
        UNION ALL
        SELECT id FROM audit_entries
        WHERE id > (SELECT coalesce(max(entry_id), 0) FROM audit_seals)
          AND (user_id = subject OR subject = ANY(patient_ids))
        UNION ALL
        SELECT late.id FROM audit_gaps AS gap CROSS JOIN LATERAL (
            SELECT entry.id, entry.user_id, entry.patient_ids FROM audit_entries AS entry
            WHERE entry.id BETWEEN gap.first_id AND gap.last_id ORDER BY entry.id
        ) AS late
        WHERE late.user_id = subject OR subject = ANY(late.patient_ids)
    )
$$
"""

REFUSE = """
CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'rows of % are only added', TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$
"""

# The name is the owner's with _app after it, so that two installations in one cluster do not share
# a role. `wardline dev` has made the role before; elsewhere it is made here.
ROLE = """
DO $$
DECLARE
    app name := current_user || '_app';
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app AND pg_has_role(oid, 'MEMBER')) THEN
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', app);
            END IF;
            -- Who makes a role may give it away, but since PostgreSQL 16 not take it on by itself.
            EXECUTE format('GRANT %I TO %I', app, current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RAISE WARNING 'triggers alone keep the audit: the role % could not be made or taken '
                'on. An administrator can (docs/audit.md); then migrate again', app;
            RETURN;
        END;
    END IF;
    PERFORM grant_to_application();
END
$$
"""

# A function, so that an administrator who makes the role later can call it; and the later
# migrations need not think of it, because of the default privileges. Entries are added without an
# id: one far ahead (OVERRIDING SYSTEM VALUE) would keep all that come after it out of the chain.
GRANTS = """
CREATE FUNCTION grant_to_application() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    app name := current_user || '_app';
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA public TO %I', app);
    EXECUTE format(
        'GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO %I', app);
    EXECUTE format('GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO %I', app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public '
        'GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO %I', app);
    EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public '
        'GRANT USAGE, SELECT ON SEQUENCES TO %I', app);
    EXECUTE format('REVOKE UPDATE, DELETE ON audit_selections FROM %I', app);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON audit_entries FROM %I', app);
    EXECUTE format('GRANT INSERT (hospital_id, occurred_at, user_id, session_id, address, '
        'selection_id, request_id, patient_ids) ON audit_entries TO %I', app);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON '
        'audit_seals, audit_mentions, audit_gaps, alembic_version FROM %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION seal_audit(integer) TO %I', app);
END
$$
"""

UNGRANT = """
DO $$
DECLARE
    app name := current_user || '_app';
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) AND pg_has_role(app, 'MEMBER') THEN
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA public FROM %I', app);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM %I', app);
        EXECUTE format('REVOKE USAGE ON SCHEMA public FROM %I', app);
        EXECUTE format('ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM %I', app);
        EXECUTE format(
            'ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM %I', app);
    END IF;
END
$$
"""


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "audit_selections",
        sa.Column("id", postgresql.BYTEA(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("operation_name", sa.Text(), nullable=True),
        sa.Column("document_hash", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=False),
        *(sa.Column(name, TEXTS, nullable=False) for name in SHARED),
        sa.CheckConstraint(
            "operation IN ('QUERY', 'MUTATION', 'SUBSCRIPTION', 'SIGN_IN', 'SIGN_OUT')",
            name=op.f("ck_audit_selections_operation_known"),
        ),
        sa.CheckConstraint(
            "outcome IN ('DONE', 'FORBIDDEN', 'NOT_FOUND', 'CONFLICT', 'READ_BACK_DIFFERS',"
            " 'UNAUTHENTICATED')",
            name=op.f("ck_audit_selections_outcome_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_selections")),
    )
    op.create_table(
        "audit_seals",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.Column("form", sa.SmallInteger(), nullable=False),
        sa.Column("sealed_at", TIME, nullable=False),
        sa.Column("digest", postgresql.BYTEA(), nullable=False),
        sa.Column("hash", postgresql.BYTEA(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_audit_seals")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seals_entry_id")),
    )
    op.create_table(
        "audit_mentions",
        sa.Column("subject_id", sa.UUID(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entry_ids", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.PrimaryKeyConstraint("subject_id", "position", name=op.f("pk_audit_mentions")),
    )
    op.create_table(
        "audit_gaps",
        sa.Column("first_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last_id", sa.BigInteger(), nullable=False),
        sa.Column("noted_at", TIME, nullable=False),
        sa.Column("running", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("first_id", name=op.f("pk_audit_gaps")),
    )
    op.add_column("audit_entries", sa.Column("selection_id", postgresql.BYTEA(), nullable=True))
    op.add_column("audit_entries", sa.Column("request_id", sa.Text(), nullable=True))
    op.execute(SHARE)
    op.alter_column("audit_entries", "selection_id", nullable=False)
    op.alter_column("audit_entries", "user_id", nullable=True)
    op.alter_column("audit_entries", "hospital_id", nullable=True)
    op.drop_constraint(op.f("fk_audit_entries_hospital_id"), "audit_entries")
    op.drop_constraint(op.f("fk_audit_entries_user_id"), "audit_entries")
    op.drop_index("ix_audit_entries_hospital", "audit_entries")
    op.drop_index("ix_audit_entries_user", "audit_entries")
    for name in ("operation", "operation_name", "document_hash", "fields", "refused"):
        op.drop_column("audit_entries", name)
    op.create_index(
        "ix_audit_entries_occurred_at", "audit_entries", ["occurred_at"], postgresql_using="brin"
    )
    for function in (ENCODING, SELECTION_ENCODING, LINK, CHAIN, SEAL, ENTRIES_OF, REFUSE, GRANTS):
        op.execute(function)
    op.execute("REVOKE EXECUTE ON FUNCTION seal_audit(integer) FROM PUBLIC")
    for table in KEPT:
        op.execute(
            f"CREATE TRIGGER only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change()"
        )
    op.execute(ROLE)


def downgrade() -> None:
    """Entries of nobody known, and what 0005 has no place for, go."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute(UNGRANT)
    for table in KEPT:
        op.execute(f"DROP TRIGGER only_added ON {table}")
    for function in (
        "FUNCTION grant_to_application()",
        "FUNCTION refuse_audit_change()",
        "FUNCTION audit_entries_of(uuid)",
        "FUNCTION seal_audit(integer)",
        "AGGREGATE audit_chain(bytea, bigint, timestamptz, bytea)",
        "FUNCTION audit_link(bytea, bytea, bigint, timestamptz, bytea)",
        "FUNCTION audit_encoding(audit_selections)",
        "FUNCTION audit_encoding(audit_entries)",
    ):
        op.execute(f"DROP {function}")
    op.drop_index("ix_audit_entries_occurred_at", "audit_entries")
    op.execute(
        "DELETE FROM audit_entries WHERE user_id IS NULL OR hospital_id IS NULL"
        " OR NOT EXISTS (SELECT FROM users WHERE id = user_id)"
    )
    for name in ("operation", "operation_name", "document_hash"):
        op.add_column("audit_entries", sa.Column(name, sa.Text(), nullable=True))
    for name in ("fields", "refused"):
        op.add_column("audit_entries", sa.Column(name, TEXTS, nullable=True))
    op.execute(
        "UPDATE audit_entries AS entry SET operation_name = shared.operation_name,"
        " operation = CASE WHEN shared.operation LIKE 'SIGN%' THEN 'mutation'"
        " ELSE lower(shared.operation) END, document_hash = coalesce(shared.document_hash, ''),"
        " fields = shared.fields, refused = shared.refused"
        " FROM audit_selections AS shared WHERE shared.id = entry.selection_id"
    )
    for name in ("operation", "document_hash", "fields", "refused", "user_id", "hospital_id"):
        op.alter_column("audit_entries", name, nullable=False)
    op.drop_column("audit_entries", "selection_id")
    op.drop_column("audit_entries", "request_id")
    op.create_check_constraint(
        op.f("ck_audit_entries_operation_known"),
        "audit_entries",
        "operation IN ('query', 'mutation', 'subscription')",
    )
    op.create_foreign_key(
        op.f("fk_audit_entries_hospital_id"), "audit_entries", "hospitals", ["hospital_id"], ["id"]
    )
    op.create_foreign_key(
        op.f("fk_audit_entries_user_id"), "audit_entries", "users", ["user_id"], ["id"]
    )
    op.create_index(
        "ix_audit_entries_hospital", "audit_entries", ["hospital_id", sa.literal_column("id DESC")]
    )
    op.create_index(
        "ix_audit_entries_user", "audit_entries", ["user_id", sa.literal_column("id DESC")]
    )
    for table in ("audit_gaps", "audit_mentions", "audit_seals", "audit_selections"):
        op.drop_table(table)
