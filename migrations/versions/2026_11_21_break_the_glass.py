"""Break the glass: care teams, and emergency accesses with their review.

Revision: 0007, after 0006. Created 2026-11-21.
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_OPEN = sa.text("ended_at IS NULL")


def _time(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(
        name, postgresql.TIMESTAMP(timezone=True), nullable=nullable, server_default=default
    )


def _keys(table: str, users: Iterable[str], *, patient: bool = True) -> list[sa.Constraint]:
    found: list[sa.Constraint] = [
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["hospital_id"], ["hospitals.id"], name=op.f(f"fk_{table}_hospital_id")
        ),
    ]
    if patient:
        found.append(
            sa.ForeignKeyConstraint(
                ["patient_id"], ["patients.id"], name=op.f(f"fk_{table}_patient_id")
            )
        )
    found += [
        sa.ForeignKeyConstraint([user], ["users.id"], name=op.f(f"fk_{table}_{user}"))
        for user in users
    ]
    return found


def upgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.create_table(
        "care_team_members",
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        _time("started_at"),
        _time("ended_at", nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        _time("updated_at", now=True),
        sa.Column("updated_by", sa.UUID(), nullable=True),
        _time("created_at", now=True),
        sa.Column("created_by", sa.UUID(), nullable=True),
        sa.CheckConstraint(
            "role IN ('ATTENDER', 'CONSULTANT', 'PARTICIPANT')",
            name=op.f("ck_care_team_members_role_known"),
        ),
        sa.CheckConstraint(
            "ended_at >= started_at", name=op.f("ck_care_team_members_ends_after_start")
        ),
        *_keys("care_team_members", ("user_id", "created_by", "updated_by")),
    )
    op.create_index(
        "uq_care_team_members_open",
        "care_team_members",
        ["user_id", "patient_id"],
        unique=True,
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_care_team_members_user",
        "care_team_members",
        ["user_id", "ended_at"],
        postgresql_include=["patient_id"],
    )
    op.create_index(
        "ix_care_team_members_patient", "care_team_members", ["patient_id", "started_at"]
    )
    op.create_index("ix_care_team_members_created_by", "care_team_members", ["created_by"])
    op.create_index("ix_care_team_members_updated_by", "care_team_members", ["updated_by"])

    op.create_table(
        "emergency_accesses",
        sa.Column("user_id", sa.UUID(), nullable=False),
        sa.Column("patient_id", sa.UUID(), nullable=False),
        sa.Column("session_id", sa.UUID(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        _time("opened_at"),
        _time("expires_at"),
        _time("ended_at", nullable=True),
        sa.Column("ended_by", sa.UUID(), nullable=True),
        _time("reviewed_at", nullable=True),
        sa.Column("reviewed_by", sa.UUID(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('JUSTIFIED', 'NOT_JUSTIFIED')",
            name=op.f("ck_emergency_accesses_outcome_known"),
        ),
        sa.CheckConstraint(
            "expires_at > opened_at", name=op.f("ck_emergency_accesses_expires_after_opened")
        ),
        sa.CheckConstraint(
            "ended_at BETWEEN opened_at AND expires_at",
            name=op.f("ck_emergency_accesses_ends_within"),
        ),
        sa.CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL)"
            " AND (reviewed_at IS NULL) = (outcome IS NULL)",
            name=op.f("ck_emergency_accesses_reviewed_says_who_and_what"),
        ),
        sa.CheckConstraint(
            "reviewed_at IS NOT NULL OR review_note IS NULL",
            name=op.f("ck_emergency_accesses_note_of_review"),
        ),
        sa.CheckConstraint(
            "reviewed_by <> user_id", name=op.f("ck_emergency_accesses_reviewed_by_another")
        ),
        *_keys("emergency_accesses", ("user_id", "ended_by", "reviewed_by")),
    )
    op.create_index(
        "uq_emergency_accesses_open",
        "emergency_accesses",
        ["user_id", "patient_id"],
        unique=True,
        postgresql_include=["expires_at"],
        postgresql_where=_OPEN,
    )
    op.create_index(
        "ix_emergency_accesses_open_until",
        "emergency_accesses",
        ["expires_at"],
        postgresql_where=_OPEN,
    )
    newest = [sa.text("opened_at DESC"), sa.text("id DESC")]
    op.create_index(
        "ix_emergency_accesses_hospital", "emergency_accesses", ["hospital_id", *newest]
    )
    op.create_index(
        "ix_emergency_accesses_to_review",
        "emergency_accesses",
        ["hospital_id", *newest],
        postgresql_where=sa.text("reviewed_at IS NULL"),
    )
    op.create_index("ix_emergency_accesses_user", "emergency_accesses", ["user_id", *newest])
    op.create_index(
        "ix_emergency_accesses_patient", "emergency_accesses", ["patient_id", "opened_at"]
    )
    op.create_index("ix_emergency_accesses_ended_by", "emergency_accesses", ["ended_by"])
    op.create_index("ix_emergency_accesses_reviewed_by", "emergency_accesses", ["reviewed_by"])

    op.create_table(
        "emergency_access_attempts",
        sa.Column("user_id", sa.UUID(), nullable=False),
        _time("attempted_at"),
        sa.Column("id", sa.UUID(), nullable=False),
        sa.Column("hospital_id", sa.UUID(), nullable=False),
        *_keys("emergency_access_attempts", ("user_id",), patient=False),
    )
    op.create_index(
        "ix_emergency_access_attempts_user",
        "emergency_access_attempts",
        ["user_id", "attempted_at"],
    )
    op.create_index(
        "ix_emergency_access_attempts_time", "emergency_access_attempts", ["attempted_at"]
    )


def downgrade() -> None:
    op.execute("SET LOCAL lock_timeout = '5s'")
    op.drop_table("emergency_access_attempts")
    op.drop_table("emergency_accesses")
    op.drop_table("care_team_members")
    # A kind that the release before does not know is heard nowhere, and a log has no gaps: the
    # events stay.
