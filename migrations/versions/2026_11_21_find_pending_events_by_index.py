"""Find pending events by their index, however small the log was when a session planned for it.

Revision: 0011, after 0010. Created 2026-11-21.

The trigger that gives positions keeps its plans for as long as its session lasts. Those made while
the log was young read the whole table, and went on doing so at every commit until the next ANALYZE:
in a new hospital a recorded result took ten times as long for the first minutes.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER FUNCTION assign_event_positions() SET enable_seqscan = off")


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.execute("ALTER FUNCTION assign_event_positions() RESET enable_seqscan")
