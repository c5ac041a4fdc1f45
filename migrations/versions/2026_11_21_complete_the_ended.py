"""Complete the ended: the orders whose end is to come are found by it.

Revision: 0024, after 0023. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

_ENDING = "ix_medication_orders_ending"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_index(
        _ENDING,
        "medication_orders",
        ["hospital_id", "ends_at"],
        postgresql_where=sa.text("status = 'ACTIVE' AND sender IS NULL AND ends_at IS NOT NULL"),
    )


def downgrade() -> None:
    """What the clock has completed stays so: it is over."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index(_ENDING, table_name="medication_orders")
