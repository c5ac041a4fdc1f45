"""EventSource: a client of event streams by the letter of the HTML standard, over a bare socket.

https://html.spec.whatwg.org/multipage/server-sent-events.html, sections 9.2.5 and 9.2.6.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from subscriptions import log
from tests.patience import PATIENCE

FEED = (
    "subscription {{ vitalSigns{given} {{ cursor live resync"
    " events {{ cursor patient {{ mrn {more} }} }} }} }}"
)


def feed(*, more: str = "", **arguments: str) -> str:
    """A subscription to the vital signs."""
    given = ", ".join(f"{name}: {json.dumps(value)}" for name, value in arguments.items())
    return FEED.format(given=f"({given})" if given else "", more=more)


@dataclass
class Event:
    """One that was dispatched."""

    type: str
    data: str
    last_id: str

    @property
    def result(self) -> Any:
        """The ExecutionResult in it."""
        return json.loads(self.data)

    @property
    def feed(self) -> Any:
        """The feed's payload in it; its events have their position."""
        (found,) = self.result["data"].values()
        for event in found["events"]:
            event["position"] = log.decode(event["cursor"]).position  # type: ignore[union-attr]
        return found


@dataclass
class Reader:
    """The interpretation of a stream, line by line."""

    last_id: str = ""
    retry: int | None = None
    comments: int = 0
    _data: list[str] = field(default_factory=list)
    _type: str = ""
    _id: str = ""

    def line(self, line: str) -> Event | None:
        if line.startswith(":"):
            self.comments += 1
        elif line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "event":
                    self._type = value
                case "data":
                    self._data.append(value)
                case "id" if "\0" not in value:
                    self._id = value
                case "retry" if value.isdigit():
                    self.retry = int(value)
        else:
            self.last_id = self._id
            data, type_ = self._data, self._type or "message"
            self._data, self._type = [], ""
            if data:
                return Event(type_, "\n".join(data), self.last_id)
        return None


class EventStream:
    """One connection: its status, its headers, and what comes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, known: Reader
    ) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.known = known
        self._reader = reader
        self._writer = writer
        self._lines: list[str] = []
        self._rest = b""
        self._over = False

    async def head(self) -> None:
        text = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = text.strip().split("\r\n")
        self.status = int(first.split(" ")[1])
        self.headers = {
            name.lower(): value.strip() for name, _, value in (one.partition(":") for one in lines)
        }

    async def body(self) -> bytes:
        """All of a body whose length is told."""
        async with asyncio.timeout(PATIENCE):
            return await self._reader.readexactly(int(self.headers["content-length"]))

    async def event(self, seconds: float = PATIENCE) -> Event | None:
        """The next event; None: the stream has ended in order. What is cut raises."""
        async with asyncio.timeout(seconds):
            while True:
                while self._lines:
                    event = self.known.line(self._lines.pop(0))
                    if event is not None:
                        return event
                if self._over:
                    return None
                chunk = await self._chunk()
                self._over = not chunk
                *lines, self._rest = (self._rest + chunk).split(b"\n")
                self._lines += [line.decode() for line in lines]

    async def feed(self, seconds: float = PATIENCE) -> Any:
        """The next message of a feed."""
        event = await self.event(seconds)
        assert event is not None
        assert event.type == "next"
        assert event.last_id == event.feed["cursor"]
        return event.feed

    async def events(self, count: int, seconds: float = PATIENCE) -> list[Any]:
        """So many events of a feed, however they are spread over messages."""
        found: list[Any] = []
        while len(found) < count:
            found += (await self.feed(seconds))["events"]
        return found

    async def end(self, seconds: float = PATIENCE) -> list[Event]:
        """What comes until the stream has ended in order."""
        found = []
        while (event := await self.event(seconds)) is not None:
            found.append(event)
        return found

    async def _chunk(self) -> bytes:
        if (length := int(self.headers.pop("content-length", "0"))) > 0:
            return await self._reader.readexactly(length)
        if "transfer-encoding" not in self.headers:
            return b""
        size = int(await self._reader.readuntil(b"\r\n"), 16)
        chunk = await self._reader.readexactly(size + 2)
        assert chunk.endswith(b"\r\n")
        return chunk[:-2]


@asynccontextmanager
async def opened(
    url: str,
    query: str = "",
    *,
    token: str | None = None,
    post: dict[str, Any] | None = None,
    known: Reader | None = None,
    connection: socket.socket | None = None,
    **headers: str,
) -> AsyncIterator[EventStream]:
    """A stream of a GET, or of a POST of `post`. `known` is what the client knew before: with its
    last id it says where it was. Words of a header's name are parted by `_`."""
    place = urlsplit(url)
    sent = {"accept": "text/event-stream", **{k.replace("_", "-"): v for k, v in headers.items()}}
    known = known or Reader()
    if token is not None:
        sent["authorization"] = f"Bearer {token}"
    if known.last_id:
        sent["last-event-id"] = known.last_id
    body = b""
    target = f"{place.path}?query={quote(query)}" if query else place.path
    if post is not None:
        body = json.dumps(post).encode()
        sent |= {"content-type": "application/json", "content-length": str(len(body))}
    lines = [f"{'GET' if post is None else 'POST'} {target} HTTP/1.1", f"host: {place.netloc}"]
    lines += [f"{name}: {value}" for name, value in sent.items()]
    if connection is None:
        where: dict[str, Any] = {"host": place.hostname, "port": place.port}
    else:
        await asyncio.get_running_loop().sock_connect(connection, (place.hostname, place.port))
        where = {"sock": connection}
    reader, writer = await asyncio.open_connection(limit=2**22, **where)
    try:
        writer.write("\r\n".join([*lines, "", ""]).encode("latin-1") + body)
        stream = EventStream(reader, writer, known)
        async with asyncio.timeout(PATIENCE):
            await stream.head()
        yield stream
    finally:
        writer.close()


@asynccontextmanager
async def live(served: Any, token: str, **given: Any) -> AsyncIterator[EventStream]:
    """A stream of vital signs that has said that it is live."""
    async with opened(served.http, feed(), token=token, **given) as stream:
        assert (await stream.feed())["live"]
        yield stream
