"""Bed, the stays in it, the reservations of it, and what has become of it so far."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ExcludeConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Edited, Identified, InHospital, Written, one_of
from models.rules.beds import BedChangeEventKind, BedStatus
from models.rules.isolations import IsolationKind

REAL = tuple(each for each in BedStatus if each is not BedStatus.MASKED)


class Bed(Identified, InHospital, Edited, Base):
    """A bed. `status` is HL7 v2-0116; OCCUPIED exactly while a stay in it is current.

    `status_since` is null until the status changes for the first time; `waiting_since` is since
    when the bed waits to be cleaned, through all that it goes through until it is ready.
    `isolation_for` are the kinds of isolation it is fit for. A reservation is not a status of the
    bed but a row of its own (FHIR Encounter.location).

    Once `retired_at` it is in no list and stays CLOSED, so that nobody comes to lie in it.
    """

    __tablename__ = "beds"
    __table_args__ = (
        UniqueConstraint("ward_id", "code"),
        one_of("status", REAL),
        CheckConstraint(
            f"isolation_for <@ ARRAY[{', '.join(repr(one.value) for one in IsolationKind)}]",
            name="isolation_for_known",
        ),
        CheckConstraint("retired_at IS NULL OR status = 'CLOSED'", name="retired_is_closed"),
        Index("ix_beds_hospital_id", "hospital_id"),
    )

    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"))
    room_id: Mapped[UUID | None] = mapped_column(ForeignKey("rooms.id"), index=True)
    code: Mapped[str]
    status: Mapped[str] = mapped_column(server_default=BedStatus.UNOCCUPIED.value)
    status_since: Mapped[datetime | None]
    waiting_since: Mapped[datetime | None]
    closed_reason: Mapped[str | None]
    isolation_for: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    retired_at: Mapped[datetime | None]


class BedStay(Identified, InHospital, Edited, Base):
    """A patient in a bed from `started_at` to `ended_at` (null: now).

    The database holds the law: one current stay a bed and a patient, and no two stays of a bed or
    of a patient that overlap in time. Core PostgreSQL has no GiST operator class for uuid; a range
    over uuid has one, and two one-point ranges overlap where the ids are equal.

    A stay that was written in error is `cancelled_at`: it stays on record, and the law does not
    hold for it. `override_reason`: why the bed was taken although it is not fit for an isolation.
    """

    __tablename__ = "bed_stays"
    __table_args__ = (
        CheckConstraint("ended_at >= started_at", name="ends_after_start"),
        CheckConstraint("cancelled_at IS NULL OR ended_at IS NOT NULL", name="cancelled_has_ended"),
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
            where=text("cancelled_at IS NULL"),
            using="gist",
            name="ex_bed_stays_bed_overlap",
        ),
        ExcludeConstraint(
            (text("uuidrange(patient_id, patient_id, '[]')"), "&&"),
            (text("tstzrange(started_at, ended_at)"), "&&"),
            where=text("cancelled_at IS NULL"),
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
    cancelled_at: Mapped[datetime | None]
    override_reason: Mapped[str | None]


class BedTransition(Identified, InHospital, Written, Base):
    """A change of a bed: what it was, what it became, why, by whom. Only ever added to, which a
    trigger of migration 0015 sees to; `occurred_at` grows strictly within a bed.

    Where a stay began or ended its admission is named. `waited_since`: the bed is ready again with
    this change, and has waited for it since then.
    """

    __tablename__ = "bed_transitions"
    __table_args__ = (
        one_of("kind", BedChangeEventKind),
        one_of("from_status", REAL),
        one_of("to_status", REAL),
        Index("uq_bed_transitions_bed", "bed_id", "occurred_at", unique=True),
        Index("ix_bed_transitions_ward", "ward_id", "occurred_at"),
        Index("ix_bed_transitions_admission", "admission_id"),
        Index(
            "ix_bed_transitions_waited",
            "ward_id",
            "occurred_at",
            postgresql_include=["waited_since"],
            postgresql_where=text("waited_since IS NOT NULL"),
        ),
    )

    bed_id: Mapped[UUID] = mapped_column(ForeignKey("beds.id"))
    ward_id: Mapped[UUID] = mapped_column(ForeignKey("wards.id"))
    admission_id: Mapped[UUID | None] = mapped_column(ForeignKey("admissions.id"))
    kind: Mapped[str]
    from_status: Mapped[str]
    to_status: Mapped[str]
    reason: Mapped[str | None]
    occurred_at: Mapped[datetime]
    waited_since: Mapped[datetime | None]


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
