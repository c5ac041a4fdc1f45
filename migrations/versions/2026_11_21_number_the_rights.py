"""Number the rights of users: a version that moves with whatever changes what a user may see.

Revision: 0008, after 0007. Created 2026-11-21.

A read asks for it in its own statement (docs/decisions/0008), so it has to move in the transaction
that changes the rights, whoever writes: by triggers.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

MEMBERSHIPS = ("role_memberships", "ward_memberships", "care_team_members", "emergency_accesses")
"""Tables whose rows say, by `user_id`, what a user may see."""
CHANGES = {
    "INSERT": "NEW TABLE AS after",
    "UPDATE": "OLD TABLE AS before NEW TABLE AS after",
    "DELETE": "OLD TABLE AS before",
}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "users", sa.Column("rights_version", sa.BigInteger(), server_default="0", nullable=False)
    )
    # The users are taken in one order, whichever way their rows were changed: two that end the
    # care teams of the same doctors would otherwise wait for each other.
    op.execute(
        """
        CREATE FUNCTION number_rights_of_members() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            members uuid[];
        BEGIN
            IF TG_OP = 'INSERT' THEN
                members := ARRAY(SELECT user_id FROM after);
            ELSIF TG_OP = 'DELETE' THEN
                members := ARRAY(SELECT user_id FROM before);
            ELSE
                members := ARRAY(SELECT user_id FROM before UNION SELECT user_id FROM after);
            END IF;
            PERFORM 1 FROM users WHERE id = ANY(members) ORDER BY id FOR NO KEY UPDATE;
            UPDATE users SET rights_version = rights_version + 1 WHERE id = ANY(members);
            RETURN NULL;
        END $$
        """
    )
    for table in MEMBERSHIPS:
        for change, rows in CHANGES.items():
            op.execute(
                f"CREATE TRIGGER number_rights_{change.lower()} AFTER {change} ON {table}"
                f" REFERENCING {rows}"
                " FOR EACH STATEMENT EXECUTE FUNCTION number_rights_of_members()"
            )
    op.execute(
        """
        CREATE FUNCTION number_rights_of_user() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            NEW.rights_version := OLD.rights_version + 1;
            RETURN NEW;
        END $$
        """
    )
    op.execute(
        "CREATE TRIGGER number_rights"
        " BEFORE UPDATE OF hospital_id, username, patient_id, password_hash, disabled_at ON users"
        " FOR EACH ROW EXECUTE FUNCTION number_rights_of_user()"
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("DROP TRIGGER number_rights ON users")
    for table in MEMBERSHIPS:
        for change in CHANGES:
            op.execute(f"DROP TRIGGER number_rights_{change.lower()} ON {table}")
    op.execute("DROP FUNCTION number_rights_of_user()")
    op.execute("DROP FUNCTION number_rights_of_members()")
    op.drop_column("users", "rights_version")
