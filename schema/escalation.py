"""Escalation chains: who is called for an open critical result, and after how many minutes."""

from datetime import datetime

import strawberry
from sqlalchemy import ColumnElement, FromClause

import models
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.chain_versions import steps_of_chain
from schema.enums import Audience, Urgency
from schema.fields import column, expression, one, produced
from schema.wards import Ward


def _author(chain: FromClause) -> ColumnElement[object]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == chain.c.created_by)


@strawberry.type(description="Who is called `afterMinutes` after a critical result was raised.")
class EscalationStep:
    """Level 0 is called as it is raised; the last, REPORT, is the breach."""

    level: int = column()
    after_minutes: int = column()
    audience: Audience = column()


@strawberry.type(
    description=(
        "A version of a chain. `ward` is null for that of the hospital, which holds on every ward"
        " that has none of its own. Version 0 is the one that ships: nobody has set it."
    )
)
class EscalationChain:
    """Who is called for an open critical result, and after how many minutes."""

    ward: Ward | None = one(models.Ward, lambda chain, ward: ward.c.id == chain.c.ward_id)
    urgency: Urgency = column()
    version: int = column()
    steps: list[EscalationStep] | None = steps_of_chain()
    set_at: datetime | None = column(models.EscalationChain.created_at)
    set_by: str | None = expression(_author)
    retired_at: datetime | None = column()


@strawberry.input(description="A step of a chain.")
class EscalationStepInput:
    """Input of a step of setEscalationChain."""

    after_minutes: int
    audience: Audience


@strawberry.input(
    description=(
        "The whole chain of a ward (its code), or without one of the hospital. It begins at 0"
        " minutes and ends with REPORT, the breach, which comes no later than that of the chain"
        " that ships. `version` is the one that has been seen (0: none of its own): where it has"
        " moved on nothing is set."
    )
)
class SetEscalationChainInput:
    """Input of setEscalationChain."""

    urgency: Urgency
    steps: list[EscalationStepInput]
    ward: str | None = None
    version: int | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of setEscalationChain.")
class SetEscalationChainPayload:
    """Answer of setEscalationChain: the version that is in force now."""

    escalation_chain: EscalationChain | None = produced(models.EscalationChain)


@strawberry.input(description="Take the chain of a ward (its code), or of the hospital, back.")
class ResetEscalationChainInput:
    """Input of resetEscalationChain."""

    urgency: Urgency
    ward: str | None = None
    idempotency_key: str | None = None


@strawberry.type(description="Answer of resetEscalationChain: the version that was retired.")
class ResetEscalationChainPayload:
    """Answer of resetEscalationChain."""

    escalation_chain: EscalationChain | None = produced(models.EscalationChain)
