"""Restores: what is done to a database that was brought back from a backup, before it is used.

Every statement runs as the login that owns the tables, within one transaction. Why each of them,
and why idempotency keys are not among them: docs/decisions/0013.
"""

from __future__ import annotations

from resolvers.database import Connection

OLDEST = "0007"
"""The first migration that has all the tables named here."""

BEFORE = "SET LOCAL lock_timeout = '10s'; SET LOCAL client_min_messages = 'warning'"

# Not the schema itself, which need not be ours; and nothing that an extension brought. Types before
# functions: some functions belong to one.
EMPTY = """
DO $$
DECLARE
    command text;
    place oid := 'public'::regnamespace;
BEGIN
    FOREACH command IN ARRAY ARRAY(
        SELECT format('DROP %s IF EXISTS public.%I CASCADE',
            CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW'
                         WHEN 'S' THEN 'SEQUENCE' WHEN 'f' THEN 'FOREIGN TABLE' ELSE 'TABLE' END,
            relname)
        FROM pg_class WHERE relnamespace = place AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
        ORDER BY relkind = 'S'
    ) || ARRAY(
        SELECT format('DROP TYPE IF EXISTS public.%I CASCADE', typname)
        FROM pg_type WHERE typnamespace = place
        AND (typtype IN ('e', 'd', 'r')
             OR typtype = 'c' AND EXISTS (
                 SELECT FROM pg_class WHERE oid = typrelid AND relkind = 'c'))
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
    ) || ARRAY(
        SELECT format('DROP ROUTINE IF EXISTS %s CASCADE', oid::regprocedure)
        FROM pg_proc WHERE pronamespace = place
        AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
    ) LOOP
        EXECUTE command;
    END LOOP;
END
$$
"""

# As the migrations leave them, by the name of whoever owns the tables here (docs/audit.md).
RIGHTS = """
DO $$
DECLARE
    app name := current_user || '_app';
    definer regprocedure;
BEGIN
    FOR definer IN
        SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', definer);
    END LOOP;
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app AND pg_has_role(oid, 'MEMBER')) THEN
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = app) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', app);
            END IF;
            EXECUTE format('GRANT %I TO %I', app, current_user);
        EXCEPTION WHEN insufficient_privilege THEN
            RETURN;
        END;
    END IF;
    PERFORM grant_to_application();
END
$$
"""

# Transactions of before have ended, all of them; their numbers may mean others here.
GAPS = "UPDATE audit_gaps SET running = 0"

EPOCHS = """
WITH begun AS (UPDATE event_counters SET epoch = gen_random_uuid() RETURNING 1)
SELECT 'logs', count(*) FROM begun
"""
SESSIONS = """
WITH ended AS (
    UPDATE sessions SET revoked_at = now()
    WHERE revoked_at IS NULL RETURNING expires_at > now() AS was
)
SELECT 'sessions', count(*) FILTER (WHERE was) FROM ended
"""
EMERGENCY_ACCESSES = """
WITH ended AS (
    UPDATE emergency_accesses SET ended_at = least(greatest(now(), opened_at), expires_at)
    WHERE ended_at IS NULL RETURNING expires_at > now() AS was
)
SELECT 'accesses', count(*) FILTER (WHERE was) FROM ended
"""

SETTLED = (EPOCHS, SESSIONS, EMERGENCY_ACCESSES)
"""Each answers with its name and how many."""


def script() -> tuple[str, str]:
    """What psql is to run before and after what pg_restore writes: one transaction. It prints what
    SETTLED answers, and leaves the COMMIT to the caller."""
    before = ("BEGIN", BEFORE, EMPTY)
    after = ("SET LOCAL search_path = public, pg_temp", RIGHTS, GAPS, *SETTLED)
    return "".join(f"{one};\n" for one in before), "".join(f"{one};\n" for one in after)


async def finish(connection: Connection) -> dict[str, int]:
    """The same for a database that was restored by other means; what SETTLED answers."""
    async with connection.transaction():
        await connection.execute(BEFORE)
        await connection.execute(GAPS)
        rows = [await connection.fetchrow(one) for one in SETTLED]
    return {row[0]: row[1] for row in rows if row is not None}


OTHERS = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
  AND application_name LIKE 'wardline%'
"""
"""Sessions of the application on this database, its commands among them."""
