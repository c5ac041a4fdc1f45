"""Two processes on one database: one is killed, then both are replaced under writes. The stations
at the other hear on without a break, and everybody hears everything."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from tests.faults.figures import LONG, measured
from tests.faults.witness.journal import Account, witness
from tests.faults.witness.presence import heard_all, resumed, seated
from tests.faults.witness.scene import STATIONS, Scene, scene
from tests.faults.witness.verdict import done_though_refused, faults, heard, tally
from tests.first_light.process import Server, serving
from tests.patience import PATIENCE, until

SIDES = 3
"""Stations of each name."""
EVERY = 0.2
"""Seconds between two mutations of one writer."""
GOING_AWAY = 1012

Line = Mapping[str, Any]


async def test_workers_killed_and_replaced(demo_url: str, redis_url: str, tmp_path: Path) -> None:
    async with serving(
        tmp_path, *("serve", "--workers", "2"), database_url=demo_url, redis_url=redis_url
    ) as server:
        found = await looked_at(server)
        sitting = [
            found.station(f"{name} {number}", server)
            for name in STATIONS
            for number in range(SIDES)
        ]
        writers = found.writers(server, labs=6, vitals=3, beds=1, every=EVERY)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                await more_of(writing)
                victim = await a_worker_with_stations(server, stations)
                theirs = stations_at(victim, stations)
                killed = time.monotonic()
                victim.kill()
                await back(stations, theirs, killed)
                await said(server, "died (signal 9); starting another")
                await more_of(writing)
                lost = Counter(_lost(stations.lines, killed))
                assert set(lost) == theirs
                await no_break(stations, {one["name"] for one in sitting} - theirs, killed)
                after_kill = resumed(stations.lines, [{"name": one} for one in theirs], killed)

                # Both are there again before they are replaced.
                await said(server, "is process", times=3)
                renewed = time.monotonic()
                server.process.send_signal(signal.SIGHUP)
                await said(server, "all workers have been replaced")
                await more_of(writing)
                await back(stations, {*_lost(stations.lines, renewed)}, renewed)
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        codes = Counter(_codes(seen, renewed))
        assert set(codes) == {GOING_AWAY}, codes
        assert {*_lost(seen, renewed)} == {one["name"] for one in sitting}
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told) + done_though_refused(written, told)
        assert not wrong, "\n".join(wrong)
        measured(
            "two workers: one killed, then a rolling restart",
            mutations=len(written),
            stations=len(sitting),
            **tally(written, told),
            resumed_after_kill_s=round(max(after_kill), 2),
            closed_by_1012=codes[GOING_AWAY],
        )


@pytest.mark.skipif(not LONG, reason="the same harm as above; make faults runs both")
async def test_servers_killed_and_started_again_one_by_one(
    demo_url: str, redis_url: str, tmp_path: Path
) -> None:
    servers = {"database_url": demo_url, "redis_url": redis_url}
    async with (
        serving(tmp_path, "serve", **servers) as one,
        serving(tmp_path, "serve", **servers) as other,
    ):
        found = await looked_at(one)
        at_one = [found.station(f"{name} one", one) for name in STATIONS]
        at_other = [found.station(f"{name} other", other) for name in STATIONS]
        sitting = at_one + at_other
        writers = [
            *found.writers(one, labs=6, vitals=3, beds=1, every=EVERY)[::2],
            *found.writers(other, labs=6, vitals=3, beds=1, every=EVERY)[1::2],
        ]
        for writer in writers:
            # Their idempotency keys are made of it, and the hospital is that of the test above.
            writer["name"] = f"second {writer['name']}"
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                await more_of(writing)
                for server, theirs, others, number in (
                    (one, at_one, at_other, signal.SIGKILL),
                    (one, at_one, at_other, signal.SIGTERM),
                    (other, at_other, at_one, signal.SIGTERM),
                ):
                    began = time.monotonic()
                    os.kill(server.process.pid, number)
                    await asyncio.wait_for(server.process.wait(), PATIENCE)
                    ended = time.monotonic()
                    await server.start_again()
                    await back(stations, _names(theirs), ended)
                    await more_of(writing)
                    await no_break(stations, _names(others), began)
                    codes = {*_codes(stations.lines, began)}
                    assert codes == {GOING_AWAY if number == signal.SIGTERM else 1006}
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told) + done_though_refused(written, told)
        assert not wrong, "\n".join(wrong)
        measured(
            "two servers: one killed, then both replaced",
            mutations=len(written),
            stations=len(sitting),
            **tally(written, told),
        )


async def looked_at(server: Server) -> Scene:
    """The scene, as the API tells it."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        return await scene(client)


async def more_of(writing: Account, count: int = 60) -> None:
    """Wait until so many more mutations were acknowledged."""
    due = len(writing.lines) + count
    await writing.until(lambda lines: len(lines) >= due, "written on")


async def back(stations: Account, names: set[str], since: float) -> None:
    """Wait until all feeds of these are live again after they were lost."""

    def condition(lines: Sequence[Line]) -> bool:
        standing: dict[str, bool] = {}
        for line in lines:
            if line["at"] >= since and line.get("what") in {"up", "lost"}:
                standing[line["station"]] = line["what"] == "up"
        return all(standing.get(name, False) for name in names)

    await stations.until(condition, "all are back")


async def said(server: Server, words: str, times: int = 1) -> None:
    """Wait until the server has said this."""
    await until(lambda: server.said.count(words) >= times)


async def a_worker_with_stations(server: Server, stations: Account) -> psutil.Process:
    """The worker that has the fewer stations of the two, and at least one."""
    found = server.workers()
    assert len(found) == 2
    held = [(len(stations_at(one, stations)), one.pid, one) for one in found]
    assert sum(count for count, _, _ in held) == len(STATIONS) * SIDES
    # Which worker a connection comes to is chance: of 15, one in 16,384 times all to the same.
    return min(one for one in held if one[0])[2]


def stations_at(worker: psutil.Process, stations: Account) -> set[str]:
    """Those whose sockets a worker holds, by the ports that they come from."""
    ports = {one.raddr.port for one in worker.net_connections("tcp") if one.raddr}
    last = {line["station"]: line["port"] for line in stations.lines if line.get("what") == "up"}
    return {name for name, port in last.items() if port in ports}


async def no_break(stations: Account, names: set[str], since: float) -> None:
    """Each of these keeps its socket, and is told something."""

    def condition(lines: Sequence[Line]) -> bool:
        told = {one["station"] for one in lines if one["at"] >= since and one.get("events")}
        return names <= told

    await stations.until(condition, "those at the other hear on")
    assert not names & {*_lost(stations.lines, since)}


def _lost(lines: Iterable[Line], since: float) -> list[str]:
    return [line["station"] for line in lines if line["at"] >= since and line.get("what") == "lost"]


def _codes(lines: Iterable[Line], since: float) -> list[int | str]:
    return [line["code"] for line in lines if line["at"] >= since and line.get("what") == "lost"]


def _names(sitting: Iterable[Line]) -> set[str]:
    return {one["name"] for one in sitting}
