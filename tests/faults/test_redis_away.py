"""Redis halted and killed: two processes on one database go on, by reading the log."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import httpx

from tests.faults.conftest import OwnRedis
from tests.first_light.api import ACKNOWLEDGE, Api
from tests.first_light.process import Server, serving
from tests.first_light.station import CRITICAL, station

SOON = 10.0
"""A mutation's answer, and an event in another process, with no bell between them."""
REDIS_TIMEOUT = 1.0
"""What somebody who waits for a Redis that does not answer waits at least."""


async def test_without_redis_mutations_go_on_and_other_processes_hear_of_them(
    demo_url: str, own_redis: OwnRedis, tmp_path: Path
) -> None:
    # The writer's own process hears its bell without Redis, so the station is at another one.
    servers = {"database_url": demo_url, "redis_url": own_redis.url}
    async with (
        serving(tmp_path, "serve", **servers) as writing,
        serving(tmp_path, "serve", **servers) as hearing,
        httpx.AsyncClient(base_url=writing.url, timeout=SOON) as client,
    ):
        api = Api(client)
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patient = (await nurse.patients("MED1"))[0]["id"]
        async with station(hearing.sockets, nurse.token) as board:
            feed = await board.feed(CRITICAL, ward="MED1")

            async def there_and_back() -> float:
                began = time.monotonic()
                alarm = await integrator.raise_alarm(patient)
                answered_after = time.monotonic() - began
                async with asyncio.timeout(SOON):
                    await feed.kinds_of(alarm, "RAISED")
                await nurse.run(ACKNOWLEDGE, input={"criticalResultId": alarm, "readBack": "6.9"})
                async with asyncio.timeout(SOON):
                    kinds = await feed.kinds_of(alarm, "ACKNOWLEDGED")
                assert kinds == ["RAISED", "ACKNOWLEDGED"]
                return answered_after

            await there_and_back()
            own_redis.halt()
            assert min([await there_and_back() for _ in range(4)]) < REDIS_TIMEOUT
            await both(writing, hearing, bell="down", status="degraded")
            await there_and_back()
            own_redis.go_on()
            await both(writing, hearing, bell="connected", status="ready")
            await there_and_back()

            await own_redis.kill()
            assert min([await there_and_back() for _ in range(4)]) < REDIS_TIMEOUT
            await both(writing, hearing, bell="down", status="degraded")
            await own_redis.start()
            await both(writing, hearing, bell="connected", status="ready")
            await there_and_back()
        assert len({event["cursor"] for event in feed.heard}) == len(feed.heard)


async def test_it_starts_without_redis(demo_url: str, own_redis: OwnRedis, tmp_path: Path) -> None:
    await own_redis.kill()
    async with (
        serving(tmp_path, "serve", database_url=demo_url, redis_url=own_redis.url) as server,
        httpx.AsyncClient(base_url=server.url, timeout=SOON) as client,
    ):
        assert (await health(server))["status"] == "degraded"
        nurse = await Api(client).sign_in("nurse")
        integrator = await Api(client).sign_in("integrator")
        patient = (await nurse.patients("MED1"))[1]["id"]
        async with station(server.sockets, nurse.token) as board:
            feed = await board.feed(CRITICAL, ward="MED1")
            alarm = await integrator.raise_alarm(patient)
            assert await feed.kinds_of(alarm, "RAISED") == ["RAISED"]


async def health(server: Server) -> dict[str, Any]:
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200, "a silent bell makes nobody unready"
    found: dict[str, Any] = answer.json()
    return found


async def both(*servers: Server, bell: str, status: str) -> None:
    """Wait until each says so of itself."""
    deadline = time.monotonic() + 20
    for server in servers:
        while (found := await health(server))["bell"]["state"] != bell:
            assert time.monotonic() < deadline, f"the bell is {found['bell']['state']} still"
            await asyncio.sleep(0.05)
        assert found["status"] == status
