"""Stations: a process of screens that speak graphql-transport-ws, drop, come back with their
cursors, and write down everything that they were shown.

Specification: `{journal, stations: [{name, url, token, feeds: [{feed, ward}], drops, deaf, pause,
cursors}]}`. `drops` is how long a station stays at most before it cuts its own connection (0: it
never does); `deaf` ones read nothing any more after the command; one that comes back waits before
for a part, by chance, of `pause`, which doubles up to 2 s; `cursors` are those that it begins with,
by number of the feed. On stdin: `deaf`; `cut` drops every connection at once, and nobody gets
through until `mend`; the end of stdin ends it.

Lines: for a message `{station, feed, at, cursor, live, resync, events}`, each of its events as
`[cursor, kind, id, occurredAt]`; and `{station, at, what}`, which is `up` when all of its feeds are
live, with the port that it has, and `lost`, with its close code.
"""

from __future__ import annotations

import asyncio
import json
import random
import socket
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import uvloop
import websockets

from tests.faults.witness.journal import Journal, commands, specification

SELECTIONS = {
    "criticalResults": "criticalResult { id }",
    "bedChanges": "bed { id }",
    "vitalSigns": "vitals { id }",
}
SUBJECT = {"criticalResults": "criticalResult", "bedChanges": "bed", "vitalSigns": "vitals"}
LONGEST_PAUSE = 2.0
OPENED_WITHIN = 20.0


def subscription(feed: str) -> str:
    """The document of a feed."""
    kind = "" if feed == "vitalSigns" else "kind "
    return (
        f"subscription ($ward: String, $after: String) {{ {feed}(ward: $ward, after: $after) "
        f"{{ cursor live resync events {{ cursor occurredAt {kind}{SELECTIONS[feed]} }} }} }}"
    )


@dataclass
class Station:
    """One screen with its feeds, on one socket at a time; `passable` while there is a network."""

    name: str
    url: str
    token: str
    feeds: list[dict[str, Any]]
    journal: Journal
    passable: asyncio.Event
    drops: float = 0.0
    deaf: bool = False
    pause: float = 0.5
    cursors: dict[str, str] = field(default_factory=dict)
    socket: websockets.ClientConnection | None = None

    async def work(self) -> None:
        """Come back for ever."""
        failures = 0
        while True:
            try:
                await self._sit()
                failures = 0
                code: int | str = 0
            except websockets.ConnectionClosed as closed:
                code = 1006 if closed.rcvd is None else closed.rcvd.code
            except (OSError, EOFError, TimeoutError, websockets.WebSocketException) as error:
                code = type(error).__name__
            finally:
                was, self.socket = self.socket, None
            if was is None:
                failures += 1  # it did not get in
            else:
                self.journal.note(station=self.name, at=time.monotonic(), what="lost", code=code)
                failures = 0
            ceiling = max(self.pause, min(LONGEST_PAUSE, self.pause * 2**failures))
            await self.passable.wait()
            await asyncio.sleep(random.uniform(0, ceiling))

    async def _sit(self) -> None:
        """Be connected until that ends."""
        # TCP's window of a deaf station is small, as it is with a machine that has little memory.
        given: dict[str, Any] = {}
        if self.deaf:
            given["sock"] = await self._narrow()
        async with asyncio.timeout(OPENED_WITHIN) as opening:
            async with websockets.connect(
                self.url,
                subprotocols=[websockets.Subprotocol("graphql-transport-ws")],
                compression=None,
                open_timeout=OPENED_WITHIN,
                close_timeout=0.2,
                ping_interval=None,
                **given,
            ) as connection:
                await self._say(
                    connection,
                    type="connection_init",
                    payload={"authorization": f"Bearer {self.token}"},
                )
                while json.loads(await connection.recv())["type"] != "connection_ack":
                    pass
                self.socket = connection
                for number, one in enumerate(self.feeds):
                    variables = {"ward": one["ward"], "after": self.cursors.get(str(number))}
                    await self._say(
                        connection,
                        type="subscribe",
                        id=str(number),
                        payload={"query": subscription(one["feed"]), "variables": variables},
                    )
                opening.reschedule(None)
                await self._listen(connection)

    async def _narrow(self) -> socket.socket:
        opened = socket.socket()
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = self.url.split("/")[2].partition(":")
        await asyncio.get_running_loop().sock_connect(opened, (host, int(port)))
        return opened

    async def _listen(self, connection: websockets.ClientConnection) -> None:
        waiting = {str(number) for number in range(len(self.feeds))}
        until = time.monotonic() + random.uniform(self.drops / 4, self.drops or 1e9)
        while True:
            text = await self._recv(connection, until)
            if text is None:
                connection.transport.abort()
                raise websockets.ConnectionClosedError(None, None)
            message = json.loads(text)
            if message["type"] == "ping":
                await self._say(connection, type="pong")
            elif message["type"] == "next":
                self._note(message["id"], message["payload"])
                live = next(iter(message["payload"]["data"].values()))["live"]
                if live and message["id"] in waiting:
                    waiting.discard(message["id"])
                    if not waiting:
                        port = connection.local_address[1]
                        self.journal.note(
                            station=self.name, at=time.monotonic(), what="up", port=port
                        )
            elif message["type"] in {"error", "complete"}:
                self.journal.note(
                    station=self.name,
                    at=time.monotonic(),
                    what="refused",
                    feed=message["id"],
                    errors=message.get("payload"),
                )

    async def _recv(self, connection: websockets.ClientConnection, until: float) -> Any:
        if not self.drops:
            return await connection.recv()
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, until - time.monotonic())):
                return await connection.recv()
        return None

    def _note(self, number: str, payload: dict[str, Any]) -> None:
        if "errors" in payload:
            self.journal.note(
                station=self.name, at=time.monotonic(), what="errors", errors=payload["errors"]
            )
            return
        (message,) = payload["data"].values()
        self.cursors[number] = message["cursor"]
        subject = SUBJECT[self.feeds[int(number)]["feed"]]
        self.journal.note(
            station=self.name,
            feed=number,
            at=time.monotonic(),
            cursor=message["cursor"],
            live=message["live"],
            resync=message["resync"],
            events=[
                [
                    event["cursor"],
                    event.get("kind", "RECORDED"),
                    event[subject]["id"],
                    event["occurredAt"],
                ]
                for event in message["events"]
            ],
        )

    async def _say(self, connection: websockets.ClientConnection, **message: Any) -> None:
        await connection.send(json.dumps(message))


async def main() -> None:
    """Sit until stdin ends."""
    spec = specification()
    journal = Journal(spec["journal"])
    passable = asyncio.Event()
    passable.set()
    stations = [Station(**one, journal=journal, passable=passable) for one in spec["stations"]]
    working = [asyncio.create_task(station.work()) for station in stations]
    async for word in commands():
        if word == "mend":
            passable.set()
        elif word == "deaf":
            for station in stations:
                if station.deaf and station.socket is not None:
                    station.socket.transport.pause_reading()
        elif word == "cut":
            passable.clear()
            for station in stations:
                if station.socket is not None:
                    station.socket.transport.abort()
    for task in working:
        task.cancel()
    for ended in await asyncio.gather(*working, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


if __name__ == "__main__":
    uvloop.run(main())
