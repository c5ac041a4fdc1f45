"""Name the audience: a push to many is one entry, and stays tell who heard it.

Revision: 0012, after 0011. Created 2026-11-21.

docs/decisions/0012. Old entries and their seals stay as they are (form 1); what is sealed from here
on has form 2, which holds the new columns as well. The indexes are on the entries of audiences
alone, so that other reads pay nothing for them; they are built beside the work, after the rest, and
all of it can be run again.

On the way back each push to an audience becomes an entry for each who heard it, as they were before;
what is of form 2 loses its seals and is sealed anew. A head that was noted since does not hold.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

COLUMNS = {
    "audience_id": "uuid",
    "stay_id": "uuid",
    "first_position": "bigint",
    "last_position": "bigint",
}
INDEXES = {
    "ix_audit_entries_audience": (
        ["audience_id", "user_id", "first_position"],
        "audience_id IS NOT NULL",
    ),
    "ix_audit_entries_hearer": (
        ["user_id", "audience_id"],
        "audience_id IS NOT NULL AND user_id IS NOT NULL",
    ),
}
OPERATIONS = ("QUERY", "MUTATION", "SUBSCRIPTION", "SIGN_IN", "SIGN_OUT")
STAYS = ("SUBSCRIBED", "UNSUBSCRIBED")
KEPT = ("audit_entries", "audit_seals", "audit_mentions")

# models/rules/audit_chain has both forms in Python. In form 1 the new columns have no place: an
# entry that was sealed in it and has them now is not what was sealed.
ENCODING = """
CREATE OR REPLACE FUNCTION audit_encoding(entry audit_entries, form integer) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
    WHEN form = 2 THEN record_send(ROW(
        2::int4, (entry).id, (entry).hospital_id, (entry).occurred_at, (entry).user_id,
        (entry).session_id, (entry).address, (entry).selection_id, (entry).request_id,
        (entry).patient_ids, (entry).audience_id, (entry).stay_id, (entry).first_position,
        (entry).last_position
    ))
    WHEN form = 1 AND (entry).audience_id IS NULL AND (entry).stay_id IS NULL
        AND (entry).first_position IS NULL AND (entry).last_position IS NULL
    THEN audit_encoding(entry)
