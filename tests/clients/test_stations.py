"""The stations of docs/clients, as they are, and all that can break: they hear everything, once."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from app.embedded import Servers
from resolvers import event_log
from resolvers.database import open_pool
from tests.clients.displays import Display, Line, node_display, python_display, running
from tests.clients.wire import Wire, wire_to
from tests.faults.conftest import OwnRedis
from tests.faults.witness.journal import witness
from tests.faults.witness.scene import Scene, scene
from tests.faults.witness.stations import subscription
from tests.faults.witness.verdict import COUNTED, FEED_OF, Heard, faults, heard
from tests.first_light.api import Api
from tests.first_light.process import Server, port_of, serving
from tests.first_light.station import CRITICAL, station

SILENCE = 3.0
"""Seconds after which the clients hold a feed for dead: the writers write all the time."""
OPEN = """query ($ward: String) {
  criticalResults(ward: $ward, status: [OPEN], first: 500) { nodes { id } }
}"""
FEEDS = [
    {"feed": "criticalResults", "ward": None},
    {"feed": "vitalSigns", "ward": "SURG1"},
]
"""Of the display in Node, on one socket."""
ENDED = """UPDATE sessions SET last_seen_at = now() - interval '1 day'
WHERE user_id = (SELECT id FROM users WHERE username = 'nurse')"""


async def test_they_survive_everything(
    servers: Servers, demo_url: str, own_redis: OwnRedis, tmp_path: Path
) -> None:
    settings = {"database_url": demo_url, "redis_url": own_redis.url}
    async with (
        serving(tmp_path, "serve", **settings) as server,
        wire_to(int(port_of(server))) as wire,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        found = await scene(client)
        node = await node_display(tmp_path, spec(wire))
        python = await python_display(tmp_path, wire.url, "MED1", SILENCE)
        with ExitStack() as stack:
            for display in (node, python):
                stack.enter_context(running(display.process))
            writers = found.writers(server, labs=3, vitals=3, beds=0, every=0.1)
            await node.until(lambda lines: sum(map(is_live, lines)) >= len(FEEDS), "live")
            await python.until(bool, "live")
            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                await hear_on(node, python, "the beginning")
                for harm in harms((node, python), server, wire, servers, own_redis):
                    await harm()
                    await hear_on(node, python, harm.__name__)
                written = await writing.finish()
            feeds = due(found)
            await node.until(all_of(node, feeds[:2], written), "all that was written")
            await python.until(all_of(python, feeds[2:], written), "all that was written")
            told = heard([*lines_of(node), *lines_of(python)], feeds)
            wrong = faults(written, told)
            assert not wrong, "\n".join(wrong)
            codes = codes_of(node.lines)
            assert {1006, 1012, 4403, 4499} <= codes, codes
            assert {"stumbled over state", "stumbled over events"} <= codes, codes
            for word in ("1012", "4403", "TimeoutError"):
                assert word in python.noted.read_text()
            for display in (node, python):
                assert sum("state" in line or "open" in line for line in display.lines) == (
                    len(FEEDS) if display is node else 1
                ), "no history was lost, and nothing was to be read afresh"

            await resynced((node, python), wire, Api(client), server)


def spec(wire: Wire) -> dict[str, Any]:
    """What the display in Node is given."""
    feeds = [
        {
            "number": str(number),
            "query": subscription(one["feed"]),
            "variables": {"ward": one["ward"]},
            "state": OPEN,
        }
        for number, one in enumerate(FEEDS)
    ]
    return {
        "url": wire.url,
        "username": "nurse",
        "password": "wardline",
        "silence": SILENCE * 1000,
        "feeds": feeds,
    }


Harm = Callable[[], Awaitable[None]]


def harms(
    displays: tuple[Display, Display],
    server: Server,
    wire: Wire,
    servers: Servers,
    redis: OwnRedis,
) -> list[Harm]:
    """What is done to them, one after the other."""
    node, python = displays

    async def cut() -> None:
        assert wire.pull() >= 2
        await asyncio.sleep(0.2)
        wire.mend()

    async def ended_normally() -> None:
        assert wire.end_normally() == 2

    async def redis_killed() -> None:
        await redis.kill()

    async def redis_back() -> None:
        await redis.start()

    async def postgres_killed() -> None:
        os.kill(servers.postgres.pid, signal.SIGKILL)

    async def worker_killed() -> None:
        await server.kill()
        await server.start_again()

    async def replaced() -> None:
        server.process.send_signal(signal.SIGTERM)
        await asyncio.wait_for(server.process.wait(), 20)
        await server.start_again()

    async def signed_out() -> None:
        owner = await asyncpg.connect(server.settings["DATABASE_URL"])
        assert await owner.execute(ENDED) != "UPDATE 0"
        await owner.close()
        await node.until(lambda lines: 4403 in codes_of(lines), "told that its session is over")
        await python.until(lambda _: "4403" in python.noted.read_text(), "told the same")

    async def halted() -> None:
        # Until both have given up their socket, and then one that never came to be open.
        before = wire.begun
        os.kill(server.process.pid, signal.SIGSTOP)
        try:
            async with asyncio.timeout(30):
                while wire.begun < before + 4:
                    await asyncio.sleep(0.05)
        finally:
            os.kill(server.process.pid, signal.SIGCONT)

    return [
        cut,
        ended_normally,
        redis_killed,
        postgres_killed,
        worker_killed,
        redis_back,
        replaced,
        signed_out,
        halted,
    ]


async def hear_on(node: Display, python: Display, after: str) -> None:
    """Return when every feed has told of something that happened from now on."""
    now = datetime.now(UTC)

    def of_node(lines: list[Line]) -> bool:
        return all(
            any(
                line["feed"] == str(number) and later(line["events"][-1], now)
                for line in lines
                if "events" in line
            )
            for number in range(len(FEEDS))
        )

    def of_python(lines: list[Line]) -> bool:
        return bool(lines) and "cursor" in lines[-1] and later(lines[-1], now)

    await node.until(of_node, f"heard after {after}")
    await python.until(of_python, f"heard after {after}")


def is_live(line: Line) -> bool:
    return line.get("phase") == "live"


def codes_of(lines: list[Line]) -> set[Any]:
    """Why it was away."""
    return {line["code"] for line in lines if "phase" in line}


def later(event: dict[str, Any], moment: datetime) -> bool:
    return datetime.fromisoformat(event["occurredAt"]) > moment


def due(found: Scene) -> list[Heard]:
    """What each feed is allowed to tell of: the two in Node, and the one in Python."""
    return found.feeds(
        [
            {"name": "nurses node", "feeds": FEEDS},
            {"name": "nurses python", "feeds": [{"feed": "criticalResults", "ward": "MED1"}]},
        ]
    )


def lines_of(display: Display) -> list[Line]:
    """The events in the words of the journals of stations."""
    found = []
    for line in display.lines:
        events = line.get("events", [line] if "cursor" in line else [])
        for event in events:
            subject = event["vitals"] if "vitals" in event else event["criticalResult"]
            kind = event.get("kind", "RECORDED")
            told = [event["cursor"], kind, subject["id"], event["occurredAt"]]
            name = {"station": f"nurses {display.name}", "feed": line.get("feed", "0")}
            found.append({**name, "at": 0.0, "resync": False, "events": [told]})
    return found


def all_of(
    display: Display, feeds: list[Heard], written: list[Line]
) -> Callable[[list[Line]], bool]:
    """The condition that as much was told of as is due; what it was, the verdict says."""
    total = sum(
        FEED_OF[line["kind"]] == feed.feed and line["subject"] in feed.allowed
        for feed in feeds
        for line in written
    )
    kinds = {*COUNTED.values()}
    return lambda _: sum(one["events"][0][1] in kinds for one in lines_of(display)) >= total


async def resynced(displays: tuple[Display, Display], wire: Wire, api: Api, server: Server) -> None:
    """Their history is taken away while they are: they read the state afresh, and then hear on."""
    node, python = displays
    nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
    patient = (await nurse.patients("MED1"))[0]["id"]
    async with station(server.sockets, nurse.token) as board:
        old = (await board.feed(CRITICAL, ward="MED1")).cursor
    wire.pull()
    missed = {await integrator.raise_alarm(patient) for _ in range(3)}
    pool = await open_pool(server.settings["DATABASE_URL"], min_size=1, max_size=1)
    hospital = await pool.fetchval("SELECT id FROM hospitals")
    await event_log.trim(
        pool, hospital, before=datetime.now(UTC) + timedelta(minutes=1), most=100_000
    )
    await pool.close()
    async with asyncio.timeout(10):
        while True:
            async with station(server.sockets, nurse.token) as board:
                feed = await board.subscribe(CRITICAL, ward="MED1", after=old)
                if (await feed.message())["resync"]:
                    break
    before = {display.name: len(display.lines) for display in displays}
    wire.mend()

    def states(display: Display) -> list[set[str]]:
        lines = display.lines[before[display.name] :]
        found = [line["state"]["criticalResults"]["nodes"] for line in lines if "state" in line]
        found += [line["open"] for line in lines if "open" in line]
        return [{one["id"] for one in nodes} for nodes in found]

    await node.until(lambda _: len(states(node)) >= len(FEEDS), "the state is read afresh")
    await python.until(lambda _: bool(states(python)), "the state is read afresh")
    heard_later = [await integrator.raise_alarm(patient) for _ in range(2)]

    def raised(display: Display) -> list[str]:
        lines = display.lines[before[display.name] :]
        events = [one for line in lines for one in line.get("events", [line])]
        return [one["criticalResult"]["id"] for one in events if one.get("kind") == "RAISED"]

    await node.until(lambda _: len(raised(node)) >= 2, "what comes later")
    await python.until(lambda _: len(raised(python)) >= 2, "what comes later")
    for display in displays:
        assert raised(display) == heard_later
        assert any(missed <= state for state in states(display))
