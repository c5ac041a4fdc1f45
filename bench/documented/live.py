"""Strawberry's subscriptions as documented: its own handler, a resolver that yields what
broadcaster hands it, Starlette and uvicorn. `PORT=… python -m bench.documented.live`.

broadcaster keeps its channels in memory here: its backend for Redis leaves the first subscriber
without messages (redis-py 8), and it is spared the way to Redis and back.
"""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast
from uuid import uuid4

import strawberry
import uvicorn
from broadcaster import Broadcast
from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

WARD = "W01"
CURSOR = "djEuMDAwMDAwMDAtMDAwMC0wMDAwLTAwMDAtMDAwMDAwMDAwMDAwLjEwMDAw"

broadcast = Broadcast("memory://")


@strawberry.type
class Patient:
    """Whose result it is."""

    id: strawberry.ID
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    sex: str


@strawberry.type
class LabResult:
    """What was found."""

    id: strawberry.ID
    code: str
    display: str
    value: Decimal
    unit: str
    interpretation: str
    observed_at: datetime


@strawberry.type
class CriticalResult:
    """A finding that somebody must hear of."""

    id: strawberry.ID
    status: str
    raised_at: datetime
    escalation_level: int
    rule: str
    patient: Patient
    lab_result: LabResult


@strawberry.type
class CriticalResultEvent:
    """What happened to it."""

    cursor: str
    occurred_at: datetime
    kind: str
    critical_result: CriticalResult


@strawberry.type
class CriticalResultFeed:
    """A message."""

    cursor: str
    live: bool
    resync: bool
    events: list[CriticalResultEvent]


@strawberry.input
class LabResultInput:
    """A result to record."""

    patient_id: strawberry.ID
    code: str
    display: str
    value: Decimal
    unit: str
    observed_at: datetime


@strawberry.input
class RecordLabResultsInput:
    """The results to record."""

    results: list[LabResultInput]


@strawberry.type
class LabResultOutcome:
    """What came of one."""

    outcome: str
    lab_result: LabResult


@strawberry.type
class RecordLabResultsPayload:
    """What came of all."""

    outcomes: list[LabResultOutcome]


@strawberry.type
class Query:
    """What a schema must have."""

    ward: str = WARD


@strawberry.type
class Mutation:
    """What makes an event."""

    @strawberry.mutation
    async def record_lab_results(
        self,
        input: RecordLabResultsInput,  # noqa: A002 (the schema's name)
    ) -> RecordLabResultsPayload:
        """Publish each result."""
        recorded = []
        for given in input.results:
            made = _feed(given)
            await broadcast.publish(channel=WARD, message=made)
            recorded.append(made.events[0].critical_result.lab_result)
        return RecordLabResultsPayload(
            outcomes=[LabResultOutcome(outcome="CREATED", lab_result=each) for each in recorded]
        )


@strawberry.type
class Subscription:
    """What is heard."""

    @strawberry.subscription
    async def critical_results(self, ward: str) -> AsyncGenerator[CriticalResultFeed, None]:
        """Each message of the ward's channel."""
        async with broadcast.subscribe(channel=ward) as subscriber:
            async for event in cast("AsyncIterator[Any]", subscriber):
                yield event.message


def _feed(given: LabResultInput) -> CriticalResultFeed:
    made, now = uuid4(), datetime.now(UTC)
    result = LabResult(
        id=strawberry.ID(f"lab_{made}"),
        code=given.code,
        display=given.display,
        value=given.value,
        unit=given.unit,
        interpretation="CRITICAL_HIGH",
        observed_at=given.observed_at,
    )
    patient = Patient(
        id=given.patient_id,
        mrn="B0000001",
        given_name="Margaret",
        family_name="Campbell",
        birth_date=date(1951, 7, 14),
        sex="FEMALE",
    )
    critical = CriticalResult(
        id=strawberry.ID(f"crt_{made}"),
        status="OPEN",
        raised_at=now,
        escalation_level=0,
        rule="high",
        patient=patient,
        lab_result=result,
    )
    event = CriticalResultEvent(
        cursor=CURSOR, occurred_at=now, kind="RAISED", critical_result=critical
    )
    return CriticalResultFeed(cursor=CURSOR, live=True, resync=False, events=[event])


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)


def application() -> Starlette:
    """The ASGI application."""
    endpoint: GraphQL[Any, None] = GraphQL(
        SCHEMA, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
    )

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with broadcast:
            yield

    return Starlette(
        routes=[Route("/graphql", endpoint), WebSocketRoute("/graphql", endpoint)],
        lifespan=lifespan,
    )


if __name__ == "__main__":
    # Sockets that hang up in the middle of a message are three thousand tracebacks.
    logging.getLogger("strawberry.ws.task").setLevel(logging.CRITICAL)
    uvicorn.run(
        application(),
        port=int(os.environ["PORT"]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        access_log=False,
        backlog=4096,
        timeout_keep_alive=75,  # it may be busy for longer than 5 s with one event
    )
