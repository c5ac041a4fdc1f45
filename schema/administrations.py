"""Medication administrations."""

from datetime import datetime
from decimal import Decimal

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.sources import looked_up
from schema.enums import AdministrationStatus
from schema.fields import column, expression, identifier, produced
from schema.nodes import Node


def _giver(administration: FromClause) -> ColumnElement[object]:
    user = models.User.__table__.alias()
    return looked_up(user.c.display_name, user, user.c.id == administration.c.given_by)


@strawberry.type(description="A dose that was given, or was not and why.")
class MedicationAdministration(Node):
    """FHIR MedicationAdministration."""

    id: strawberry.ID = identifier(models.MedicationAdministration)
    status: AdministrationStatus = column()
    given_at: datetime = column()
    dose: Decimal | None = column()
    dose_unit: str | None = column()
    reason: str | None = column()
    given_by: str | None = expression(_giver)


@strawberry.input(description="Record a dose as given, or as not given with the reason.")
class RecordAdministrationInput:
    """Input of recordAdministration. `givenAt`: now where absent."""

    medication_id: strawberry.ID
    status: AdministrationStatus
    given_at: datetime | None = None
    dose: Decimal | None = None
    dose_unit: str | None = None
    reason: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordAdministration.")
class RecordAdministrationPayload:
    """Answer of recordAdministration."""

    administration: MedicationAdministration | None = produced(models.MedicationAdministration)
