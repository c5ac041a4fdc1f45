"""What administrators do reaches open streams: who is out is out, and boards hear of their beds."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

import models
from models.rules.roles import Role
from resolvers import ids
from resolvers.reading.documents import GraphQLRequest

SignIn = Callable[[], Awaitable[str]]


async def do(served: Any, admin: Any, name: str, /, **given: Any) -> None:
    """Call a mutation as a request over HTTP would, bell and all."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    text = f"mutation ($i: {kind}!) {{ {name}(input: $i) {{ __typename }} }}"
    body = json.loads(await served.engine.execute(GraphQLRequest(text, None, {"i": given}), admin))
    assert "errors" not in body, body


@pytest.mark.parametrize(
    ("name", "more"), [("disableUser", {}), ("setUserPassword", {"password": "another long one"})]
)
async def test_who_is_disabled_or_gets_a_password_is_out(
    serve: Any, hospital: Any, nurse: SignIn, name: str, more: dict[str, str]
) -> None:
    token = await nurse()
    user = (await hospital.actor(token)).user_id
    admin = await hospital.actor(await hospital.sign_in(Role.ADMIN))
    async with (
        serve() as served,
        served.station(token) as going,
        served.station(await nurse()) as stays,
    ):
        for station in (going, stays):
            await station.subscribe()
            await station.feed()
        await do(served, admin, name, userId=ids.encode(models.User, user), **more)
        assert await going.closed() == 4403
        await hospital.write()
        assert len(await stays.events(1)) == 1


async def test_a_board_hears_of_the_beds_of_its_ward_and_of_the_ward(
    serve: Any, hospital: Any, nurse: SignIn
) -> None:
    admin = await hospital.actor(await hospital.sign_in(Role.ADMIN))
    here, there = (ids.encode(models.Ward, hospital.wards[code]) for code in ("MED1", "SURG1"))
    async with serve() as served, served.station(await nurse()) as station:
        await station.subscribe(field="bedChanges", ward="MED1")
        await station.feed()
        await do(served, admin, "addBed", wardId=there, code="7")
        await do(served, admin, "addBed", wardId=here, code="7")
        bed = await hospital.pool.fetchval(
            "SELECT id FROM beds WHERE ward_id = $1 AND code = '7'", hospital.wards["MED1"]
        )
        [added] = await station.events(1)
        assert (added["kind"], added["bed"]) == ("ADDED", {"code": "7"})
        public = ids.encode(models.Bed, bed)
        await do(served, admin, "changeBed", bedId=public, code="7a")
        [changed] = await station.events(1)
        assert (changed["kind"], changed["bed"]) == ("CHANGED", {"code": "7a"})
        await do(served, admin, "retireBed", bedId=public)
        await do(served, admin, "changeWard", wardId=here, name="Medicine")
        heard = await station.events(2)
        assert [(one["kind"], one["bed"]) for one in heard] == [
            ("RETIRED", {"code": "7a"}),
            ("WARD_CHANGED", None),
        ]
