"""Query: the roots of reading."""

from datetime import date

import strawberry
from sqlalchemy import ColumnElement, Date, FromClause, Text, Uuid, and_

import models
from models.rules.scopes import Scope
from resolvers import ids
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import Descending, looked_up
from schema.administrations import MedicationDose, medications_due
from schema.admissions import Admission
from schema.audit import AUDIT_ARGUMENTS, AuditEntry
from schema.bed_history import HISTORY_ORDER, PERIOD, BedTransition
from schema.chain_versions import chain_in_force
from schema.critical_result_report import CriticalResultReport, critical_result_report
from schema.critical_results import CriticalResult
from schema.critical_rules import CRITICAL_RULE_ARGUMENTS, CriticalRule
from schema.emergency_access import EmergencyAccess, of_review
from schema.enums import CriticalResultKind, CriticalResultStatus
from schema.escalation import EscalationChain
from schema.fields import (
    AUTHENTICATED,
    Argument,
    any_node,
    any_nodes,
    connection,
    many,
    newest_first,
    one,
)
from schema.labs import LAB_RESULT_ARGUMENTS, LabResult
from schema.nodes import Connection, Node
from schema.patients import Patient
from schema.users import USER_ARGUMENTS, User
from schema.viewers import Viewer, viewer
from schema.wards import Ward


def _id(model: type[models.Base]) -> Argument:
    return Argument(
        strawberry.ID | None,
        lambda row, given: row.c.id == given(Uuid(), lambda public: ids.decode(model, public)),
    )


def _id_required(model: type[models.Base]) -> Argument:
    return Argument(strawberry.ID, _id(model).condition, default=...)


def _prefix(text: str) -> str:
    return " ".join(text.lower().split())


def _past(text: str) -> str:
    """The least string above every string with the prefix, byte by byte."""
    return _prefix(text) + "\U0010ffff"


def _matches(row: FromClause, given: Given) -> tuple[ColumnElement[bool], ...]:
    low, high = given(Text(), _prefix), given(Text(), _past)
    return (
        and_(row.c.name_key >= low, row.c.name_key < high),
        and_(row.c.given_key >= low, row.c.given_key < high),
        row.c.mrn == given(Text(), str.strip),
    )


def _of_ward(row: FromClause, given: Given) -> ColumnElement[bool]:
    ward = alias_of(models.Ward)
    named = looked_up(
        ward.c.id,
        ward,
        ward.c.hospital_id == row.c.hospital_id,
        ward.c.code == given(Text()),
        # A ward out of reach is none: that a result was heard there is not asked of by its name.
        *given.visible(models.Ward, ward),
    )
    return row.c.ward_id == named


def _in_service(_: object, ward: FromClause) -> ColumnElement[bool]:
    return ward.c.retired_at.is_(None)


def _in_status(row: FromClause, given: Given) -> ColumnElement[bool]:
    return row.c.status.in_(given.words())


@strawberry.type(description="What can be read; each field says what it requires.")
class Query:
    """Every field says what it requires, or cannot be declared."""

    viewer: Viewer = viewer()
    node: Node | None = any_node(requires=AUTHENTICATED)
    nodes: list[Node | None] = any_nodes(requires=AUTHENTICATED)
    wards: list[Ward] = many(
        models.Ward,
        _in_service,
        order=(models.Ward.code, models.Ward.id),
        requires=AUTHENTICATED,
    )
    ward: Ward | None = one(
        models.Ward,
        _in_service,
        requires=Scope.WARD_READ,
        arguments={
            "code": Argument(str, lambda row, given: row.c.code == given(Text()), default=...)
        },
    )
    patient: Patient | None = one(
        models.Patient,
        requires=Scope.PATIENT_READ,
        arguments={
            "id": _id(models.Patient),
            "mrn": Argument(str | None, lambda row, given: row.c.mrn == given(Text())),
        },
        named_by=("id", "mrn"),
    )
    patients: Connection[Patient] | None = connection(
        models.Patient,
        order=(models.Patient.name_key, models.Patient.id),
        requires=Scope.PATIENT_READ,
        arguments={
            "search": Argument(
                str | None,
                _matches,
                description="The beginning of a family or given name, or a whole MRN.",
            ),
            "birth_date": Argument(
                date | None, lambda row, given: row.c.birth_date == given(Date())
            ),
            "national_id": Argument(
                str | None,
                lambda row, given: row.c.national_id == given(Text(), str.strip),
                description="The whole number.",
                requires=Scope.PATIENT_IDENTIFIERS_READ,
            ),
        },
    )
    admission: Admission | None = one(
        models.Admission,
        requires=Scope.ADMISSION_READ,
        arguments={"id": _id_required(models.Admission)},
    )
    bed_history: Connection[BedTransition] | None = connection(
        models.BedTransition,
        order=HISTORY_ORDER,
        requires=Scope.WARD_READ,
        arguments={"ward": Argument(str | None, _of_ward), **PERIOD},
    )
    critical_results: Connection[CriticalResult] | None = connection(
        models.CriticalResult,
        order=newest_first(models.CriticalResult.raised_at, models.CriticalResult),
        requires=Scope.CRITICAL_RESULT_READ,
        arguments={
            "ward": Argument(str | None, _of_ward),
            "status": Argument(list[CriticalResultStatus] | None, _in_status),
            "kind": Argument(
                CriticalResultKind | None, lambda row, given: row.c.kind == given(Text())
            ),
        },
    )
    escalation_chain: EscalationChain | None = chain_in_force()
    critical_result_report: CriticalResultReport | None = critical_result_report()
    critical_rules: Connection[CriticalRule] | None = connection(
        models.CriticalRule,
        order=(models.CriticalRule.key, models.CriticalRule.id),
        requires=Scope.CRITICAL_RULE_READ,
        arguments=CRITICAL_RULE_ARGUMENTS,
    )
    lab_results: Connection[LabResult] | None = connection(
        models.LabResult,
        lambda _, result: result.c.superseded_at.is_(None),
        order=newest_first(models.LabResult.observed_at, models.LabResult),
        requires=Scope.LAB_READ,
        arguments=LAB_RESULT_ARGUMENTS,
    )
    users: Connection[User] | None = connection(
        models.User,
        order=(models.User.username, models.User.id),
        requires=Scope.USER_READ,
        arguments=USER_ARGUMENTS,
    )
    audit_entries: Connection[AuditEntry] | None = connection(
        models.AuditEntry,
        order=(Descending(models.AuditEntry.id),),
        requires=Scope.AUDIT_READ,
        arguments=AUDIT_ARGUMENTS,
    )
    medications_due: list[MedicationDose] | None = medications_due()
    emergency_accesses: Connection[EmergencyAccess] | None = connection(
        models.EmergencyAccess,
        order=newest_first(models.EmergencyAccess.opened_at, models.EmergencyAccess),
        requires=Scope.EMERGENCY_ACCESS_READ,
        arguments={
            "reviewed": Argument(
                bool | None,
                of_review,
                description="true: those that were reviewed; false: those that wait for it.",
            ),
            "patient": Argument(
                strawberry.ID | None,
                lambda row, given: (
                    row.c.patient_id
                    == given(Uuid(), lambda public: ids.decode(models.Patient, public))
                ),
            ),
        },
    )
