"""Patient: the person and everything recorded of them."""

from datetime import date, datetime

import strawberry
from sqlalchemy import TIMESTAMP, ColumnElement, FromClause, Text, and_, func, literal_column, or_

import models
from models.rules.scopes import Scope
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import NOW
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import looked_up
from schema.admissions import Admission, under_way
from schema.allergies import Allergy
from schema.care_teams import CareTeamMember
from schema.enums import Interpretation, MedicationStatus, Sex, Spo2Scale
from schema.fields import (
    Argument,
    column,
    connection,
    expression,
    identifier,
    many,
    newest_first,
    one,
    produced,
    words,
)
from schema.isolations import Isolation
from schema.labs import LabResult
from schema.medications import MedicationOrder
from schema.nodes import Connection, Node
from schema.panels import CollectedPanel, lab_panels
from schema.pregnancies import Pregnancy
from schema.spo2_scales import Spo2ScaleDecision
from schema.trends import LabTrend, VitalTrend, lab_trend, vital_trend
from schema.vitals import VitalSigns

MOMENT = TIMESTAMP(timezone=True)
UNREMARKABLE = words(Interpretation.NORMAL, Interpretation.NOT_JUDGED)


def _from(name: str) -> Argument:
    return Argument(datetime | None, lambda row, given: row.c[name] >= given(MOMENT))


def _to(name: str) -> Argument:
    return Argument(datetime | None, lambda row, given: row.c[name] < given(MOMENT))


def _abnormal(row: FromClause, given: Given) -> ColumnElement[bool]:
    if given.truth():
        return row.c.interpretation.not_in(UNREMARKABLE)
    return row.c.interpretation.in_(UNREMARKABLE)


def _in_status(row: FromClause, given: Given) -> ColumnElement[bool]:
    asked: ColumnElement[bool] = row.c.status.in_(given.words())
    return asked


def _standing(patient: FromClause, vitals: FromClause) -> ColumnElement[bool]:
    return and_(vitals.c.patient_id == patient.c.id, vitals.c.entered_in_error_at.is_(None))


def _scale(patient: FromClause) -> ColumnElement[object]:
    decision = alias_of(models.Spo2ScaleDecision)
    decided = looked_up(
        decision.c.scale,
        decision,
        decision.c.patient_id == patient.c.id,
        decision.c.ended_at.is_(None),
    )
    return func.coalesce(decided, literal_column(f"'{Spo2Scale.SCALE_1}'", Text()))


