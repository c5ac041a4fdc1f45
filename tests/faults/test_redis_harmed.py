"""Redis killed, frozen, behind another password and full, while a hospital works on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.faults.conftest import OwnRedis
from tests.faults.figures import LONG, SIZE, measured, share
from tests.faults.readiness import both
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, seated
from tests.faults.witness.scene import STATIONS, scene
from tests.faults.witness.verdict import Heard, done_though_refused, faults, heard, tally
from tests.first_light.process import Server, serving

REDIS_TIMEOUT = 1.0
"""Who waits for a Redis that does not answer waits this long at least."""
WARM = 1_000 if LONG else 300
"""Mutations before anything is measured."""
LATE = 1.0
"""An event is told by another process within this, bell or no bell."""


@dataclass(frozen=True)
class Phase:
    """A part of the run, by both clocks; without a harm Redis is well in it."""

    harm: str
    began: tuple[float, float]
    ended: tuple[float, float]

    def latencies(self, written: Sequence[Mapping[str, Any]]) -> list[float]:
        """Of the mutations that were sent in it, from the first attempt to the answer."""
        return [
            line["attempts"][-1][1] - line["attempts"][0][0]
            for line in written
            if self.began[0] <= line["attempts"][0][0] < self.ended[0]
        ]

    def lateness(self, written: Sequence[Mapping[str, Any]], told: Sequence[Heard]) -> list[float]:
        """Of what was acknowledged in it, from the answer until each feed had heard it."""
        return [
            feed.at[line["id"]] - line["at"]
            for line in written
            if self.began[1] <= line["at"] < self.ended[1]
            for feed in told
            if line["id"] in feed.at
        ]


async def test_a_harmed_redis_slows_nobody_and_loses_nothing(
    demo_url: str, own_redis: OwnRedis, tmp_path: Path
) -> None:
    # The writers' own process hears its bell without Redis, so the stations are at another one.
    servers = {"database_url": demo_url, "redis_url": own_redis.url}
    async with (
        serving(tmp_path, "serve", **servers) as writing_to,
        serving(tmp_path, "serve", **servers) as hearing,
    ):
        async with httpx.AsyncClient(base_url=writing_to.url, timeout=20) as client:
            found = await scene(client)
        sitting = [found.station(name, hearing) for name in STATIONS]
        writers = found.writers(writing_to, labs=6, vitals=4, beds=2, every=0.1)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                # Until then plans are made, once a connection: that is no measure of Redis.
                await writing.until(lambda lines: len(lines) > WARM, "the writers are under way")
                phases = await harm(own_redis, writing_to, hearing)
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told) + done_though_refused(written, told)
        assert not wrong, "\n".join(wrong)
        well = [took for phase in phases if not phase.harm for took in phase.latencies(written)]
        measured(
            "Redis well",
            mutations=len(well),
            p99_ms=round(share(well, 0.99) * 1000, 1),
            **tally(written, told),
        )
        for phase in phases:
            if not phase.harm:
                continue
            took, late = phase.latencies(written), phase.lateness(written, told)
            measured(
                f"Redis {phase.harm}",
                mutations=len(took),
                p99_ms=round(share(took, 0.99) * 1000, 1),
                ratio=round(share(took, 0.99) / share(well, 0.99), 2),
                late_p99_ms=round(share(late, 0.99) * 1000),
                late_at_most_ms=round(max(late) * 1000),
            )
            # Generous, for a machine with other work: who waits for Redis is far beyond both.
            assert share(took, 0.95) < REDIS_TIMEOUT, (
                f"Redis {phase.harm}: mutations wait for Redis"
            )
            assert share(late, 0.95) < LATE, f"Redis {phase.harm}: events wait for Redis"


async def harm(redis: OwnRedis, *servers: Server) -> list[Phase]:
    """Do to Redis what can be done to it, and mend it each time; what was when."""
    phases = []

    async def phase(name: str, seconds: float) -> None:
        began = (time.time(), time.monotonic())
        await asyncio.sleep(seconds)
        phases.append(Phase(name, began, (time.time(), time.monotonic())))

    async def harmed(name: str, begin: Awaitable[None], seconds: float = SIZE.phase) -> None:
        await begin
        await phase(name, seconds)
        # A full one still tells what needs no memory; the others have nothing to say.
        silent = name != "full"
        bell, status = ("down", "degraded") if silent else ("connected", "ready")
        await both(*servers, bell=bell, status=status)

    async def mended(mend: Awaitable[None]) -> None:
        await mend
        await both(*servers, bell="connected", status="ready")
        await phase("", SIZE.phase / 2)

    await phase("", SIZE.phase)
    await harmed("killed", redis.kill())
    await mended(redis.start())
    await harmed("frozen", redis.halt(), SIZE.frozen)
    await mended(redis.go_on())
    await harmed("behind another password", redis.lock())
    await mended(redis.unlock())
    await harmed("full", redis.fill())
    await mended(redis.empty())
    return phases
