"""Member of a patient's care team (FHIR R4 CareTeam.participant)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.care_teams import CareTeamRole


class CareTeamMember(Identified, InHospital, Edited, Base):
    """A user on a patient's care team from `started_at` to `ended_at`; null: until the discharge.

    `ended_at` may be still to come: a discharge leaves a tail in which the letter is written. One
    open membership (`ended_at` null) a user and patient. It is what the reach TREATMENT goes by
    beside the wards, and moving the patient to another bed does not touch it.
    """

    __tablename__ = "care_team_members"
    __table_args__ = (
        one_of("role", CareTeamRole),
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        Index(
            "uq_care_team_members_open",
            "user_id",
            "patient_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        # Whose patients somebody has now: asked whenever rights are looked up.
        Index(
            "ix_care_team_members_user",
            "user_id",
            "ended_at",
            postgresql_include=["patient_id"],
        ),
        Index("ix_care_team_members_patient", "patient_id", "started_at"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id"))
    role: Mapped[str]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
