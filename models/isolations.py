"""Isolation: what must keep others from a patient, or a patient from others."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.isolations import IsolationKind


class Isolation(Identified, InHospital, Edited, Base):
    """A patient is isolated from `started_at` until somebody ends it.

    `expected_end` ends nothing by itself: it is when to look again. One of a kind is in force a
    patient; it is the patient's and not the stay's, so it goes on through transfers and from one
    admission to the next.
    """

    __tablename__ = "isolations"
    __table_args__ = (
        one_of("kind", IsolationKind),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("expected_end > started_at", name="expected_after_start"),
        Index(
            "uq_isolations_in_force",
            "patient_id",
            "kind",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_isolations_patient", "patient_id", "started_at"),
        Index("ix_isolations_ended_by", "ended_by"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    kind: Mapped[str]
    reason: Mapped[str]
    started_at: Mapped[datetime]
    expected_end: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id"))
