"""Isolation of a patient."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from models.rules.scopes import Scope
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.enums import IsolationKind
from schema.fields import column, expression, identifier, one, produced
from schema.nodes import Node

if TYPE_CHECKING:
    from schema.patients import Patient


def _name_of(who: str) -> Any:
    def name(isolation: FromClause) -> ColumnElement[Any]:
        user = alias_of(models.User)
        return looked_up(user.c.display_name, user, user.c.id == isolation.c[who])

    return expression(name)


@strawberry.type(
    description="Why and for how long others are kept from a patient, or the patient from others."
)
class Isolation(Node):
    """In force until `endedAt`: `expectedEnd` says when to look again, and ends nothing. `reason`
    is clinical: who only arranges stays does not read it."""

    id: strawberry.ID = identifier(models.Isolation)
    kind: IsolationKind = column()
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda isolation, patient: patient.c.id == isolation.c.patient_id
    )
    reason: str | None = column(requires=Scope.ADMISSION_REASON_READ)
    since: datetime = column(models.Isolation.started_at)
    expected_end: datetime | None = column()
    ended_at: datetime | None = column()
    set_by: str | None = _name_of("created_by")
    ended_by: str | None = _name_of("ended_by")


@strawberry.input(
    description=(
        "Isolate a patient; of a kind that is in force already, the reason and the expected end are"
        " set anew."
    )
)
class SetIsolationInput:
    """Input of setIsolation. `since`: now where absent; not in the future."""

    patient_id: strawberry.ID
    kind: IsolationKind
    reason: str
    since: datetime | None = None
    expected_end: datetime | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of setIsolation.")
class SetIsolationPayload:
    """Answer of setIsolation."""

    isolation: Isolation | None = produced(models.Isolation)


@strawberry.input(description="End an isolation now.")
class EndIsolationInput:
    """Input of endIsolation."""

    isolation_id: strawberry.ID
    idempotency_key: str | None = None


@strawberry.type(description="Answer of endIsolation.")
class EndIsolationPayload:
    """Answer of endIsolation."""

    isolation: Isolation | None = produced(models.Isolation)
