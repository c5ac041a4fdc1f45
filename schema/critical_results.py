"""Critical results: the closed loop from RAISED to ACKNOWLEDGED."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.sources import looked_up
from schema.enums import CriticalResultStatus
from schema.fields import column, expression, identifier, one, produced
from schema.labs import LabResult
from schema.nodes import Node
from schema.wards import Ward

if TYPE_CHECKING:
    from schema.patients import Patient


def _acknowledger(critical: FromClause) -> ColumnElement[object]:
    user = models.User.__table__.alias()
    return looked_up(user.c.display_name, user, user.c.id == critical.c.acknowledged_by)


@strawberry.type(description="A result that can kill within the hour, until somebody answers.")
class CriticalResult(Node):
    """`ward` is where it is heard; `rule` says in words which limit was crossed."""

    id: strawberry.ID = identifier(models.CriticalResult)
    status: CriticalResultStatus = column()
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda critical, patient: patient.c.id == critical.c.patient_id
    )
    ward: Ward | None = one(models.Ward, lambda critical, ward: ward.c.id == critical.c.ward_id)
    lab_result: LabResult | None = one(
        models.LabResult, lambda critical, result: result.c.id == critical.c.lab_result_id
    )
    raised_at: datetime = column()
    acknowledged_at: datetime | None = column()
    acknowledged_by: str | None = expression(_acknowledger)
    read_back: Decimal | None = column()
    escalation_level: int = column()
    next_escalation_at: datetime | None = column()
    rule: str = column()


@strawberry.input(
    description=(
        "readBack is the value as it was read back; where it differs from the result the"
        " acknowledgement is refused and the attempt kept."
    )
)
class AcknowledgeCriticalResultInput:
    """Input of acknowledgeCriticalResult."""

    critical_result_id: strawberry.ID
    read_back: Decimal
    note: str | None = None


@strawberry.type(description="Answer of acknowledgeCriticalResult.")
class AcknowledgeCriticalResultPayload:
    """Answer of acknowledgeCriticalResult."""

    critical_result: CriticalResult | None = produced(models.CriticalResult)
