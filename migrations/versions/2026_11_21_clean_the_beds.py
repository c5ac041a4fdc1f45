"""Clean the beds: isolation, cleaning and the history of beds.

Revision: 0015, after 0014. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_TEXTS = postgresql.ARRAY(sa.Text())
_STATUSES = ("UNOCCUPIED", "OCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "ISOLATED", "CLOSED")
_KINDS = (
    "ADMITTED", "TRANSFERRED_IN", "TRANSFERRED_OUT", "DISCHARGED", "RESERVED", "RELEASED",
    "STATUS_CHANGED", "LEAVE_STARTED", "LEAVE_ENDED", "ADMISSION_CANCELLED", "TRANSFER_CANCELLED",
    "DISCHARGE_CANCELLED", "ISOLATION_SET", "ISOLATION_ENDED", "EQUIPPED",
)  # fmt: skip
_ISOLATIONS = ("CONTACT", "DROPLET", "AIRBORNE", "PROTECTIVE")
_LAWS = {"ex_bed_stays_bed_overlap": "bed_id", "ex_bed_stays_patient_overlap": "patient_id"}

# None of a column that the release before does not write and a status that it does: while both run,
# it would be refused what it has always done.
_CHECKS = {
    "beds": {
        "isolation_for_known": (
            f"isolation_for <@ ARRAY[{', '.join(repr(one) for one in _ISOLATIONS)}]"
        ),
    },
    "bed_stays": {"cancelled_has_ended": "cancelled_at IS NULL OR ended_at IS NOT NULL"},
    "admissions": {
        "leave_ends_after_start": "leave_until > leave_since",
        "leave_has_begun": "leave_since IS NOT NULL OR leave_until IS NULL",
        "cancelled_why": "status = 'CANCELLED' OR cancel_reason IS NULL",
    },
}
_COLUMNS = {
    "beds": ("status_since", "waiting_since", "closed_reason", "isolation_for"),
    "bed_stays": ("cancelled_at", "override_reason"),
    "admissions": ("leave_since", "leave_until", "cancel_reason"),
}

# Whoever could change it could make a bed clean that nobody has cleaned.
_KEEP = """
CREATE FUNCTION keep_bed_transitions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'bed_transitions are only ever added to';
END
$$
"""
_KEPT = """
CREATE TRIGGER keep_bed_transitions BEFORE UPDATE OR DELETE ON bed_transitions
FOR EACH ROW EXECUTE FUNCTION keep_bed_transitions()
"""


def _known(column: str, words: tuple[str, ...]) -> str:
    return f"{column} IN ({', '.join(repr(word) for word in words)})"


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.add_column("beds", sa.Column("status_since", _TIME, nullable=True))
    op.add_column("beds", sa.Column("waiting_since", _TIME, nullable=True))
    op.add_column("beds", sa.Column("closed_reason", sa.Text(), nullable=True))
    op.add_column(
        "beds",
        sa.Column("isolation_for", _TEXTS, server_default=sa.text("'{}'"), nullable=False),
    )
    op.add_column("bed_stays", sa.Column("cancelled_at", _TIME, nullable=True))
    op.add_column("bed_stays", sa.Column("override_reason", sa.Text(), nullable=True))
    op.add_column("admissions", sa.Column("leave_since", _TIME, nullable=True))
    op.add_column("admissions", sa.Column("leave_until", _TIME, nullable=True))
    op.add_column("admissions", sa.Column("cancel_reason", sa.Text(), nullable=True))
    # The last change of a bed was one of its status: nothing else of it could be changed.
    op.execute(
        "UPDATE beds SET status_since = updated_at, waiting_since ="
        " CASE WHEN status IN ('HOUSEKEEPING', 'CONTAMINATED') THEN updated_at END"
    )
    for table, checks in _CHECKS.items():
        for name, condition in checks.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, condition)
    _lay_down_the_law(" WHERE (cancelled_at IS NULL)")
    _isolations()
    _transitions()


def _lay_down_the_law(where: str) -> None:
    """No two stays that overlap; what was cancelled is not asked."""
    for name, column in _LAWS.items():
        op.drop_constraint(name, "bed_stays")
        op.execute(
            f"ALTER TABLE bed_stays ADD CONSTRAINT {name} EXCLUDE USING gist"
            f" (uuidrange({column}, {column}, '[]') WITH &&,"
            f" tstzrange(started_at, ended_at) WITH &&){where}"
        )


def _isolations() -> None:
    op.create_table(
        "isolations",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("expected_end", _TIME, nullable=True),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.Column("ended_by", sa.UUID(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column("updated_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(_known("kind", _ISOLATIONS), name=op.f("ck_isolations_kind_known")),
        sa.CheckConstraint("ended_at >= started_at", name=op.f("ck_isolations_ends_after_start")),
        sa.CheckConstraint(
            "expected_end > started_at", name=op.f("ck_isolations_expected_after_start")
        ),
        *_pointers("isolations", patient_id="patients", hospital_id="hospitals", ended_by="users"),
        *_pointers("isolations", created_by="users", updated_by="users"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_isolations")),
    )
    op.create_index(
        "uq_isolations_in_force",
        "isolations",
        ["patient_id", "kind"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index("ix_isolations_patient", "isolations", ["patient_id", "started_at"])
    for column in ("ended_by", "created_by", "updated_by"):
        op.create_index(op.f(f"ix_isolations_{column}"), "isolations", [column])


def _transitions() -> None:
    table = "bed_transitions"
    op.create_table(
        table,
        sa.Column("bed_id", sa.UUID(), nullable=False),
        sa.Column("ward_id", sa.UUID(), nullable=False),
        sa.Column("admission_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("from_status", sa.Text(), nullable=False),
        sa.Column("to_status", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("occurred_at", _TIME, nullable=False),
        sa.Column("waited_since", _TIME, nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.Column("created_at", _TIME, server_default=sa.text("now()"), nullable=False),
        sa.Column("created_by", sa.UUID(), nullable=True),
        *(
            sa.CheckConstraint(_known(column, words), name=op.f(f"ck_{table}_{column}_known"))
            for column, words in (
                ("kind", _KINDS),
                ("from_status", _STATUSES),
                ("to_status", _STATUSES),
            )
        ),
        *_pointers(table, bed_id="beds", ward_id="wards", admission_id="admissions"),
        *_pointers(table, hospital_id="hospitals", created_by="users"),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    op.create_index("uq_bed_transitions_bed", table, ["bed_id", "occurred_at"], unique=True)
    op.create_index("ix_bed_transitions_ward", table, ["ward_id", "occurred_at"])
    op.create_index("ix_bed_transitions_admission", table, ["admission_id"])
    op.create_index(
        "ix_bed_transitions_waited",
        table,
        ["ward_id", "occurred_at"],
        postgresql_include=["waited_since"],
        postgresql_where=sa.text("waited_since IS NOT NULL"),
    )
    op.create_index(op.f("ix_bed_transitions_created_by"), table, ["created_by"])
    op.execute(_KEEP)
    op.execute(_KEPT)


def _pointers(table: str, **targets: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
        for column, target in targets.items()
    ]


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("bed_transitions")
    op.execute("DROP FUNCTION keep_bed_transitions()")
    op.drop_table("isolations")
    # The version before has no word for a stay that was never meant, and would take it for one.
    op.execute("DELETE FROM bed_stays WHERE cancelled_at IS NOT NULL")
    _lay_down_the_law("")
    for table, checks in _CHECKS.items():
        for name in checks:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    for table, columns in _COLUMNS.items():
        for column in columns:
            op.drop_column(table, column)
