"""Pregnancies, in which NEWS2 is not used."""

from datetime import date, datetime

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.fields import column, expression, identifier, produced
from schema.nodes import Node


def _recorder(pregnancy: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == pregnancy.c.created_by)


@strawberry.type(
    description=(
        "A pregnancy (FHIR Condition.onset and abatement). Without an end it counts for 42 weeks"
        " from its onset at most."
    )
)
class Pregnancy(Node):
    """`onset` is the first day of the last menstrual period, as far as it is known."""

    id: strawberry.ID = identifier(models.Pregnancy)
    onset: date = column()
    expected_delivery: date | None = column()
    abatement: date | None = column()
    recorded_at: datetime = column(models.Pregnancy.created_at)
    recorded_by: str | None = expression(_recorder)
    entered_in_error_at: datetime | None = column()


@strawberry.input(
    description=(
        "Record a pregnancy that goes on. Without onset it began 280 days before expectedDelivery,"
        " and without either today."
    )
)
class RecordPregnancyInput:
    """Input of recordPregnancy."""

    patient_id: strawberry.ID
    onset: date | None = None
    expected_delivery: date | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of recordPregnancy.")
class RecordPregnancyPayload:
    """Answer of recordPregnancy."""

    pregnancy: Pregnancy | None = produced(models.Pregnancy)


@strawberry.input(
    description=(
        "Write down when a pregnancy ended (absent: today), or with enteredInError that there was"
        " none."
    )
)
class EndPregnancyInput:
    """Input of endPregnancy."""

    pregnancy_id: strawberry.ID
    abatement: date | None = None
    entered_in_error: bool | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of endPregnancy.")
class EndPregnancyPayload:
    """Answer of endPregnancy."""

    pregnancy: Pregnancy | None = produced(models.Pregnancy)
