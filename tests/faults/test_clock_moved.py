"""The machine's clock is moved by an hour, forth and back: order and cursors stay as they are."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import asyncpg
import httpx

from subscriptions import log
from tests.first_light.api import ACKNOWLEDGE, RECORD, Api, ago, potassium
from tests.first_light.process import OUR_SETTINGS, Server, free_port
from tests.first_light.station import CRITICAL, Feed, station

HOUR = 3600
MOVES = (0, HOUR, -HOUR, 0)
EACH = 3
LOGGED = """
SELECT position, occurred_at FROM events WHERE kind = 'CriticalResultRaised' AND position > $1
ORDER BY position
"""


@asynccontextmanager
async def serving(folder: Path, clock: Path, **settings: str) -> AsyncIterator[Server]:
    """`wardline serve` by the clock."""
    port = free_port()
    given = settings | {"PORT": str(port), "WARDLINE_HOME": str(folder / "home")}
    inherited = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("WARDLINE_") and name not in OUR_SETTINGS
    }
    output = folder / "output"
    words = ("-m", "tests.faults.moved_clock", str(clock), "serve")
    with output.open("a") as file:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=inherited | given,
            start_new_session=True,
        )
    server = Server(words, given, f"http://127.0.0.1:{port}", output, process)
    try:
        await server.ready()
        yield server
    finally:
        if process.returncode is None:
            await server.kill()


async def test_order_and_cursors_do_not_hang_on_the_clock(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    """One station listens all the time, one comes back with its cursor at every move. Sessions are
    given three hours, because what is idle by the clock of the wall does end."""
    clock = tmp_path / "clock"
    clock.write_text("0")
    async with (
        serving(
            tmp_path,
            clock,
            DATABASE_URL=demo_url,
            REDIS_URL=redis_url,
            WARDLINE_SESSION_IDLE_MINUTES="180",
        ) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        api = Api(client)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patient = (await nurse.patients("MED1"))[0]["id"]
        raised: list[str] = []
        missed: list[str] = []
        async with station(server.sockets, nurse.token) as board:
            feed = await board.feed(CRITICAL, ward="MED1")
            start, away = feed.cursor, feed.cursor
            for off in MOVES:
                clock.write_text(str(off))
                for _ in range(EACH):
                    result = potassium(patient, "6.9") | {"observedAt": ago(60 - off)}
                    answer = await integrator.run(RECORD, input={"results": [result]})
                    (outcome,) = answer["recordLabResults"]["outcomes"]
                    raised.append(outcome["labResult"]["criticalResult"]["id"])
                await feed.kinds_of(raised[-1], "RAISED")
                async with station(server.sockets, nurse.token) as other:
                    back = await other.subscribe(CRITICAL, ward="MED1", after=away)
                    first = await back.message()
                    assert first["resync"] is False
                    await back.kinds_of(raised[-1], "RAISED")
                    missed += alarms(back)
                    away = back.cursor
            assert alarms(feed) == missed == raised
            positions = [log.decode(event["cursor"]) for event in feed.heard]
            assert [one.position for one in positions if one] == sorted(
                {one.position for one in positions if one}
            )
            # Whoever was away all the time hears the same, in the same order.
            late = await board.subscribe(CRITICAL, ward="MED1", after=start)
            await late.kinds_of(raised[-1], "RAISED")
            assert alarms(late) == raised
            # What was raised in an hour to come is acknowledged now.
            for alarm in (raised[EACH], raised[0]):
                await nurse.run(ACKNOWLEDGE, input={"criticalResultId": alarm, "readBack": "6.9"})
                assert "ACKNOWLEDGED" in await feed.kinds_of(alarm, "ACKNOWLEDGED")
            # And who signs out is gone, also in an hour that was before.
            clock.write_text(str(-HOUR))
            await nurse.run("mutation { signOut { signedOut } }")
            assert await board.closed() == 4403
        begun = log.decode(start)
        assert begun is not None
        connection = await asyncpg.connect(demo_url)
        try:
            logged = await connection.fetch(LOGGED, begun.position)
        finally:
            await connection.close()
        told = [row["occurred_at"] for row in logged]
        steps = [after - before for before, after in pairwise(told)]
        assert max(steps) > timedelta(minutes=50), "the clock was never moved"
        assert min(steps) < timedelta(minutes=-110), "the clock was never moved back"
        assert "Traceback" not in server.said


def alarms(feed: Feed) -> list[str]:
    """What was raised, in the order in which it was heard."""
    return [event["criticalResult"]["id"] for event in feed.heard if event["kind"] == "RAISED"]
