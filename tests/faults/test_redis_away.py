"""Redis that was never there: the server starts, and its stations hear by its reading the log."""

from __future__ import annotations

from pathlib import Path

import httpx

from tests.faults.conftest import OwnRedis
from tests.faults.readiness import health
from tests.first_light.api import Api
from tests.first_light.process import serving
from tests.first_light.station import CRITICAL, station


async def test_it_starts_without_redis(demo_url: str, own_redis: OwnRedis, tmp_path: Path) -> None:
    await own_redis.kill()
    async with (
        serving(tmp_path, "serve", database_url=demo_url, redis_url=own_redis.url) as server,
        httpx.AsyncClient(base_url=server.url, timeout=10) as client,
    ):
        assert (await health(server))["status"] == "degraded"
        nurse = await Api(client).sign_in("nurse")
        integrator = await Api(client).sign_in("integrator")
        patient = (await nurse.patients("MED1"))[1]["id"]
        async with station(server.sockets, nurse.token) as board:
            feed = await board.feed(CRITICAL, ward="MED1")
            alarm = await integrator.raise_alarm(patient)
            assert await feed.kinds_of(alarm, "RAISED") == ["RAISED"]
