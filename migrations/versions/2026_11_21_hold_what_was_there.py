"""Hold the vital signs that were there to the limits of 0016, beside the running hospital.

Revision: 0021, after 0020. Created 2026-11-21.

Whoever adds a constraint to a table has it locked, and would read all of it so. What says only that
the rows are looked at takes a lock that stops neither reading nor writing.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_NOT_LOOKED_AT = sa.text(
    "SELECT conname FROM pg_constraint WHERE NOT convalidated"
    " AND conrelid = 'vital_signs'::regclass ORDER BY conname"
)


def upgrade() -> None:
    with op.get_context().autocommit_block():
        op.execute("SET lock_timeout = '5s'")
        for name in op.get_bind().scalars(_NOT_LOOKED_AT).all():
            op.execute(f"ALTER TABLE vital_signs VALIDATE CONSTRAINT {name}")
        op.execute("RESET lock_timeout")


def downgrade() -> None:
    """What was looked at stays so."""
