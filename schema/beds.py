"""Bed, with who lies in it and for whom it is kept."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, false, literal_column, null, or_
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import NOW
from resolvers.reading.sources import looked_up, there_is
from schema.bed_history import HISTORY_ORDER, PERIOD, BedTransition
from schema.enums import BedStatus, IsolationKind
from schema.fields import column, connection, expression, identifier, one, produced, words
from schema.nodes import Connection, Node

if TYPE_CHECKING:
    from schema.admissions import Admission
    from schema.patients import Patient
    from schema.wards import Ward


def _lies_in(bed: FromClause, admission: FromClause) -> ColumnElement[bool]:
    stay = alias_of(models.BedStay)
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
    kept = alias_of(models.Reservation)
    return there_is(kept, *_current(kept, bed))


def _kept_for(bed: FromClause, patient: FromClause) -> ColumnElement[bool]:
    kept = alias_of(models.Reservation)
    return patient.c.id == looked_up(kept.c.patient_id, kept, *_current(kept, bed))


@strawberry.type(description="A bed of a ward.")
class Bed(Node):
    """`status` is the operational status; a reservation is no status of the bed.

    `reserved` is seen by whoever sees the bed, `reservedFor` by whoever sees the patient. Of the
    bed of a stay on a ward out of reach its place is seen and no more: it is MASKED, and not
    reserved.

    `statusSince` is null until the status changes for the first time. `isolationFor` are the kinds
    of isolation that the bed is fit for. One that is retired is CLOSED and in no list.
    """

    id: strawberry.ID = identifier(models.Bed)
    code: str = column()
    status: BedStatus = column(masked=words(BedStatus.MASKED)[0])
    status_since: datetime | None = column(masked=null())
    closed_reason: str | None = column(masked=null())
    isolation_for: list[IsolationKind] = column(
        masked=literal_column("'{}'::text[]", ARRAY(Text()))
    )
    retired_at: datetime | None = column(masked=null())
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
    history: Connection[BedTransition] | None = connection(
        models.BedTransition,
        lambda bed, row: row.c.bed_id == bed.c.id,
        order=HISTORY_ORDER,
        arguments=PERIOD,
    )


@strawberry.input(description="Keep a bed for a patient; without `until`, until it is used.")
class ReserveBedInput:
    """Input of reserveBed."""

    bed_id: strawberry.ID
    patient_id: strawberry.ID
    until: datetime | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of reserveBed.")
class ReserveBedPayload:
    """Answer of reserveBed."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(description="Keep a bed no longer.")
class ReleaseReservationInput:
    """Input of releaseReservation."""

    bed_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of releaseReservation.")
class ReleaseReservationPayload:
    """Answer of releaseReservation."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(description="Say which kinds of isolation a bed is fit for, instead of before.")
class EquipBedInput:
    """Input of equipBed."""

    bed_id: strawberry.ID
    isolation_for: list[IsolationKind]
    idempotency_key: str | None = None


@strawberry.type(description="Answer of equipBed.")
class EquipBedPayload:
    """Answer of equipBed."""

    bed: Bed | None = produced(models.Bed)


@strawberry.input(
    description=(
        "Set the operational status; OCCUPIED follows from stays alone, and CLOSED needs a reason."
    )
)
class SetBedStatusInput:
    """Input of setBedStatus. `reason` goes into the history of the bed."""

    bed_id: strawberry.ID
    status: BedStatus
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of setBedStatus.")
class SetBedStatusPayload:
    """Answer of setBedStatus."""

    bed: Bed | None = produced(models.Bed)
