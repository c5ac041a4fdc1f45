"""The official client of event streams, npm `graphql-sse`, run by node against the real server."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from subscriptions import log
from subscriptions.limits import Limits
from tests.patience import PATIENCE, until
from tests.subscriptions.event_source import feed

SignIn = Callable[[], Awaitable[str]]
ROOT = Path(__file__).resolve().parents[2]


class Client:
    """The client's process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.heard: dict[str, list[Any]] = {}

    async def ask(self, id_: str, query: str | None) -> None:
        """Begin an operation; None: end it."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"id": id_, "query": query}).encode() + b"\n")
        await self.process.stdin.drain()

    async def tells(self, id_: str, what: str, seconds: float = PATIENCE) -> Any:
        """The next time that it tells this of an operation; what comes before is passed over."""
        assert self.process.stdout is not None
        async with asyncio.timeout(seconds):
            while True:
                waiting = self.heard.setdefault(id_, [])
                while waiting:
                    told = waiting.pop(0)
                    assert what == "error" or "error" not in told, told
                    if what in told:
                        return told if what == "error" else told[what]
                told = json.loads(await self.process.stdout.readline())
                self.heard.setdefault(told["id"], []).append(told)

    async def events(self, id_: str, count: int) -> list[int]:
        """The positions of so many events of a feed."""
        found: list[int] = []
        while len(found) < count:
            (feed,) = (await self.tells(id_, "next"))["data"].values()
            found += [log.decode(event["cursor"]).position for event in feed["events"]]  # type: ignore[union-attr]
        return found


@asynccontextmanager
async def client(url: str, token: str) -> AsyncIterator[Client]:
    own = ROOT / ".venv" / "node" / "node"
    node = shutil.which("node") or (str(own) if own.exists() else None)
    if node is None:
        pytest.skip("no node on this machine, and not the wheel's either (make web installs it)")
    if not (ROOT / "web" / "node_modules" / "graphql-sse").is_dir():
        pytest.skip("web/node_modules has no graphql-sse (make web installs it)")
    process = await asyncio.create_subprocess_exec(
        node,
        Path(__file__).with_name("event_streams.mjs"),
        ROOT / "web" / "node_modules" / "graphql-sse",
        url,
        token,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield Client(process)
    finally:
        process.kill()
        await process.wait()


async def test_the_official_client(serve: Any, hospital: Any, nurse: SignIn, quiet: Limits) -> None:
    token = await nurse()
    async with serve(limits=quiet) as served, client(served.http, token) as official:
        await official.ask("query", "{ viewer { username } }")
        assert (await official.tells("query", "next"))["data"]["viewer"]
        assert await official.tells("query", "complete")

        await official.ask("bad", "subscription { nothing }")
        (error,) = (await official.tells("bad", "next"))["errors"]
        assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
        assert await official.tells("bad", "complete")

        await official.ask("feed", feed(ward="MED1"))
        assert (await official.tells("feed", "next"))["data"]["vitalSigns"]["live"]
        await official.ask("other", feed())
        await official.tells("other", "next")
        await hospital.write(times=3)
        served.live.bell.ring(hospital.id)
        assert await official.events("feed", 3) == await official.events("other", 3) == [1, 2, 3]

        # Its connections are cut, and events arrive before it is back.
        for connection in tuple(served.server.server_state.connections):
            connection.below.abort()
        await hospital.write(times=2)
        assert await official.tells("feed", "connected") is True
        assert await official.events("feed", 2) == [4, 5]

        await official.ask("other", None)
        await until(lambda: len(served.live.streams) == 1)
        await hospital.sign_out(token)
        # It comes back, is told that it is nobody, and gives up in the end.
        assert (await official.tells("feed", "error"))["status"] == 401
