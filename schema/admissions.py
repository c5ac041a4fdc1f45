"""Admission and its stays."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause, and_

import models
from models.rules.scopes import Scope
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.beds import Bed
from schema.enums import AdmissionStatus
from schema.fields import column, identifier, many, newest_first, one, produced, words
from schema.nodes import Node
from schema.wards import Ward

if TYPE_CHECKING:
    from schema.patients import Patient


def under_way(patient: FromClause, admission: FromClause) -> ColumnElement[bool]:
    """Whether it is the admission for which the patient is in the hospital, on leave or not."""
    return and_(
        admission.c.patient_id == patient.c.id,
        admission.c.status.in_(words(AdmissionStatus.IN_PROGRESS, AdmissionStatus.ON_LEAVE)),
    )


def _current(admission: FromClause, wanted: str) -> ColumnElement[object]:
    stay = alias_of(models.BedStay)
    return looked_up(
        stay.c[wanted], stay, stay.c.admission_id == admission.c.id, stay.c.ended_at.is_(None)
    )


@strawberry.type(description="A patient in a bed, for a time.")
class BedStay:
    """`endedAt` is null while the patient lies there. With `cancelledAt` it was written in error.
    `overrideReason`: why a bed that is not fit for the patient's isolation was taken."""

    bed: Bed = one(models.Bed, lambda stay, bed: bed.c.id == stay.c.bed_id, inherits=True)
    started_at: datetime = column()
    ended_at: datetime | None = column()
    cancelled_at: datetime | None = column()
    override_reason: str | None = column(requires=Scope.ADMISSION_REASON_READ)


@strawberry.type(description="An inpatient encounter (FHIR Encounter, class IMP).")
class Admission(Node):
    """`bed` and `ward` are where the patient lies now; null before, after and on another ward.

    `reason` is clinical: who only arranges stays does not read it. `leaveSince` and `leaveUntil`,
    when the patient is expected back, are of a leave that goes on.
    """

    id: strawberry.ID = identifier(models.Admission)
    status: AdmissionStatus = column()
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda admission, patient: patient.c.id == admission.c.patient_id
    )
    bed: Bed | None = one(
        models.Bed, lambda admission, bed: bed.c.id == _current(admission, "bed_id")
    )
    ward: Ward | None = one(
        models.Ward, lambda admission, ward: ward.c.id == _current(admission, "ward_id")
    )
    admitted_at: datetime = column()
    discharged_at: datetime | None = column()
    leave_since: datetime | None = column()
    leave_until: datetime | None = column()
    cancel_reason: str | None = column()
    reason: str | None = column(requires=Scope.ADMISSION_REASON_READ)
    stays: list[BedStay] = many(
        models.BedStay,
        lambda admission, stay: stay.c.admission_id == admission.c.id,
        order=newest_first(models.BedStay.started_at, models.BedStay),
        inherits=True,
    )


@strawberry.input(description="Admit a patient into a free bed, or one kept for the patient.")
class AdmitPatientInput:
    """Input of admitPatient. `admittedAt`: now where absent; not in the future. `overrideReason`:
    why a bed is taken that is not fit for the isolation of the patient; needs isolation:override.
    """

    patient_id: strawberry.ID
    bed_id: strawberry.ID
    reason: str | None = None
    admitted_at: datetime | None = None
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of admitPatient.")
class AdmitPatientPayload:
    """Answer of admitPatient."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(description="Move an admitted patient to another bed.")
class TransferPatientInput:
    """Input of transferPatient. `overrideReason`: see AdmitPatientInput."""

    admission_id: strawberry.ID
    bed_id: strawberry.ID
    override_reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of transferPatient.")
class TransferPatientPayload:
    """Answer of transferPatient."""

    admission: Admission | None = produced(models.Admission)


@strawberry.input(description="End an admission; the bed is cleaned next.")
class DischargePatientInput:
    """Input of dischargePatient."""

    admission_id: strawberry.ID
    disposition: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of dischargePatient.")
class DischargePatientPayload:
    """Answer of dischargePatient."""

    admission: Admission | None = produced(models.Admission)
