"""Allergy or intolerance."""

from datetime import datetime

import strawberry

import models
from schema.enums import Criticality
from schema.fields import column, identifier, produced
from schema.nodes import Node


@strawberry.type(description="An allergy or intolerance (FHIR AllergyIntolerance).")
class Allergy(Node):
    """`code` is the coded substance where the sender gave one. One that was entered in error says
    when it was taken back; an import may take one back without a reason."""

    id: strawberry.ID = identifier(models.Allergy)
    substance: str = column()
    code: str | None = column()
    reaction: str | None = column()
    criticality: Criticality = column()
    recorded_at: datetime = column()
    entered_in_error_at: datetime | None = column()
    error_reason: str | None = column()


@strawberry.input(description="Record an allergy of a patient.")
class RecordAllergyInput:
    """Input of recordAllergy."""

    patient_id: strawberry.ID
    substance: str
    criticality: Criticality
    code: str | None = None
    reaction: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordAllergy.")
class RecordAllergyPayload:
    """Answer of recordAllergy."""

    allergy: Allergy | None = produced(models.Allergy)


@strawberry.input(description="Take back an allergy that the patient has not, and say why.")
class MarkAllergyEnteredInErrorInput:
    """Input of markAllergyEnteredInError."""

    allergy_id: strawberry.ID
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of markAllergyEnteredInError.")
class MarkAllergyEnteredInErrorPayload:
    """Answer of markAllergyEnteredInError."""

    allergy: Allergy | None = produced(models.Allergy)