END
"""

# That of 0006, with the form of what is sealed.
SEAL = """
CREATE OR REPLACE FUNCTION seal_audit(most integer) RETURNS integer
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
                   entry.id, now() AS sealed_at, sha256({encoding}) AS digest
            FROM audit_entries AS entry WHERE entry.id = ANY(batch)
        )
        INSERT INTO audit_seals (position, entry_id, form, sealed_at, digest, hash)
        SELECT position, id, {form}, sealed_at, digest, audit_chain(
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

# From the beginning of a stay to its end; without an end, to that of the audience. An entry that was
# written again, because nobody knew whether it had been, changes nothing.
STAY_VIEW = """
CREATE OR REPLACE VIEW audit_stays AS
SELECT audience_id, user_id, session_id, stay_id, max(address) AS address,
       min(first_position) AS first_position,
       coalesce(max(last_position), 9223372036854775807) AS last_position
FROM audit_entries WHERE audience_id IS NOT NULL AND user_id IS NOT NULL
GROUP BY audience_id, user_id, session_id, stay_id
"""

# The users whose stays cover a push, at most so many; null: all.
RECIPIENTS = """
CREATE OR REPLACE FUNCTION audit_recipients(
    audience uuid, first bigint, last bigint, most bigint
) RETURNS uuid[] LANGUAGE sql STABLE PARALLEL SAFE
RETURN ARRAY(
    SELECT DISTINCT stay.user_id FROM audit_stays AS stay
    WHERE stay.audience_id = audience
      AND stay.first_position <= first AND stay.last_position >= last
    ORDER BY stay.user_id LIMIT most
)
"""

# That of 0006, and the pushes that a user heard.
ENTRIES_OF = """
CREATE OR REPLACE FUNCTION audit_entries_of(subject uuid) RETURNS bigint[]
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
        {heard}
    )
$$
"""

HEARD = """UNION ALL
        SELECT push.id FROM audit_stays AS stay JOIN audit_entries AS push
          ON push.audience_id = stay.audience_id AND push.user_id IS NULL
             AND push.first_position BETWEEN stay.first_position AND stay.last_position
             AND push.last_position <= stay.last_position
        WHERE stay.user_id = subject"""

# That of 0006, with the columns.
GRANTS = """
CREATE OR REPLACE FUNCTION grant_to_application() RETURNS void LANGUAGE plpgsql AS $$
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
        'selection_id, request_id, patient_ids{more}) ON audit_entries TO %I', app);
    EXECUTE format('REVOKE INSERT, UPDATE, DELETE ON '
        'audit_seals, audit_mentions, audit_gaps, alembic_version FROM %I', app);
    EXECUTE format('GRANT EXECUTE ON FUNCTION seal_audit(integer) TO %I', app);
END
$$
"""

# Where there is no role, whoever makes one later calls grant_to_application (docs/audit.md).
GRANT = """
DO $$
DECLARE
    app name := current_user || '_app';
BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = app) AND pg_has_role(app, 'MEMBER') THEN
        EXECUTE format('GRANT INSERT (audience_id, stay_id, first_position, last_position) '
            'ON audit_entries TO %I', app);
    END IF;
END
$$
"""

# What each heard, as one entry each.
SPREAD = """
INSERT INTO audit_entries (hospital_id, occurred_at, user_id, session_id, address, selection_id,
                           request_id, patient_ids)
SELECT DISTINCT ON (push.id, stay.user_id, stay.session_id)
       push.hospital_id, push.occurred_at, stay.user_id, stay.session_id, stay.address,
       push.selection_id, push.request_id, push.patient_ids
FROM audit_entries AS push JOIN audit_stays AS stay
  ON stay.audience_id = push.audience_id
     AND stay.first_position <= push.first_position AND stay.last_position >= push.last_position
WHERE push.user_id IS NULL AND push.audience_id IS NOT NULL
ORDER BY push.id
"""

# What has lost its seal is above the newest that is left, or else in a gap.
UNSEAL = (
    """
    DELETE FROM audit_mentions
    WHERE position >= (SELECT min(position) FROM audit_seals WHERE form > 1)
    """,
    """
    DELETE FROM audit_seals
    WHERE position >= (SELECT min(position) FROM audit_seals WHERE form > 1)
    """,
    """
    DELETE FROM audit_gaps
    WHERE first_id > (SELECT coalesce(max(entry_id), 0) FROM audit_seals)
    """,
    """
    INSERT INTO audit_gaps (first_id, last_id, noted_at, running)
    SELECT id, id, now(), 0 FROM audit_entries AS entry
    WHERE id < (SELECT coalesce(max(entry_id), 0) FROM audit_seals)
      AND NOT EXISTS (SELECT FROM audit_seals WHERE entry_id = entry.id)
      AND NOT EXISTS (SELECT FROM audit_gaps WHERE entry.id BETWEEN first_id AND last_id)
    """,
)


def _operations(*those: str) -> None:
    op.execute(
        "ALTER TABLE audit_selections DROP CONSTRAINT IF EXISTS ck_audit_selections_operation_known"
    )
    op.create_check_constraint(
        op.f("ck_audit_selections_operation_known"),
        "audit_selections",
        f"operation IN ({', '.join(repr(one) for one in those)})",
    )


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for name, type_ in COLUMNS.items():
        op.execute(f"ALTER TABLE audit_entries ADD COLUMN IF NOT EXISTS {name} {type_}")
    _operations(*OPERATIONS, *STAYS)
    for function in (
        ENCODING,
        SEAL.format(encoding="audit_encoding(entry, 2)", form=2),
        STAY_VIEW,
        RECIPIENTS,
        ENTRIES_OF.format(heard=HEARD),
        GRANTS.format(more=", " + ", ".join(COLUMNS)),
        GRANT,
    ):
        op.execute(function)
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name, (columns, rows) in INDEXES.items():
            # One that was not finished is there and not valid.
            op.drop_index(name, "audit_entries", postgresql_concurrently=True, if_exists=True)
            op.create_index(
                name,
                "audit_entries",
                columns,
                postgresql_where=sa.text(rows),
                postgresql_concurrently=True,
            )
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    for table in (*KEPT, "audit_selections"):
        op.execute(f"ALTER TABLE {table} DISABLE TRIGGER only_added")
    op.execute(SPREAD)
    op.execute("DELETE FROM audit_entries WHERE audience_id IS NOT NULL")
    op.execute("DELETE FROM audit_selections WHERE operation IN ('SUBSCRIBED', 'UNSUBSCRIBED')")
    for statement in UNSEAL:
        op.execute(statement)
    for table in (*KEPT, "audit_selections"):
        op.execute(f"ALTER TABLE {table} ENABLE TRIGGER only_added")
    for name in INDEXES:
        op.drop_index(name, "audit_entries")
    for function in (
        GRANTS.format(more=""),
        ENTRIES_OF.format(heard=""),
        "DROP FUNCTION audit_recipients(uuid, bigint, bigint, bigint)",
        "DROP VIEW audit_stays",
        SEAL.format(encoding="audit_encoding(entry)", form=1),
        "DROP FUNCTION audit_encoding(audit_entries, integer)",
    ):
        op.execute(function)
    _operations(*OPERATIONS)
    for name in COLUMNS:
        op.drop_column("audit_entries", name)
