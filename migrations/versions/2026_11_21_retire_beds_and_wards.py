"""Retire beds and wards: out of every list, with their history. The audit knows a wrong password of
somebody who has signed in.

Revision: 0023, after 0022. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_KINDS = (
    "ADMITTED", "TRANSFERRED_IN", "TRANSFERRED_OUT", "DISCHARGED", "RESERVED", "RELEASED",
    "STATUS_CHANGED", "LEAVE_STARTED", "LEAVE_ENDED", "ADMISSION_CANCELLED", "TRANSFER_CANCELLED",
    "DISCHARGE_CANCELLED", "ISOLATION_SET", "ISOLATION_ENDED", "EQUIPPED",
)  # fmt: skip
_OUTCOMES = ("DONE", "FORBIDDEN", "NOT_FOUND", "CONFLICT", "READ_BACK_DIFFERS", "UNAUTHENTICATED")
_NEW = ("ADDED", "CHANGED", "RETIRED", "WARD_ADDED", "WARD_CHANGED", "WARD_RETIRED")


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("wards", sa.Column("retired_at", _TIME, nullable=True))
    op.add_column("beds", sa.Column("retired_at", _TIME, nullable=True))
    op.create_check_constraint(
        op.f("ck_beds_retired_is_closed"), "beds", "retired_at IS NULL OR status = 'CLOSED'"
    )
    _know("bed_transitions", "kind", (*_KINDS, *_NEW), looked_at=True)
    _know("audit_selections", "outcome", (*_OUTCOMES, "PASSWORD_DIFFERS"), looked_at=True)


def downgrade() -> None:
    """What is retired stays CLOSED, and its history as it was written: it is only ever added to."""
    op.execute("SET LOCAL lock_timeout = '5s'")
    _know("audit_selections", "outcome", _OUTCOMES, looked_at=False)
    _know("bed_transitions", "kind", _KINDS, looked_at=False)
    op.drop_constraint(op.f("ck_beds_retired_is_closed"), "beds", type_="check")
    op.drop_column("beds", "retired_at")
    op.drop_column("wards", "retired_at")


def _know(table: str, column: str, words: tuple[str, ...], *, looked_at: bool) -> None:
    name = op.f(f"ck_{table}_{column}_known")
    op.drop_constraint(name, table, type_="check")
    op.create_check_constraint(
        name,
        table,
        f"{column} IN ({', '.join(repr(word) for word in words)})",
        postgresql_not_valid=not looked_at,
    )
