"""Known actors: what is remembered of a session is never believed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

import models
from models.rules.scopes import rights
from resolvers import ids, sessions
from resolvers.actors import Actor
from resolvers.known_actors import KnownActors
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.resolvers.conftest import PASSWORD, House

WARDS = "{ wards { code } viewer { scopes } }"


class Desk:
    """A signed-in nurse of the ward MED at a server of one process."""

    def __init__(self, house: House, token: str) -> None:
        self.house = house
        self.token = token
        self.known = KnownActors(house.pool, DEFAULT_POLICY)
        self.engine = Engine(
            house.pool, house.pool, DEFAULT_POLICY, lambda _: None, renew=self.known.renewed
        )

    async def actor(self) -> Actor:
        found = await self.known.of_token(self.token, None)
        assert found is not None
        return found

    async def ask(self, actor: Actor, query: str = WARDS) -> Any:
        return json.loads(await self.engine.execute(GraphQLRequest(query), actor))


@pytest_asyncio.fixture(loop_scope="session")
async def desk(house: House, nurse: str) -> Desk:
    signed_in = await sessions.sign_in(
        house.pool, username=nurse, password=PASSWORD, address="", now=datetime.now(UTC)
    )
    return Desk(house, signed_in.token)


async def test_a_token_is_looked_up_once(desk: Desk) -> None:
    first = await desk.actor()
    assert await desk.actor() is first
    assert await desk.known.of_token("no such token", None) is None
    assert await desk.known.of_token("é", None) is None
    elsewhere = await desk.known.of_token(desk.token, "192.0.2.7")
    assert elsewhere is not None
    assert elsewhere.address == "192.0.2.7"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE sessions SET revoked_at = now() WHERE id = $1",
        "UPDATE sessions SET expires_at = $2 WHERE id = $1",
        "UPDATE sessions SET last_seen_at = $2 WHERE id = $1",
        (
            "UPDATE users SET disabled_at = now() FROM sessions AS s WHERE s.id = $1"
            " AND users.id = s.user_id"
        ),
    ],
)
async def test_an_ended_session_reads_nothing(desk: Desk, change: str) -> None:
    actor = await desk.actor()
    assert (await desk.ask(actor))["data"]["wards"] == [{"code": "MED"}]
    given = [actor.session_id]
    if "$2" in change:
        given.append(datetime.now(UTC) - timedelta(hours=1))  # type: ignore[arg-type]
    await desk.house.pool.execute(change, *given)
    read = "SELECT count(*) FROM audit_entries WHERE session_id = $1"
    before = await desk.house.pool.fetchval(read, actor.session_id)
    answer = await desk.ask(actor)
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    assert answer.get("data") is None
    assert await desk.house.pool.fetchval(read, actor.session_id) == before
    assert await desk.known.of_token(desk.token, None) is None


async def test_an_ended_session_writes_nothing(desk: Desk) -> None:
    actor = await desk.actor()
    revoke = "UPDATE sessions SET revoked_at = now() WHERE id = $1"
    await desk.house.pool.execute(revoke, actor.session_id)
    answer = await desk.ask(actor, "mutation { signOut { signedOut } }")
    assert answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


@pytest.mark.parametrize(
    ("change", "wards"),
    [
        ("DELETE FROM ward_memberships WHERE user_id = $1", []),
        (
            (
                "INSERT INTO ward_memberships (user_id, ward_id)"
                " SELECT $1, id FROM wards WHERE code = 'ICU'"
            ),
            ["ICU", "MED"],
        ),
        ("UPDATE role_memberships SET role = 'LAB' WHERE user_id = $1", ["ICU", "MED"]),
        ("DELETE FROM role_memberships WHERE user_id = $1", []),
    ],
)
async def test_rights_move_with_the_next_read(desk: Desk, change: str, wards: list[str]) -> None:
    actor = await desk.actor()
    assert (await desk.ask(actor))["data"]["wards"] == [{"code": "MED"}]
    scoped = "WHERE code = 'ICU'", f"WHERE code = 'ICU' AND hospital_id = '{actor.hospital_id}'"
    await desk.house.pool.execute(change.replace(*scoped), actor.user_id)
    answer = await desk.ask(actor)
    assert [ward["code"] for ward in answer["data"]["wards"]] == wards
    assert (await desk.actor()).rights_version > actor.rights_version


async def test_what_ends_by_time_is_not_remembered_longer(desk: Desk) -> None:
    patient = ids.decode(models.Patient, await desk.house.patient())
    known = KnownActors(desk.house.pool, DEFAULT_POLICY, clock=lambda: clock[0])
    clock = [datetime.now(UTC)]
    before = await known.of_token(desk.token, None)
    assert before is not None
    await desk.house.pool.execute(
        "INSERT INTO emergency_accesses"
        " (id, hospital_id, user_id, patient_id, reason, opened_at, expires_at)"
        " VALUES ($1, $2, $3, $4, 'found unresponsive', $5, $6)",
        *(models.new_id(), before.hospital_id, before.user_id, patient),
        *(clock[0], clock[0] + timedelta(seconds=5)),
    )
    opened = await known.renewed(before)
    assert opened is not None
    assert opened.opened == (patient,)
    assert await known.of_token(desk.token, None) is opened
    clock[0] += timedelta(seconds=6)
    after = await known.of_token(desk.token, None)
    assert after is not None
    assert after.opened == ()


async def test_what_has_ended_while_the_request_waited_opens_nothing(desk: Desk) -> None:
    """Nothing is written at the end of an emergency access, so no version of the rights says so."""
    patient = await desk.house.patient()
    actor = await desk.actor()
    row_id = ids.decode(models.Patient, patient)
    assert row_id is not None
    opened = replace(actor, opened=(row_id,), rights=rights(actor.roles, opened=True))
    now = datetime.now(UTC)
    query = f'{{ patient(id: "{patient}") {{ id }} }}'
    until = {True: now + timedelta(hours=1), False: now - timedelta(seconds=1)}
    for still, end in until.items():
        answer = await desk.ask(replace(opened, opened_until=end), query)
        assert answer["data"]["patient"] == ({"id": patient} if still else None)
