"""Watch the deteriorating: decisions on the SpO2 scale, pregnancy, confirmed values.

Revision: 0016, after 0015. Created 2026-11-21.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
