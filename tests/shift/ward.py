"""A ward by a clock that can be moved: the server, the people, and a station that listens."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import websockets

from tests.first_light.api import Api, Person
from tests.first_light.process import OUR_SETTINGS, Server, free_port
from tests.patience import until

FEED = """subscription ($after: String) { criticalResults(after: $after) {
  cursor live resync
  events { cursor occurredAt kind criticalResult { id ward { code } } }
} }"""
DUE = """{ criticalResults(status: [OPEN], first: 500) { nodes { nextEscalationAt } } }"""
RENEWED = timedelta(minutes=12)
"""A client that was idle for longer signs in again before the server says so: it ends a session
after fifteen minutes."""


@asynccontextmanager
async def serving(folder: Path, clock: Path, **settings: str) -> AsyncIterator[Server]:
    """`wardline serve` by the clock in a file."""
    port = free_port()
    given = settings | {"PORT": str(port), "WARDLINE_HOME": str(folder / "home")}
    words = ("-m", "tests.faults.moved_clock", str(clock), "serve")
    output = folder / "output"
    process = await _started(words, given, output)
    server = Server(words, given, f"http://127.0.0.1:{port}", output, process)
    try:
        await server.ready()
        yield server
    finally:
        if process.returncode is None:
            await server.kill()


async def command(folder: Path, *words: str, **settings: str) -> None:
    """`wardline <words>`, to its end."""
    process = await _started(("-m", "app", *words), settings, folder / "command")
    assert await process.wait() == 0, (folder / "command").read_text()


async def _started(
    words: tuple[str, ...], settings: dict[str, str], output: Path
) -> asyncio.subprocess.Process:
    inherited = {
        name: text
        for name, text in os.environ.items()
        if not name.startswith("WARDLINE_") and name not in OUR_SETTINGS
    }
    with output.open("a") as file:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *words),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            env=inherited | settings,
            start_new_session=True,
        )


@dataclass
class Shift:
    """The hours of a ward. `began` is when they began, by the moved clock."""

    api: Api
    clock: Path
    began: datetime = field(default_factory=lambda: datetime.now(UTC))
    offset: timedelta = timedelta(0)
    _people: dict[str, tuple[Person, datetime]] = field(default_factory=dict)

    @property
    def now(self) -> datetime:
        return datetime.now(UTC) + self.offset

    def ago(self, **by: float) -> str:
        """A moment of the past, as DateTime takes it."""
        return (self.now - timedelta(**by)).isoformat()

    async def go_to(self, minute: float) -> None:
        """Move the clock to a minute of the shift, and let it do what is due by then."""
        self.offset += max(timedelta(0), self.began + timedelta(minutes=minute) - self.now)
        self.clock.write_text(str(self.offset.total_seconds()))
        await until(self._caught_up)

    async def _caught_up(self) -> bool:
        nurse = await self.person("charge")
        nodes = (await nurse.run(DUE))["criticalResults"]["nodes"]
        times = [node["nextEscalationAt"] for node in nodes if node["nextEscalationAt"]]
        return all(datetime.fromisoformat(at) > self.now for at in times)

    async def person(self, name: str) -> Person:
        """Somebody of the demo, signed in."""
        found = self._people.get(name)
        if found is None or self.now - found[1] > RENEWED:
            found = (await self.api.sign_in(name), self.now)
        self._people[name] = (found[0], self.now)
        return found[0]


class Listener:
    """A station with one feed, which signs in and comes back with its cursor whenever it is put
    out: the session ends, while the clock leaps on."""

    def __init__(self, url: str, api: Api, username: str) -> None:
        self._url, self._api, self._username = url, api, username
        self.first = ""
        """The cursor before everything that was heard."""
        self.cursor: str | None = None
        self.heard: list[dict[str, Any]] = []
        self.returns = -1
        self._live = asyncio.Event()

    async def listen(self) -> None:
        """Until cancelled."""
        while True:
            person = await self._api.sign_in(self._username)
            self.returns += 1
            try:
                async for message in messages(self._url, person.token, self.cursor):
                    self._take(message)
            except (websockets.ConnectionClosed, OSError):
                self._live.clear()

    async def ready(self) -> None:
        """Return once it is live."""
        await self._live.wait()

    def _take(self, message: dict[str, Any]) -> None:
        assert not message["resync"], "nothing that was missed may be gone"
        self.heard += message["events"]
        self.cursor = message["cursor"]
        self.first = self.first or message["cursor"]
        if message["live"]:
            self._live.set()


async def messages(url: str, token: str, after: str | None) -> AsyncIterator[dict[str, Any]]:
    """What a feed sends, by graphql-transport-ws."""
    protocols = [websockets.Subprotocol("graphql-transport-ws")]
    async with websockets.connect(url, subprotocols=protocols, close_timeout=1) as socket:
        hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(hello))
        assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        payload = {"query": FEED, "variables": {"after": after}}
        await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        async for text in socket:
            message = json.loads(text)
            if message["type"] == "ping":
                await socket.send('{"type": "pong"}')
            else:
                assert message["type"] == "next", message
                assert "errors" not in message["payload"], message
                yield message["payload"]["data"]["criticalResults"]


async def told_again(url: str, person: Person, after: str) -> list[dict[str, Any]]:
    """Every event since a cursor, as somebody who was away is told of them."""
    found: list[dict[str, Any]] = []
    async for message in messages(url, person.token, after):
        found += message["events"]
        if message["live"]:
            break
    return found


def client(server: Server) -> httpx.AsyncClient:
    """HTTP, and nothing of ours."""
    return httpx.AsyncClient(base_url=server.url, timeout=20)
