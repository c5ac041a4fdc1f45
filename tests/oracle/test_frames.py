"""The permission matrix of what is heard: the frames of every feed, for every role."""

from __future__ import annotations

from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type

from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.request_errors import RequestError
from schema.feeds import FeedEvent
from subscriptions import log
from tests.oracle.answers import departures
from tests.oracle.chains import object_of, whole
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected
from tests.oracle.grants import GRANTS
from tests.oracle.hospitals import House, looked_up
from tests.oracle.people import staffed
from tests.oracle.sight import viewer_of
from tests.oracle.stage import Stage
from tests.resolvers.reading.hospital import Hospital

HEARD_WITH = {
    "criticalResults": "critical-result:read",
    "bedChanges": "ward:read",
    "vitalSigns": "vitals:read",
    "chartChanges": "patient:read",
    "emergencyAccesses": "emergency-access:review",
}
"""What each feed asks for."""

CAUSES = {
    "criticalResults": "recordLabResults",
    "bedChanges": "admitPatient",
    "vitalSigns": "recordVitals",
    "chartChanges": "recordAllergy",
    "emergencyAccesses": "breakGlass",
}
"""A mutation that is heard on it."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    """On both of its wards something has happened that each feed tells of."""
    found = await staffed(whole)
    for ward, roles in (("MED1", [Role.ADMIN]), ("ICU", [Role.ADMIN])):
        for role in roles:
            for mutation in CAUSES.values():
                stage = Stage(found, role, ward)
                who = Role.NURSE if mutation == "breakGlass" else role
                await stage.do(mutation, await stage.input(mutation), "{ __typename }", who)
    # One of them has broken a glass meanwhile.
    found.actors = await looked_up(whole, found.actors)
    return found


def test_every_feed_is_heard() -> None:
    assert object_of("Subscription").fields.keys() == HEARD_WITH.keys()


@pytest.mark.parametrize("name", HEARD_WITH)
@pytest.mark.parametrize("role", Role)
async def test_frame(house: House, role: Role, name: str) -> None:
    """Each event shows what the role reads of its row anywhere; a row out of sight is null."""
    actor = house.actors[list(Role).index(role)]
    engine = house.hospital.engine
    type_ = get_named_type(object_of("Subscription").fields[name].type)
    assert isinstance(type_, GraphQLObjectType)
    text = f"subscription {{ x: {name} {whole(type_, 3)} }}"
    if HEARD_WITH[name] not in GRANTS[role.value]:
        with pytest.raises(RequestError) as refused:
            engine.subscription(GraphQLRequest(text), actor)
        assert refused.value.errors[0]["extensions"]["code"] == "FORBIDDEN"
        return
    plan = engine.subscription(GraphQLRequest(text), actor)
    await house.look()
    async with house.hospital.pool.acquire() as connection:
        page = await log.read(connection, house.hospital.id, 0, 1000)
        events = [
            FeedEvent(
                log.Cursor(page.epoch, entry.position).encode(),
                entry.position,
                entry.occurred_at,
                entry.label,
                entry.subject_id,
                entry.patient_id,
            )
            for entry in page.entries
            if entry.feed is plan.feed
        ]
        assert len(events) > 1
        told: dict[str, Any] = {"cursor": events[-1].cursor, "live": True, "resync": False}
        raw = await plan.frame(connection, actor, **told, events=events)
    rows = [
        {"cursor": one.cursor, "occurred_at": one.occurred_at, "kind": one.kind}
        | {"subject_id": one.subject_id, "patient_id": one.patient_id}
        for one in events
    ]
    cursors = Cursors()
    wanted = expected(
        Question(text),
        house.held,
        viewer_of(actor, house.held),
        cursors,
        written={**told, "events": rows},
    )
    assert departures(raw, wanted, cursors) == []
