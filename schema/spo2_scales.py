"""Decisions on the SpO2 scale by which a patient is scored."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.enums import Spo2Scale
from schema.fields import column, expression, identifier, produced
from schema.nodes import Node


def _decider(decision: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == decision.c.created_by)


@strawberry.type(description="A clinical decision on the SpO2 scale; endedAt null: it is in force.")
class Spo2ScaleDecision(Node):
    """It holds for sets recorded from `decidedAt` until `endedAt`."""

    id: strawberry.ID = identifier(models.Spo2ScaleDecision)
    scale: Spo2Scale = column()
    reason: str = column()
    decided_at: datetime = column()
    decided_by: str | None = expression(_decider)
    ended_at: datetime | None = column()


@strawberry.input(
    description=(
        "Decide by which scale a patient's saturation is scored from now on. SCALE_2 is for"
        " hypercapnic respiratory failure with a target of 88-92 % (RCP 2017)."
    )
)
class SetSpo2ScaleInput:
    """Input of setSpo2Scale."""

    patient_id: strawberry.ID
    scale: Spo2Scale
    reason: str
    idempotency_key: str | None = None


@strawberry.type(description="Answer of setSpo2Scale.")
class SetSpo2ScalePayload:
    """Answer of setSpo2Scale."""

    decision: Spo2ScaleDecision | None = produced(models.Spo2ScaleDecision)