@strawberry.type(description="A patient: the person, whatever the stay.")
class Patient(Node):
    """Demographics need patient:read; each clinical field its own scope."""

    id: strawberry.ID = identifier(models.Patient)
    mrn: str = column()
    given_name: str = column()
    family_name: str = column()
    birth_date: date | None = column()
    sex: Sex = column()
    deceased_at: datetime | None = column()
    phone: str | None = column(requires=Scope.PATIENT_CONTACT_READ)
    email: str | None = column(requires=Scope.PATIENT_CONTACT_READ)
    address: str | None = column(requires=Scope.PATIENT_CONTACT_READ)
    national_id: str | None = column(requires=Scope.PATIENT_IDENTIFIERS_READ)
    admission: Admission | None = one(models.Admission, under_way)
    admissions: Connection[Admission] | None = connection(
        models.Admission,
        lambda patient, admission: admission.c.patient_id == patient.c.id,
        order=newest_first(models.Admission.admitted_at, models.Admission),
    )
    care_team: list[CareTeamMember] | None = many(
        models.CareTeamMember,
        lambda patient, member: and_(
            member.c.patient_id == patient.c.id,
            or_(member.c.ended_at.is_(None), member.c.ended_at > NOW),
        ),
        order=newest_first(models.CareTeamMember.started_at, models.CareTeamMember),
    )
    allergies: list[Allergy] | None = many(
        models.Allergy,
        lambda patient, allergy: and_(
            allergy.c.patient_id == patient.c.id, allergy.c.entered_in_error_at.is_(None)
        ),
        order=newest_first(models.Allergy.recorded_at, models.Allergy),
    )
    allergies_entered_in_error: list[Allergy] | None = many(
        models.Allergy,
        lambda patient, allergy: and_(
            allergy.c.patient_id == patient.c.id, allergy.c.entered_in_error_at.is_not(None)
        ),
        order=newest_first(models.Allergy.recorded_at, models.Allergy),
    )
    isolations: list[Isolation] | None = many(
        models.Isolation,
        lambda patient, isolation: and_(
            isolation.c.patient_id == patient.c.id, isolation.c.ended_at.is_(None)
        ),
        order=newest_first(models.Isolation.started_at, models.Isolation),
        size=2,
    )
    latest_vitals: VitalSigns | None = one(
        models.VitalSigns,
        _standing,
        order=newest_first(models.VitalSigns.recorded_at, models.VitalSigns),
    )
    vitals: Connection[VitalSigns] | None = connection(
        models.VitalSigns,
        _standing,
        order=newest_first(models.VitalSigns.recorded_at, models.VitalSigns),
        arguments={"from": _from("recorded_at"), "to": _to("recorded_at")},
    )
    vitals_entered_in_error: list[VitalSigns] | None = many(
        models.VitalSigns,
        lambda patient, vitals: and_(
            vitals.c.patient_id == patient.c.id, vitals.c.entered_in_error_at.is_not(None)
        ),
        order=newest_first(models.VitalSigns.recorded_at, models.VitalSigns),
    )
    spo2_scale: Spo2Scale | None = expression(_scale, requires=Scope.VITALS_READ)
    spo2_scale_decisions: list[Spo2ScaleDecision] | None = many(
        models.Spo2ScaleDecision,
        lambda patient, decision: decision.c.patient_id == patient.c.id,
        order=newest_first(models.Spo2ScaleDecision.decided_at, models.Spo2ScaleDecision),
        size=2,
    )
    pregnancies: list[Pregnancy] | None = many(
        models.Pregnancy,
        lambda patient, pregnancy: and_(
            pregnancy.c.patient_id == patient.c.id, pregnancy.c.entered_in_error_at.is_(None)
        ),
        order=newest_first(models.Pregnancy.created_at, models.Pregnancy),
        size=2,
    )
    lab_results: Connection[LabResult] | None = connection(
        models.LabResult,
        lambda patient, result: and_(
            result.c.patient_id == patient.c.id, result.c.superseded_at.is_(None)
        ),
        order=newest_first(models.LabResult.observed_at, models.LabResult),
        arguments={
            "code": Argument(str | None, lambda row, given: row.c.code == given(Text())),
            "abnormal": Argument(
                bool | None,
                _abnormal,
                description="true: only results outside normal; false: only those within.",
            ),
            "from": _from("observed_at"),
            "to": _to("observed_at"),
        },
    )
    medications: Connection[MedicationOrder] | None = connection(
        models.MedicationOrder,
        lambda patient, order: order.c.patient_id == patient.c.id,
        order=newest_first(models.MedicationOrder.ordered_at, models.MedicationOrder),
        arguments={
            "status": Argument(list[MedicationStatus] | None, _in_status),
            "code": Argument(str | None, lambda row, given: row.c.code == given(Text())),
            "from": _from("ordered_at"),
            "to": _to("ordered_at"),
        },
    )
    vital_trend: VitalTrend | None = vital_trend()
    lab_trend: LabTrend | None = lab_trend()
    lab_panels: list[CollectedPanel] | None = lab_panels()


@strawberry.input(description="Register a patient; the MRN is unique in the hospital.")
class RegisterPatientInput:
    """Input of registerPatient."""

    mrn: str
    given_name: str
    family_name: str
    sex: Sex
    birth_date: date | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None
    national_id: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of registerPatient.")
class RegisterPatientPayload:
    """Answer of registerPatient."""

    patient: Patient | None = produced(models.Patient)
