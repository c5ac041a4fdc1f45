"""Bed, the stays in it and the reservations of it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, one_of
from models.rules.beds import BedStatus


class Bed(Identified, InHospital, Edited, Base):
    """A bed. `status` is HL7 v2-0116; OCCUPIED exactly while a stay in it is current.

    A reservation is not a status of the bed but a row of its own (FHIR Encounter.location).
    """

    __tablename__ = "beds"
    __table_args__ = (
        UniqueConstraint("ward_id", "code"),
        one_of("status", (each for each in BedStatus if each is not BedStatus.MASKED)),
        Index("ix_beds_hospital_id", "hospital_id"),
    )

    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    code: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=BedStatus.UNOCCUPIED.value)


class BedStay(Identified, InHospital, Edited, Base):
    """A patient in a bed from `started_at` to `ended_at` (null: now).

    The database holds the law: one current stay a bed and a patient, and no two stays of a bed or
    of a patient that overlap in time. Core PostgreSQL has no GiST operator class for uuid; a range
    over uuid has one, and two one-point ranges overlap where the ids are equal.
    """

    __tablename__ = "bed_stays"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        Index(
            "uq_bed_stays_current_bed",
            "bed_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "uq_bed_stays_current_patient",
            "patient_id",
            unique=True,
            postgresql_include=["ward_id", "bed_id", "admission_id"],
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_bed_stays_current_ward",
            "ward_id",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_bed_stays_admission", "admission_id", "started_at"),
        Index("ix_bed_stays_bed", "bed_id", "started_at"),
        Index("ix_bed_stays_patient", "patient_id", "started_at"),
        Index("ix_bed_stays_ward", "ward_id", "started_at"),
        ExcludeConstraint(
            (text("uuidrange(bed_id, bed_id, '[]')"), "&&"),
            (text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_bed_stays_bed_overlap",
        ),
        ExcludeConstraint(
            (text("uuidrange(patient_id, patient_id, '[]')"), "&&"),
            (text("tstzrange(started_at, ended_at)"), "&&"),
            using="gist",
            name="ex_bed_stays_patient_overlap",
        ),
    )

    admission_id: Mapped[UUID] = mapped_column(ForeignKey("admissions.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    bed_id: Mapped[UUID] = mapped_column(ForeignKey("beds.id"))
    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class Reservation(Identified, InHospital, Edited, Base):
    """A bed kept for a patient until `reserved_until` (null: until it is used or released).

    Lifecycle: open (`ended_at` null) → ended as FULFILLED, RELEASED or EXPIRED. One open a bed.
    """

    __tablename__ = "reservations"
    __table_args__ = (
        CheckConstraint(
            "(ended_at IS NULL) = (ended_as IS NULL)",
            name="ended_with_reason",
        ),
        CheckConstraint("ended_as IN ('FULFILLED', 'RELEASED', 'EXPIRED')", name="ended_as_known"),
        Index(
            "uq_reservations_open_bed",
            "bed_id",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_reservations_open_until",
            "reserved_until",
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_reservations_bed", "bed_id"),
        Index("ix_reservations_patient", "patient_id"),
    )

    bed_id: Mapped[UUID] = mapped_column(ForeignKey("beds.id"))
    patient_id: Mapped[UUID] = mapped_column(ForeignKey("patients.id"))
    reserved_until: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    ended_as: Mapped[str | None]
