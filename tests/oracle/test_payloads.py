"""The permission matrix of what is written: every mutation's payload, for every role."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type

from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import departures, read
from tests.oracle.chains import object_of, whole
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected
from tests.oracle.grants import GRANTS, MUTATIONS
from tests.oracle.hospitals import House, looked_up
from tests.oracle.people import staffed
from tests.oracle.relations import NODES
from tests.oracle.rows import Row, spoken
from tests.oracle.sight import viewer_of
from tests.oracle.stage import Stage, naming_nothing
from tests.resolvers.reading.hospital import Hospital

# Who breaks the glass does it for a patient out of sight, and somebody else reviews it.
SEES_ALL = (Role.ADMIN,)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    return await staffed(whole)


def test_every_mutation_is_called() -> None:
    assert object_of("Mutation").fields.keys() == MUTATIONS.keys()


@pytest.mark.parametrize("name", MUTATIONS)
@pytest.mark.parametrize("role", Role)
async def test_payload(house: House, role: Role, name: str) -> None:
    """Who may call it reads of its answer what they may read anywhere; who may not, nothing."""
    scope = MUTATIONS[name]
    may = scope is None or scope in GRANTS[role.value]
    if name == "breakGlass" and role in SEES_ALL:
        pytest.skip("an administrator sees every patient: there is no glass to break")
    if may:
        await house.look()
        given = await Stage(house, role, "ICU" if role is Role.DOCTOR else "MED1").input(name)
    else:
        given = naming_nothing(name)
    type_ = get_named_type(object_of("Mutation").fields[name].type)
    assert isinstance(type_, GraphQLObjectType)
    kind = f"{name[0].upper()}{name[1:]}Input"
    selection = whole(type_, 2)
    text = f"mutation ($i: {kind}!) {{ x: {name}(input: $i) {selection} }}"
    if name == "signOut":
        text, given = f"mutation {{ x: {name} {selection} }}", {}
    variables = {"i": given} if given else {}
    actor = house.actors[list(Role).index(role)]
    if name == "signOut":
        actor = await house.hospital.user(role)
    [actor] = await looked_up(house.hospital, [actor])
    request = GraphQLRequest(text, None, variables)
    if not may:
        body = read(await house.hospital.engine.execute(request, actor))
        assert body["data"] is None
        assert body["errors"][0]["extensions"] == {"code": "FORBIDDEN", "requires": scope}
        return
    # A glass that is broken opens the chart to the next request, not to its own answer.
    await house.look()
    viewer = viewer_of(actor, house.held)
    raw = await house.hospital.engine.execute(request, actor)
    body = read(raw)
    assert body["data"] is not None, body
    await house.look()
    if name == "signIn":
        opened = house.held.where("Session", "user_id", actor.user_id)
        newest = max(opened, key=lambda row: (row["created_at"], row["id"]))
        viewer = replace(viewer, session=newest["id"])
    written = {field: _row(house, one) for field, one in body["data"]["x"].items()}
    cursors = Cursors()
    wanted = expected(Question(text, variables), house.held, viewer, cursors, written=written)
    assert departures(raw, wanted, cursors) == []
    if name == "breakGlass":
        await house.hospital.pool.execute("DELETE FROM emergency_access_attempts")


def _row(house: House, value: Any) -> Any:
    """What a payload's field holds as the oracle wants it: rows by their ids, or plain values."""
    if isinstance(value, list):
        return [_outcome(house, one) for one in value]
    if not isinstance(value, dict) or value["__typename"] == "Viewer":
        return value
    if value["__typename"] == "EscalationChain":
        chains = house.held.all("EscalationChain")
        return next(one for one in chains if spoken(one["created_at"]) == value["setAt"])
    [row] = house.held.named(value["id"], NODES)
    return row


def _outcome(house: House, value: dict[str, Any]) -> Row:
    """The plain row of an outcome. Its result is looked for by who may not read it, too."""
    if "outcome" not in value:
        return {_snake(key): _named(house, one) for key, one in value.items()}
    shown = value.get("labResult")
    rows = house.held.named(shown["id"], NODES) if shown else _latest(house, value)
    return {**value, "lab_result": rows[0]["id"] if rows else None}


def _named(house: House, value: Any) -> Any:
    """A part of a plain row: what it names by its id."""
    return house.held.named(value["id"], NODES)[0]["id"] if isinstance(value, dict) else value


def _snake(name: str) -> str:
    return re.sub(r"(?=[A-Z])", "_", name).lower()


def _latest(house: House, value: dict[str, Any]) -> list[Row]:
    if value["outcome"] == "REJECTED":
        return []
    return sorted(house.held.all("LabResult"), key=lambda row: row["id"])[-1:]
