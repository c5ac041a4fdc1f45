"""A frame that the database held up is sent on rights of now, not of before it was asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from subscriptions.limits import Limits
from tests.patience import until

SignIn = Callable[[], Awaitable[str]]


async def test_rights_are_looked_at_again_before_a_frame_that_took_long(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    """Nobody looks in between, as when no look gets an answer either."""
    token = await nurse()
    slow = replace(quiet, standing=600.0, standing_at_most=0.2)
    async with serve(limits=slow) as served, served.station(token) as station:
        await station.subscribe("1")
        await station.feed("1")
        served.engine.pause = asyncio.Event()
        await hospital.write()
        await until(lambda: served.engine.statements)
        user = (await hospital.actor(token)).user_id
        await hospital.pool.execute("DELETE FROM ward_memberships WHERE user_id = $1", user)
        clock, changed = asyncio.get_running_loop().time, asyncio.get_running_loop().time()
        await until(lambda: clock() > changed + slow.standing_at_most)
        counters = served.live.counters
        looks = counters.standing_statements
        served.engine.pause.set()
        await until(lambda: counters.standing_statements > looks or counters.deliveries > 1)
        await station.subscribe("2")
        assert (await station.receive())["id"] == "2"
