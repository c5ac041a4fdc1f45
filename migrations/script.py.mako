"""${message}

Revision: ${up_revision}, after ${down_revision | comma,n}. Created ${create_date}.

Before you write SQL here: the release before this one runs against the new schema while a rolling
restart lasts, so add before you use and remove a release later. Every statement takes its locks
with `lock_timeout`; an index on a filled table is built CONCURRENTLY in a migration of its own.
Both directions run in the tests on filled tables.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}

revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}
branch_labels = ${repr(branch_labels)}
depends_on = ${repr(depends_on)}


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    ${downgrades if downgrades else "pass"}
