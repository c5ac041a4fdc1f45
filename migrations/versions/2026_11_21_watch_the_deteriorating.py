"""Watch the deteriorating: decisions on the SpO2 scale, pregnancies, confirmed values.

Revision: 0016, after 0015. Created 2026-11-21.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_TIME = postgresql.TIMESTAMP(timezone=True)
_SETS = "vital_signs"
_RANGES = (
    # column, plausible, possible where confirmed
    ("heart_rate", "0 AND 300", "0 AND 999"),
    ("systolic", "0 AND 300", "0 AND 999"),
    ("diastolic", "0 AND 200", "0 AND 999"),
    ("respiratory_rate", "0 AND 100", "0 AND 999"),
    ("temperature", "25 AND 45", "0 AND 50"),
    ("oxygen_saturation", "0 AND 100", "0 AND 100"),
    ("pain_score", "0 AND 10", "0 AND 10"),
    ("weight_kg", "0.2 AND 500", "0.1 AND 999"),
    ("height_cm", "15 AND 272", "1 AND 300"),
)
_POINTS = (
    "respiratory_rate", "oxygen_saturation", "on_oxygen", "systolic", "heart_rate",
    "consciousness", "temperature",
)  # fmt: skip
_ADDED = (
    "confirmed", "news2_not_applicable", "news2_scale",
    *(f"news2_points_{name}" for name in _POINTS),
    "arrived_late", "entered_in_error_at", "entered_in_error_by", "entered_in_error_reason",
)  # fmt: skip


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    _sets()
    _written("spo2_scale_decisions", _decisions(), edited=False)
    op.create_index(
        "uq_spo2_scale_decisions_current",
        "spo2_scale_decisions",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )
    op.create_index(
        "ix_spo2_scale_decisions_patient", "spo2_scale_decisions", ["patient_id", "decided_at"]
    )
    _written("pregnancies", _pregnancies(), edited=True)
    op.create_index(
        "uq_pregnancies_current",
        "pregnancies",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("abatement IS NULL AND entered_in_error_at IS NULL"),
    )
    op.create_index("ix_pregnancies_patient", "pregnancies", ["patient_id", "onset"])
    op.create_index(
        "uq_critical_results_deterioration",
        "critical_results",
        ["patient_id"],
        unique=True,
        postgresql_where=sa.text("kind = 'DETERIORATION' AND status = 'OPEN'"),
    )


def _sets() -> None:
    op.add_column(
        _SETS,
        sa.Column(
            "confirmed", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
    )
    op.add_column(_SETS, sa.Column("news2_not_applicable", sa.Text(), nullable=True))
    op.add_column(
        _SETS, sa.Column("news2_scale", sa.Text(), server_default="SCALE_1", nullable=False)
    )
    for name in _POINTS:
        op.add_column(_SETS, sa.Column(f"news2_points_{name}", sa.Integer(), nullable=True))
    op.add_column(
        _SETS,
        sa.Column("arrived_late", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(_SETS, sa.Column("entered_in_error_at", _TIME, nullable=True))
    op.add_column(_SETS, sa.Column("entered_in_error_by", sa.UUID(), nullable=True))
    op.add_column(_SETS, sa.Column("entered_in_error_reason", sa.Text(), nullable=True))
    # Until now there was no other reason.
    op.execute("UPDATE vital_signs SET news2_not_applicable = 'AGE' WHERE NOT news2_applies")
    for column, plausible, possible in _RANGES:
        _bound(
            column,
            f"{column} BETWEEN {plausible} OR ('{column.upper()}' = ANY (confirmed)"
            f" AND {column} BETWEEN {possible})",
        )
    for name, condition in (
        ("news2_scale_known", "news2_scale IN ('SCALE_1', 'SCALE_2')"),
        ("news2_not_applicable_known", "news2_not_applicable IN ('AGE', 'PREGNANCY')"),
        # The release before says nothing of why: while both run, it would be refused a child.
        ("news2_says_why_not", "news2_not_applicable IS NULL OR NOT news2_applies"),
        (
            "entered_in_error_says_why",
            "(entered_in_error_at IS NULL) = (entered_in_error_reason IS NULL)",
        ),
    ):
        op.create_check_constraint(
            op.f(f"ck_vital_signs_{name}"), _SETS, condition, postgresql_not_valid=True
        )
    op.create_foreign_key(
        op.f("fk_vital_signs_entered_in_error_by"),
        _SETS,
        "users",
        ["entered_in_error_by"],
        ["id"],
        postgresql_not_valid=True,
    )
    op.create_index(
        "ix_vital_signs_entered_in_error_by",
        _SETS,
        ["entered_in_error_by"],
        postgresql_where=sa.text("entered_in_error_by IS NOT NULL"),
    )


def _bound(column: str, condition: str) -> None:
    # The table is large, and locked: 0021 looks at the rows that are there, beside the work.
    name = op.f(f"ck_vital_signs_{column}_plausible")
    op.drop_constraint(name, _SETS)
    op.create_check_constraint(name, _SETS, condition, postgresql_not_valid=True)


def _decisions() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("scale", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("decided_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME, nullable=True),
        sa.CheckConstraint(
            "scale IN ('SCALE_1', 'SCALE_2')", name=op.f("ck_spo2_scale_decisions_scale_known")
        ),
        sa.CheckConstraint(
            "ended_at >= decided_at", name=op.f("ck_spo2_scale_decisions_ends_after_start")
        ),
    ]


def _pregnancies() -> list[sa.schema.SchemaItem]:
    return [
        sa.Column("onset", sa.Date(), nullable=False),
        sa.Column("expected_delivery", sa.Date(), nullable=True),
        sa.Column("abatement", sa.Date(), nullable=True),
        sa.Column("entered_in_error_at", _TIME, nullable=True),
        sa.CheckConstraint("abatement >= onset", name=op.f("ck_pregnancies_ends_after_start")),
        sa.CheckConstraint(
            "expected_delivery >= onset", name=op.f("ck_pregnancies_expected_after_start")
        ),
    ]


def _written(table: str, columns: list[sa.schema.SchemaItem], *, edited: bool) -> None:
    """A table of rows of a patient, with who wrote them."""
    authors = ["created", "updated"] if edited else ["created"]
    for verb in authors:
        columns += [
            sa.Column(f"{verb}_at", _TIME, server_default=sa.text("now()"), nullable=False),
            sa.Column(f"{verb}_by", sa.UUID(), nullable=True),
        ]
    pointers = {"patient_id": "patients", "hospital_id": "hospitals"}
    pointers |= {f"{verb}_by": "users" for verb in authors}
    op.create_table(
        table,
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        *columns,
        *(
            sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}"))
            for column, target in pointers.items()
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
    )
    for verb in authors:
        op.create_index(op.f(f"ix_{table}_{verb}_by"), table, [f"{verb}_by"])


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_index("uq_critical_results_deterioration", "critical_results")
    op.drop_table("pregnancies")
    op.drop_table("spo2_scale_decisions")
    # The version before would show as true what was taken back: of such a set it keeps that it was.
    scores = ("news2_total", "news2_highest_single", "news2_risk")
    emptied = (*(column for column, *_ in _RANGES), "on_oxygen", "consciousness", *scores)
    rows = sa.table(_SETS, *map(sa.column, (*emptied, "entered_in_error_at")))
    op.execute(
        rows.update()
        .where(rows.c.entered_in_error_at.is_not(None))
        .values(dict.fromkeys(emptied, sa.null()))
    )
    # What it would have refused it cannot hold.
    for column, plausible, _ in _RANGES:
        within = f"{column} BETWEEN {plausible}"
        op.execute(rows.update().where(sa.text(f"NOT ({within})")).values({column: sa.null()}))
        _bound(column, within)
    for name in ("news2_says_why_not", "entered_in_error_says_why"):
        op.drop_constraint(op.f(f"ck_vital_signs_{name}"), _SETS)
    for column in _ADDED:
        op.drop_column(_SETS, column)
