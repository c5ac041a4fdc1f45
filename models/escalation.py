"""Escalation chain: who is called for an open critical result, and after how many minutes."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Integer, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified, InHospital, Written, one_of
from models.rules.escalation import Urgency


class EscalationChain(Identified, InHospital, Written, Base):
    """One version of a chain. A change retires the version and adds the next; none is edited.

    Without `ward_id` it is the hospital's for every ward that has none of its own. Step n calls
    `audiences[n]` when `after_minutes[n]` have passed since it was raised; the last is the breach.
    A clock that runs goes on by the version with which it began.
    """

    __tablename__ = "escalation_chains"
    __table_args__ = (
        one_of("urgency", Urgency),
        CheckConstraint(
            "cardinality(after_minutes) = cardinality(audiences) AND cardinality(audiences) >= 2",
            name="steps_paired",
        ),
        CheckConstraint("version >= 1", name="version_positive"),
        Index(
            "uq_escalation_chains_version",
            "hospital_id",
            text("coalesce(ward_id, hospital_id)"),
            "urgency",
            "version",
            unique=True,
        ),
        Index(
            "uq_escalation_chains_current",
            "hospital_id",
            text("coalesce(ward_id, hospital_id)"),
            "urgency",
            unique=True,
            postgresql_where=text("retired_at IS NULL"),
        ),
        Index("ix_escalation_chains_ward_id", "ward_id"),
    )

    ward_id: Mapped[UUID | None] = mapped_column(ForeignKey("wards.id"))
    urgency: Mapped[str]
    version: Mapped[int]
    after_minutes: Mapped[list[int]] = mapped_column(ARRAY(Integer()))
    audiences: Mapped[list[str]]
    retired_at: Mapped[datetime | None]
