"""Emergency access: breaking the glass, and the review of it."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, cast, literal_column

import models
from models.rules.scopes import Scope
from resolvers import ids
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import looked_up
from schema.enums import EmergencyAccessOutcome
from schema.fields import column, expression, identifier, one, produced
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.patients import Patient


def _opener(access: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == access.c.user_id)


def _user_id(access: FromClause) -> ColumnElement[object]:
    prefix = literal_column(f"'{ids.PREFIXES[models.User]}_'", Text())
    return prefix.op("||")(cast(access.c.user_id, Text()))


def _username(access: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.username, user, user.c.id == access.c.user_id)


def _reviewer(access: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == access.c.reviewed_by)


def of_review(row: FromClause, given: Given) -> ColumnElement[bool]:
    """true: those that were reviewed; false: those that wait for it."""
    if given.truth():
        return row.c.reviewed_at.is_not(None)
    return row.c.reviewed_at.is_(None)


@strawberry.type(
    description=(
        "A patient opened in an emergency by somebody who had no relation to them. It is open until"
        " endedAt, or else expiresAt."
    )
)
class EmergencyAccess(Node):
    """Seen by who opened it, and by whoever reviews; what the review noted, by the latter alone.
    `userId` is what auditEntries(user:) takes."""

    id: strawberry.ID = identifier(models.EmergencyAccess)
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda access, patient: patient.c.id == access.c.patient_id
    )
    user_id: strawberry.ID = expression(_user_id)
    username: str = expression(_username)
    opened_by: str = expression(_opener)
    reason: str = column()
    opened_at: datetime = column()
    expires_at: datetime = column()
    ended_at: datetime | None = column()
    reviewed_at: datetime | None = column()
    reviewed_by: str | None = expression(_reviewer)
    outcome: EmergencyAccessOutcome | None = column()
    review_note: str | None = column(requires=Scope.EMERGENCY_ACCESS_REVIEW)


@strawberry.input(
    description=(
        "Open one patient whom one does not see: named by patientId, by mrn, or by familyName with"
        " birthDate, each exactly. The reason has 10 to 2,000 characters. The privacy officer hears"
        " of it at once and reviews it."
    )
)
class BreakGlassInput:
    """Input of breakGlass."""

    reason: str
    patient_id: strawberry.ID | None = None
    mrn: str | None = None
    family_name: str | None = None
    birth_date: date | None = None
    idempotency_key: str | None = None


@strawberry.type(
    description=(
        "Answer of breakGlass: who was opened. The chart is read by the next request, which has the"
        " rights to it."
    )
)
class BreakGlassPayload:
    """Answer of breakGlass."""

    emergency_access: EmergencyAccess | None = produced(models.EmergencyAccess)
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = produced(
        models.Patient
    )


@strawberry.input(description="End an emergency access before its time.")
class EndEmergencyAccessInput:
    """Input of endEmergencyAccess."""

    emergency_access_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of endEmergencyAccess.")
class EndEmergencyAccessPayload:
    """Answer of endEmergencyAccess."""

    emergency_access: EmergencyAccess | None = produced(models.EmergencyAccess)


@strawberry.input(
    description=(
        "Say whether the glass was broken for good reason; once, and not by who broke it. What was"
        " read under it stands in the audit, from openedAt to the end."
    )
)
class ReviewEmergencyAccessInput:
    """Input of reviewEmergencyAccess."""

    emergency_access_id: strawberry.ID
    outcome: EmergencyAccessOutcome
    note: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of reviewEmergencyAccess.")
class ReviewEmergencyAccessPayload:
    """Answer of reviewEmergencyAccess."""

    emergency_access: EmergencyAccess | None = produced(models.EmergencyAccess)
