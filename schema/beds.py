"""Bed, with who lies in it and for whom it is kept."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause, false, or_

import models
from resolvers.reading.scope import NOW
from resolvers.reading.sources import looked_up, there_is
from schema.enums import BedStatus
from schema.fields import column, expression, identifier, one, produced, words
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.admissions import Admission
    from schema.patients import Patient
    from schema.wards import Ward


def _lies_in(bed: FromClause, admission: FromClause) -> ColumnElement[bool]:
    stay = models.BedStay.__table__.alias()
    current = looked_up(
        stay.c.admission_id, stay, stay.c.bed_id == bed.c.id, stay.c.ended_at.is_(None)
    )
    return admission.c.id == current


def _current(kept: FromClause, bed: FromClause) -> tuple[ColumnElement[bool], ...]:
    return (
        kept.c.bed_id == bed.c.id,
        kept.c.ended_at.is_(None),
        or_(kept.c.reserved_until.is_(None), kept.c.reserved_until > NOW),
    )


def _reserved(bed: FromClause) -> ColumnElement[bool]:
    kept = models.Reservation.__table__.alias()
    return there_is(kept, *_current(kept, bed))


def _kept_for(bed: FromClause, patient: FromClause) -> ColumnElement[bool]:
    kept = models.Reservation.__table__.alias()
    return patient.c.id == looked_up(kept.c.patient_id, kept, *_current(kept, bed))


@strawberry.type(description="A bed of a ward.")
class Bed(Node):
    """`status` is the operational status; a reservation is no status of the bed.

    `reserved` is seen by whoever sees the bed, `reservedFor` by whoever sees the patient. Of the
    bed of a stay on a ward out of reach its place is seen and no more: it is MASKED, and not
    reserved.
    """

    id: strawberry.ID = identifier(models.Bed)
    code: str = column()
    status: BedStatus = column(masked=words(BedStatus.MASKED)[0])
    ward: Annotated["Ward", strawberry.lazy("schema.wards")] = one(
        models.Ward, lambda bed, ward: ward.c.id == bed.c.ward_id, inherits=True
    )
    admission: Annotated["Admission", strawberry.lazy("schema.admissions")] | None = one(
        models.Admission, _lies_in, within=True
    )
    reserved: bool = expression(_reserved, masked=false())
    reserved_for: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, _kept_for
    )


@strawberry.input(description="Keep a bed for a patient; without `until`, until it is used.")
class ReserveBedInput:
    """Input of reserveBed."""

    bed_id: strawberry.ID
    patient_id: strawberry.ID
    until: datetime | None = None


@strawberry.type(description="Answer of reserveBed.")
class ReserveBedPayload:
    """Answer of reserveBed."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(description="Set the operational status; OCCUPIED follows from stays alone.")
class SetBedStatusInput:
    """Input of setBedStatus."""

    bed_id: strawberry.ID
    status: BedStatus


@strawberry.type(description="Answer of setBedStatus.")
class SetBedStatusPayload:
    """Answer of setBedStatus."""

    bed: Bed | None = produced(models.Bed)
