"""The official client of graphql-transport-ws, npm `graphql-ws`, run by node on the real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from subscriptions import log
from subscriptions.limits import Limits
from tests.patience import until

SignIn = Callable[[], Awaitable[str]]
ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ROOT / "web" / "node_modules"
FEED = "subscription { vitalSigns { cursor live resync events { cursor patient { mrn } } } }"
QUERY = "query { viewer { username } }"


class Client:
    """The client's process: what it tells of each operation, and of its socket."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.told: dict[str, list[dict[str, Any]]] = {}

    async def ask(self, **asked: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(asked).encode() + b"\n")
        await self.process.stdin.drain()

    async def tells(self, id_: str, what: str) -> Any:
        """The next time that it tells this of an operation; what comes before is passed over."""
        assert self.process.stdout is not None
        async with asyncio.timeout(15):
            while True:
                waiting = self.told.setdefault(id_, [])
                while waiting:
                    told = waiting.pop(0)
                    if what in told:
                        return told[what]
                line = await self.process.stdout.readline()
                assert line, "it has ended"
                message = json.loads(line)
                self.told.setdefault(message["id"], []).append(message)

    async def events(self, id_: str, count: int) -> list[int]:
        """The positions of so many events of a feed."""
        found: list[int] = []
        while len(found) < count:
            (feed,) = (await self.tells(id_, "next"))["data"].values()
            cursors = [log.decode(event["cursor"]) for event in feed["events"]]
            found += [cursor.position for cursor in cursors if cursor is not None]
        return found


@asynccontextmanager
async def client(url: str, token: str) -> AsyncIterator[Client]:
    own = ROOT / ".venv" / "node" / "node"
    node = shutil.which("node") or (str(own) if own.exists() else None)
    if node is None:
        pytest.skip("no node on this machine, and not the wheel's either (make web installs it)")
    if not (PACKAGES / "graphql-ws").is_dir() or not (PACKAGES / "ws").is_dir():
        pytest.skip("web/node_modules has no graphql-ws and ws (make web installs them)")
    script = Path(__file__).with_name("official_client.mjs")
    process = await asyncio.create_subprocess_exec(
        *(node, script, PACKAGES / "graphql-ws", url, token),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        process.kill()
        await process.wait()


async def test_operations_of_every_kind_on_one_socket(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    async with serve(limits=quiet) as served, client(served.url, await nurse()) as official:
        await official.ask(id="feed", query=FEED)
        assert (await official.tells("feed", "next"))["data"]["vitalSigns"]["live"]
        await official.ask(id="query", query=QUERY)
        assert (await official.tells("query", "next"))["data"]["viewer"]["username"]
        assert await official.tells("query", "complete")
        for bad, code in (
            ("query {", "GRAPHQL_PARSE_FAILED"),
            ("subscription { nothing }", "GRAPHQL_VALIDATION_FAILED"),
            ("subscription { emergencyAccesses { cursor } }", "FORBIDDEN"),
        ):
            await official.ask(id=bad, query=bad)
            (error, *_) = await official.tells(bad, "error")
            assert error["extensions"]["code"] == code
        await hospital.write(times=2)
        assert await official.events("feed", 2) == [1, 2]
        assert await official.tells("socket", "pong")  # it asks whether we are there
        assert served.live.counters.opened["websocket"] == 1
        await official.ask(id="feed")
        assert await official.tells("feed", "complete")
        # Lazy: with the last operation it closes the socket.
        assert await official.tells("socket", "closed") == 1000
        await until(lambda: not (len(served.live.sockets) or list(served.live.hub.subscribers())))


async def test_it_answers_our_pings_and_is_let_alone(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    limits = replace(quiet, ping=0.1, pong=2.0)
    async with serve(limits=limits) as served, client(served.url, await nurse()) as official:
        await official.ask(id="feed", query=FEED)
        await official.tells("feed", "next")
        for _ in range(2):
            assert await official.tells("socket", "ping")
        assert not served.live.counters.unanswered_pings


async def test_it_comes_back_after_a_cut_an_ended_session_and_a_stop(
    serve: Any, hospital: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, client(served.url, token) as official:
        await official.ask(id="feed", query=FEED)
        await official.tells("feed", "next")
        for connection in tuple(served.server.server_state.connections):
            connection.transport.abort()
        assert await official.tells("socket", "closed") == 1006
        assert await official.tells("socket", "connected")
        await official.tells("feed", "next")
        await hospital.sign_out(token)
        await official.ask(token=await nurse())
        assert await official.tells("socket", "closed") == 4403
        assert await official.tells("socket", "connected")
        assert (await official.tells("feed", "next"))["data"]["vitalSigns"]["live"]
        served.live.sockets.go_down()
        assert await official.tells("socket", "closed") == 1012
        assert await official.tells("socket", "closed") == 1006  # 503, to a browser's eyes


async def test_a_limit_sends_it_to_try_again_and_then_lets_it_in(
    serve: Any, nurse: SignIn, quiet: Limits
) -> None:
    token = await nurse()
    async with (
        serve(limits=replace(quiet, sockets_of_user=1)) as served,
        client(served.url, token) as official,
    ):
        async with served.station(token):
            await official.ask(id="feed", query=FEED)
            assert await official.tells("socket", "closed") == 1013
        assert (await official.tells("feed", "next"))["data"]["vitalSigns"]["live"]
