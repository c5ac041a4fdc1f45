"""Emergency access: a patient opened by somebody who had no relation to them, and why."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, one_of
from models.rules.emergency_access import EmergencyAccessOutcome


class EmergencyAccess(Identified, InHospital, Base):
    """A glass broken: open → ended (by hand, by another one of the same patient, or by time) and,
    whenever, reviewed once. Never deleted, its reason never changed.

    It opens the patient while `ended_at` is null and `expires_at` is to come: no job has to run for
    it to end. `ended_by` is null where time ended it. Nobody reviews their own.
    """

    __tablename__ = "emergency_accesses"
    __table_args__ = (
        one_of("outcome", EmergencyAccessOutcome),
        CheckConstraint("expires_at > opened_at", name="expires_after_opened"),
        CheckConstraint("ended_at BETWEEN opened_at AND expires_at", name="ends_within"),
        CheckConstraint(
            "(reviewed_at IS NULL) = (reviewed_by IS NULL)"
            " AND (reviewed_at IS NULL) = (outcome IS NULL)",
            name="reviewed_says_who_and_what",
        ),
        CheckConstraint("reviewed_at IS NOT NULL OR review_note IS NULL", name="note_of_review"),
        CheckConstraint("reviewed_by <> user_id", name="reviewed_by_another"),
        # Whom somebody has opened now: asked whenever rights are looked up.
        Index(
            "uq_emergency_accesses_open",
            "user_id",
            "patient_id",
            unique=True,
            postgresql_include=["expires_at"],
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_emergency_accesses_open_until",
            "expires_at",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_emergency_accesses_hospital", "hospital_id", text("opened_at DESC"), text("id DESC")
        ),
        Index(
            "ix_emergency_accesses_to_review",
            "hospital_id",
            text("opened_at DESC"),
            text("id DESC"),
            postgresql_where=text("reviewed_at IS NULL"),
        ),
        Index("ix_emergency_accesses_user", "user_id", text("opened_at DESC"), text("id DESC")),
        Index("ix_emergency_accesses_patient", "patient_id", "opened_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    session_id: Mapped[UUID | None]
    reason: Mapped[str]
    opened_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    reviewed_at: Mapped[datetime | None]
    reviewed_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    outcome: Mapped[str | None]
    review_note: Mapped[str | None]


class EmergencyAccessAttempt(Identified, InHospital, Base):
    """A try to break the glass, whether it found somebody or not; counted by user, so that it is no
    way to look for people. Forgotten when the window of the count has gone by."""

    __tablename__ = "emergency_access_attempts"
    __table_args__ = (
        Index("ix_emergency_access_attempts_user", "user_id", "attempted_at"),
        Index("ix_emergency_access_attempts_time", "attempted_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    attempted_at: Mapped[datetime]
