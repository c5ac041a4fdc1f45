"""Admission: an inpatient encounter (FHIR Encounter, class IMP)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.admissions import AdmissionStatus


class Admission(Identified, InHospital, Edited, Base):
    """An admission: PLANNED → IN_PROGRESS ⇄ ON_LEAVE → FINISHED, or CANCELLED.

    One current (IN_PROGRESS or ON_LEAVE) a patient. FINISHED has `discharged_at`, others have not.
    `leave_since` and `leave_until` (when the patient is expected back) are of the leave that goes
    on; the leaves that are over are in the history of the bed.
    """

    __tablename__ = "admissions"
    __table_args__ = (
        one_of("status", AdmissionStatus),
        CheckConstraint("discharged_at >= admitted_at", name="discharged_after_admitted"),
        CheckConstraint(
            "(status = 'FINISHED') = (discharged_at IS NOT NULL)", name="finished_is_discharged"
        ),
        CheckConstraint("leave_until > leave_since", name="leave_ends_after_start"),
        CheckConstraint("leave_since IS NOT NULL OR leave_until IS NULL", name="leave_has_begun"),
        CheckConstraint("status = 'CANCELLED' OR cancel_reason IS NULL", name="cancelled_why"),
        Index(
            "uq_admissions_current_patient",
            "patient_id",
            unique=True,
            postgresql_where=text("status IN ('IN_PROGRESS', 'ON_LEAVE')"),
        ),
        Index("ix_admissions_patient", "patient_id", text("admitted_at DESC"), text("id DESC")),
        UniqueConstraint("hospital_id", "sender", "external_id"),
    )

    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    status: Mapped[str]
    admitted_at: Mapped[datetime]
    discharged_at: Mapped[datetime | None]
    reason: Mapped[str | None]
    disposition: Mapped[str | None]
    leave_since: Mapped[datetime | None]
    leave_until: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]
    sender: Mapped[str | None]
    external_id: Mapped[str | None]
