"""Counts the statements that a server sends to PostgreSQL, by standing between the two.

Of the protocol only the frontend's messages are read: Query and Execute are a statement each, and
Parse tells its text. https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

_HEAD = 5
"""A message's type, and its length, which counts itself and not the type."""
_SSL_REQUEST = (80877103).to_bytes(4)
"""What may come before the first message; like that it has no type."""


@dataclass
class Statements:
    """`url` is the database's as it is seen through here; `sent` tells when which text was."""

    url: str
    sent: list[tuple[float, str]] = field(default_factory=list)

    def between(self, began: float, ended: float) -> Counter[str]:
        """How often each text was executed, by `time.monotonic()`."""
        return Counter(text for at, text in self.sent if began <= at < ended)


@asynccontextmanager
async def counted(database_url: str) -> AsyncIterator[Statements]:
    """Stand before a database."""
    parts = urlsplit(database_url)
    assert parts.hostname
    assert parts.port
    found = Statements("")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            upstream = await asyncio.open_connection(parts.hostname, parts.port)
            await asyncio.gather(
                _forward(reader, upstream[1], Reader(found.sent)), _forward(upstream[0], writer)
            )

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    signed_in = parts.netloc.rpartition("@")[0]
    found.url = urlunsplit(parts._replace(netloc=f"{signed_in}@127.0.0.1:{port}"))
    try:
        yield found
    finally:
        server.close()


async def _forward(
    source: asyncio.StreamReader, target: asyncio.StreamWriter, reads: Reader | None = None
) -> None:
    with suppress(OSError):
        while data := await source.read(65_536):
            if reads is not None:
                reads.feed(data)
            target.write(data)
            await target.drain()
    target.close()


class Reader:
    """One connection's messages to the server, in whatever pieces they come."""

    def __init__(self, sent: list[tuple[float, str]]) -> None:
        self._sent = sent
        self._buffer = bytearray()
        self._started = False
        self._texts: dict[bytes, str] = {}
        self._bound = ""

    def feed(self, data: bytes) -> None:
        """Take what was sent."""
        self._buffer += data
        while True:
            head = _HEAD if self._started else _HEAD - 1
            if len(self._buffer) < head:
                return
            length = int.from_bytes(self._buffer[head - 4 : head]) + head - 4
            if len(self._buffer) < length:
                return
            if self._started:
                self._message(self._buffer[:1], bytes(self._buffer[_HEAD:length]))
            else:
                self._started = self._buffer[4:length] != _SSL_REQUEST
            del self._buffer[:length]

    def _message(self, kind: bytearray, body: bytes) -> None:
        if kind == b"P":
            name, text, _ = body.split(b"\0", 2)
            self._texts[name] = text.decode()
        elif kind == b"B":
            _, name, _ = body.split(b"\0", 2)
            self._bound = self._texts.get(name, "")
        elif kind == b"E":
            self._sent.append((time.monotonic(), self._bound))
        elif kind == b"Q":
            self._sent.append((time.monotonic(), body.rstrip(b"\0").decode()))
