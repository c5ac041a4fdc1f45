"""Round trips to PostgreSQL, counted on the wire between a pool and the server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit, urlunsplit

SYNC, QUERY = b"S"[0], b"Q"[0]
"""The messages of a client that the server answers, with which a round trip ends."""


class Wire:
    """A proxy before a server. `trips` are those of all connections since it was set to 0."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self.trips = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to the server and back."""
        to_reader, to_writer = await asyncio.open_connection(self._host, self._port)
        for way in (self._count(reader, to_writer), _carry(to_reader, writer)):
            task = asyncio.create_task(way)
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _count(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            started = False
            while True:
                # The first message has no kind; every other begins with one, then its length.
                kind = b"" if not started else await reader.readexactly(1)
                head = await reader.readexactly(4)
                rest = await reader.readexactly(int.from_bytes(head) - 4)
                # Before the start there may be a question for TLS, which is no start.
                started = started or rest[:4] != b"\x04\xd2\x16\x2f"
                if kind and kind[0] in (SYNC, QUERY):
                    self.trips += 1
                writer.write(kind + head + rest)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65_536):
            writer.write(data)
    except ConnectionError:
        pass
    finally:
        writer.close()


@asynccontextmanager
async def counted(database_url: str) -> AsyncIterator[tuple[str, Wire]]:
    """The URL of the database by way of a proxy, and the proxy."""
    parts = urlsplit(database_url)
    assert parts.hostname is not None
    assert parts.port is not None
    wire = Wire(parts.hostname, parts.port)
    server = await asyncio.start_server(wire.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    netloc = f"{parts.username}:{parts.password}@127.0.0.1:{port}"
    try:
        yield urlunsplit(parts._replace(netloc=netloc)), wire
    finally:
        server.close()
        for task in list(wire._tasks):
            task.cancel()
