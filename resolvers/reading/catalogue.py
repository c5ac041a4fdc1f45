"""Catalogue: the schema as the planner sees it, types and the source of each of their fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from graphql import GraphQLSchema

import models
from models.rules.scopes import Scope
from resolvers.reading.sources import Source

SCOPES: Mapping[type[models.Base], Scope] = {
    models.Ward: Scope.WARD_READ,
    models.Room: Scope.WARD_READ,
    models.Bed: Scope.WARD_READ,
    models.BedTransition: Scope.WARD_READ,
    models.Patient: Scope.PATIENT_READ,
    models.Allergy: Scope.ALLERGY_READ,
    models.AuditEntry: Scope.AUDIT_READ,
    models.Admission: Scope.ADMISSION_READ,
    models.BedStay: Scope.ADMISSION_READ,
    models.Isolation: Scope.ISOLATION_READ,
    models.VitalSigns: Scope.VITALS_READ,
    models.Spo2ScaleDecision: Scope.VITALS_READ,
    models.Pregnancy: Scope.VITALS_READ,
    models.LabResult: Scope.LAB_READ,
    models.CriticalResult: Scope.CRITICAL_RESULT_READ,
    models.CriticalRule: Scope.CRITICAL_RULE_READ,
    models.CriticalResultStep: Scope.CRITICAL_RESULT_READ,
    models.MedicationOrder: Scope.MEDICATION_READ,
    models.MedicationOrderStep: Scope.MEDICATION_READ,
    models.MedicationWarning: Scope.MEDICATION_READ,
    models.MedicationAdministration: Scope.MEDICATION_READ,
    models.CareTeamMember: Scope.CARE_TEAM_READ,
    models.EmergencyAccess: Scope.EMERGENCY_ACCESS_READ,
    models.User: Scope.USER_READ,
}
"""The scope under which the rows of a table are seen. What is missing here is seen by nobody but
through a relation that inherits (somebody's own session, for instance)."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`sources` by (type, field) in GraphQL names; `models` by the name of the object type."""

    schema: GraphQLSchema
    sources: Mapping[tuple[str, str], Source]
    models: Mapping[str, type[models.Base]]
