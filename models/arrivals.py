"""Arrival attempts: who looked for a patient who is to arrive, and named nobody."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital


class ArrivalAttempt(Identified, InHospital, Base):
    """An MRN and birth date that named nobody to its user; counted by user, so that it is no way to
    look for people. Forgotten when the window of the count has gone by."""

    __tablename__ = "arrival_attempts"
    __table_args__ = (
        Index("ix_arrival_attempts_user", "user_id", "attempted_at"),
        Index("ix_arrival_attempts_time", "attempted_at"),
    )

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    attempted_at: Mapped[datetime]
