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


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column(
        "users", sa.Column("rights_version", sa.BigInteger(), server_default="0", nullable=False)
    )
    op.execute(
        """
        CREATE FUNCTION number_rights_of_member() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            UPDATE users SET rights_version = rights_version + 1
            WHERE id IN (OLD.user_id, NEW.user_id);
            RETURN NULL;
        END $$
        """
    )
    for table in MEMBERSHIPS:
        op.execute(
            f"CREATE TRIGGER number_rights AFTER INSERT OR UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION number_rights_of_member()"
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
    for table in ("users", *MEMBERSHIPS):
        op.execute(f"DROP TRIGGER number_rights ON {table}")
    op.execute("DROP FUNCTION number_rights_of_user()")
    op.execute("DROP FUNCTION number_rights_of_member()")
    op.drop_column("users", "rights_version")
