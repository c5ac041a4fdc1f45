"""Station: a client of the live channel that speaks graphql-transport-ws by hand."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import websockets

from subscriptions import log
from tests.patience import PATIENCE

SELECTIONS = {
    "vitalSigns": "events { cursor patient { mrn } }",
    "chartChanges": "events { cursor kind patient { mrn } }",
    "bedChanges": "events { cursor kind bed { code } }",
    "criticalResults": "events { cursor kind criticalResult { id } }",
}
HEAVY = " ".join(f"a{number}: address" for number in range(50))
"""An event's patient with 100 kB of address."""


class Station:
    """A client that remembers what it was sent."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def init(self, token: str) -> None:
        payload = {"authorization": f"Bearer {token}"}
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(
        self,
        key: str = "1",
        *,
        field: str = "vitalSigns",
        heavy: bool = False,
        **arguments: str | None,
    ) -> None:
        given = ", ".join(f"{n}: {json.dumps(v)}" for n, v in arguments.items() if v is not None)
        call = f"{field}({given})" if given else field
        events = SELECTIONS[field].replace("mrn", f"mrn {HEAVY}" if heavy else "mrn")
        await self.run(f"subscription {{ {call} {{ cursor live resync {events} }} }}", key)

    async def run(self, query: str, key: str = "1") -> None:
        await self.send(type="subscribe", id=key, payload={"query": query})

    async def receive(self, seconds: float = PATIENCE) -> Any:
        """The next message; a ping, which comes when a busy machine lets us be silent for long, is
        answered."""
        async with asyncio.timeout(seconds):
            while (message := await self.anything()) == {"type": "ping"}:
                await self.send(type="pong")
            return message

    async def anything(self) -> Any:
        """The next message, whatever it is."""
        return json.loads(await self.connection.recv())

    async def feed(self, key: str = "1", seconds: float = PATIENCE) -> Any:
        """The next message of a feed."""
        message = await self.receive(seconds)
        assert message["type"] == "next", message
        assert message["id"] == key
        return self.opened(message)

    async def events(self, count: int, key: str = "1", seconds: float = PATIENCE) -> list[Any]:
        """So many events, however they are spread over messages."""
        found: list[Any] = []
        while len(found) < count:
            found += (await self.feed(key, seconds))["events"]
        return found

    @staticmethod
    def opened(message: Any) -> Any:
        """The feed in a message; its events also have their `position`."""
        (feed,) = message["payload"]["data"].values()
        for event in feed["events"]:
            event["position"] = log.decode(event["cursor"]).position  # type: ignore[union-attr]
            event["mrn"] = (event.get("patient") or {}).get("mrn")
        return feed

    async def closed(self, seconds: float = PATIENCE) -> int:
        """The code with which the server closes; what comes before is dropped."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    await self.connection.recv()
            except websockets.ConnectionClosed:
                return int(self.connection.close_code)
