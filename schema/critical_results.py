"""Critical results: the closed loop from RAISED to ACKNOWLEDGED."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Text, case, func, literal_column
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by

import models
from models.rules.escalation import SHIPPED
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.chain_versions import chain_of_result
from schema.critical_rules import CriticalRule
from schema.enums import (
    Audience,
    CriticalResultKind,
    CriticalResultStatus,
    CriticalResultStepKind,
    Urgency,
)
from schema.escalation import EscalationChain
from schema.fields import column, expression, identifier, many, newest_first, one, produced
from schema.labs import LabResult
from schema.nodes import Node
from schema.vitals import VitalSigns
from schema.wards import Ward

if TYPE_CHECKING:
    from schema.patients import Patient


def _acknowledger(critical: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == critical.c.acknowledged_by)


def _next_audience(critical: FromClause) -> ColumnElement[object]:
    """Of the step that the clock waits for: levels count from 0, arrays from 1."""
    version, place = alias_of(models.EscalationChain), critical.c.escalation_level + 2
    shipped = case(
        *(
            (critical.c.urgency == _word(urgency), _array(step.audience for step in steps))
            for urgency, steps in SHIPPED.items()
        )
    )
    audiences = case(
        (
            critical.c.chain_id.is_not(None),
            looked_up(version.c.audiences, version, version.c.id == critical.c.chain_id),
        ),
        else_=shipped,
    )
    at = func.array_to_json(audiences).op("->>")(place - 1)
    return case((critical.c.next_escalation_at.is_not(None), at))


def _array(words: Iterable[str]) -> ColumnElement[Any]:
    spelt = ", ".join(f"'{word}'" for word in words)
    return literal_column(f"ARRAY[{spelt}]", ARRAY(Text()))


def _word(one: str) -> ColumnElement[str]:
    return literal_column(f"'{one}'", Text())


def called_by(step: FromClause) -> ColumnElement[object]:
    """The names of whom a step calls."""
    user = alias_of(models.User)
    names = func.array_agg(
        aggregate_order_by(user.c.display_name, user.c.display_name, user.c.id),
        type_=ARRAY(Text()),
    )
    nobody = literal_column("'{}'", ARRAY(Text()))
    return looked_up(func.coalesce(names, nobody), user, user.c.id == func.any(step.c.called))


def done_by(step: FromClause) -> ColumnElement[object]:
    """The name of who did a step."""
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == step.c.user_id)


def done_from(step: FromClause) -> ColumnElement[object]:
    """The address of the station from which a step was done."""
    session = alias_of(models.Session)
    return looked_up(session.c.address, session, session.c.id == step.c.session_id)


@strawberry.type(
    description=(
        "A step of the loop as it happened. `called` are the names of those whom it calls, of TOLD"
        " of those who listened. `by` and `station` (the address from which it was done) are null"
        " for what the clock did."
    )
)
class CriticalResultStep:
    """Only ever added: the evidence behind every figure."""

    number: int = column()
    kind: CriticalResultStepKind = column()
    occurred_at: datetime = column()
    level: int = column()
    audience: Audience | None = column()
    called: list[str] = expression(called_by)
    by: str | None = expression(done_by)
    station: str | None = expression(done_from)
    read_back: Decimal | None = column()
    note: str | None = column()
    rule: str | None = column()
    ward: Ward | None = one(models.Ward, lambda step, ward: ward.c.id == step.c.ward_id)
    lab_result: LabResult | None = one(
        models.LabResult, lambda step, result: result.c.id == step.c.lab_result_id
    )
    vitals: VitalSigns | None = one(
        models.VitalSigns, lambda step, vitals: vitals.c.id == step.c.vital_signs_id
    )


@strawberry.type(
    description=(
        "A result that can kill within the hour, until somebody answers. One of vital signs"
        " (DETERIORATION) is there for those alone who also read the vital signs of the patient."
    )
)
class CriticalResult(Node):
    """`ward` is where it is heard; `rule` says in words which limit was crossed. `labResult` is the
    result that it speaks of, which is read back; `results` are all that have joined it."""

    id: strawberry.ID = identifier(models.CriticalResult)
    kind: CriticalResultKind = column()
    urgency: Urgency = column()
    status: CriticalResultStatus = column()
    patient: Annotated["Patient", strawberry.lazy("schema.patients")] | None = one(
        models.Patient, lambda critical, patient: patient.c.id == critical.c.patient_id
    )
    ward: Ward | None = one(models.Ward, lambda critical, ward: ward.c.id == critical.c.ward_id)
    lab_result: LabResult | None = one(
        models.LabResult, lambda critical, result: result.c.id == critical.c.lab_result_id
    )
    results: list[LabResult] | None = many(
        models.LabResult,
        lambda critical, result: (
            (result.c.critical_result_id == critical.c.id) & result.c.superseded_at.is_(None)
        ),
        order=newest_first(models.LabResult.observed_at, models.LabResult),
        size=3,
    )
    vitals: VitalSigns | None = one(
        models.VitalSigns, lambda critical, vitals: vitals.c.id == critical.c.vital_signs_id
    )
    critical_rule: CriticalRule | None = one(
        models.CriticalRule, lambda critical, rule: rule.c.id == critical.c.rule_id
    )
    raised_at: datetime = column()
    told_at: datetime | None = column()
    acknowledged_at: datetime | None = column()
    acknowledged_by: str | None = expression(_acknowledger)
    read_back: Decimal | None = column()
    escalation_level: int = column()
    next_escalation_at: datetime | None = column()
    next_escalation_audience: Audience | None = expression(_next_audience)
    chain: EscalationChain | None = chain_of_result()
    rule: str = column()
    steps: list[CriticalResultStep] = many(
        models.CriticalResultStep,
        lambda critical, step: step.c.critical_result_id == critical.c.id,
        order=(models.CriticalResultStep.number,),
        inherits=True,
        size=6,
    )


@strawberry.input(
    description=(
        "readBack is the value as it was read back, of vital signs the total of NEWS2 (where a"
        " parameter is missing, what the points of the others come to); where it differs the"
        " acknowledgement is refused and the attempt kept."
    )
)
class AcknowledgeCriticalResultInput:
    """Input of acknowledgeCriticalResult."""

    critical_result_id: strawberry.ID
    read_back: Decimal
    note: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of acknowledgeCriticalResult.")
class AcknowledgeCriticalResultPayload:
    """Answer of acknowledgeCriticalResult."""

    critical_result: CriticalResult | None = produced(models.CriticalResult)
