"""A nursing station: graphql-transport-ws over a plain WebSocket, as any client may speak it."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import websockets

from tests.patience import PATIENCE

CRITICAL = """subscription ($ward: String, $after: String) {
  criticalResults(ward: $ward, after: $after) {
    cursor live resync events { cursor kind criticalResult { id } }
  }
}"""
BEDS = """subscription ($ward: String, $after: String) {
  bedChanges(ward: $ward, after: $after) {
    cursor live resync events { cursor kind bed { id code status } }
  }
}"""
VITALS = """subscription ($ward: String, $patientId: ID, $after: String) {
  vitalSigns(ward: $ward, patientId: $patientId, after: $after) {
    cursor live resync events { cursor patient { id } vitals { id heartRate } }
  }
}"""


class Feed:
    """One subscription; keeps what it was sent."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.cursor = ""
        self.heard: list[dict[str, Any]] = []

    async def message(self, seconds: float = PATIENCE) -> dict[str, Any]:
        """The next message."""
        async with asyncio.timeout(seconds):
            payload = await self.incoming.get()
        assert "errors" not in payload, payload
        (message,) = payload["data"].values()
        self.cursor = message["cursor"]
        self.heard += message["events"]
        found: dict[str, Any] = message
        return found

    async def live(self) -> dict[str, Any]:
        """Read until the feed says that it is live; that message."""
        while True:
            message = await self.message()
            if message["live"]:
                return message

    async def until(self, count: int) -> list[dict[str, Any]]:
        """Read until so many events were heard in all; all of them."""
        while len(self.heard) < count:
            await self.message()
        return self.heard

    async def kinds_of(self, alarm: str, last: str) -> list[str]:
        """Read until `last` happened to a critical result; what it went through."""
        while True:
            kinds = [
                event["kind"] for event in self.heard if event["criticalResult"]["id"] == alarm
            ]
            if last in kinds:
                return kinds
            await self.message()

    def drain(self) -> list[dict[str, Any]]:
        """All events so far, also those that have come and were not read yet."""
        while not self.incoming.empty():
            payload = self.incoming.get_nowait()
            (message,) = payload["data"].values()
            self.heard += message["events"]
        return self.heard


class Station:
    """A socket that was let in. One reader gives each message to the feed that it is for."""

    def __init__(self, socket: websockets.ClientConnection) -> None:
        self._socket = socket
        self._feeds: dict[str, Feed] = {}
        self._numbers = itertools.count(1)
        self._reading = asyncio.create_task(self._read())

    async def subscribe(self, query: str, **variables: Any) -> Feed:
        """Begin an operation."""
        number = str(next(self._numbers))
        feed = self._feeds[number] = Feed()
        await self._send(
            type="subscribe", id=number, payload={"query": query, "variables": variables}
        )
        return feed

    async def feed(self, query: str, **variables: Any) -> Feed:
        """Begin a feed and read on until it is live."""
        feed = await self.subscribe(query, **variables)
        await feed.live()
        return feed

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """Run a query or a mutation over the socket; its whole answer."""
        feed = await self.subscribe(query, **variables)
        async with asyncio.timeout(PATIENCE):
            return await feed.incoming.get()

    async def closed(self, seconds: float = PATIENCE) -> int:
        """The code with which the server closed the socket."""
        async with asyncio.timeout(seconds):
            await self._socket.wait_closed()
        assert self._socket.close_code is not None
        return int(self._socket.close_code)

    async def drop(self) -> None:
        """Cut the connection, as a cable that is pulled out does: no close frame is sent."""
        self._socket.transport.abort()
        await self._reading

    async def _send(self, **message: Any) -> None:
        await self._socket.send(json.dumps(message))

    async def _read(self) -> None:
        try:
            async for text in self._socket:
                message = json.loads(text)
                if message["type"] == "ping":
                    await self._send(type="pong")
                elif message["type"] == "next":
                    self._feeds[message["id"]].incoming.put_nowait(message["payload"])
                elif message["type"] == "error":
                    payload = {"errors": message["payload"]}
                    self._feeds[message["id"]].incoming.put_nowait(payload)
        except websockets.ConnectionClosed:
            pass


@asynccontextmanager
async def station(url: str, token: str) -> AsyncIterator[Station]:
    """Open a socket at a server's `sockets` address, as the holder of `token`."""
    async with websockets.connect(
        url, subprotocols=[websockets.Subprotocol("graphql-transport-ws")], close_timeout=1
    ) as socket:
        hello = {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}
        await socket.send(json.dumps(hello))
        async with asyncio.timeout(PATIENCE):
            assert json.loads(await socket.recv()) == {"type": "connection_ack"}
        yield Station(socket)
