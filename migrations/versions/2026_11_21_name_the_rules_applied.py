"""Name the rules applied: which a result was held against, also where it passed no limit.

Revision: 0022, after 0021. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    # Results that are there keep null: by which rules they were judged was not kept, and rules,
    # wards and birth dates may have changed since.
    op.add_column(
        "lab_results", sa.Column("applied_rules", postgresql.ARRAY(sa.UUID()), nullable=True)
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_column("lab_results", "applied_rules")
