"""A wire that can be pulled out: a TCP proxy between the clients and a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.first_light.process import free_port

NORMAL_CLOSURE = b"\x88\x02" + (1000).to_bytes(2, "big")
"""A frame that closes, as a server sends it."""


class Wire:
    """Every connection through it ends in the server's port, while it is `whole`."""

    def __init__(self, port: int) -> None:
        self.to = port
        self.port = free_port()
        self.whole = True
        self.begun = 0
        """How many connections there have been."""
        self._open: set[asyncio.StreamWriter] = set()
        self._sockets: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def pull(self) -> int:
        """Cut all that is open, and let nobody through; how many connections there were."""
        self.whole = False
        for writer in self._open:
            writer.transport.abort()
        return len(self._open)

    def mend(self) -> None:
        self.whole = True

    def end_normally(self) -> int:
        """Close every WebSocket with 1000, as a proxy may; how many there were."""
        for writer in self._sockets:
            writer.write(NORMAL_CLOSURE)
        return len(self._sockets)

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        there: asyncio.StreamWriter | None = None
        self._open.add(writer)
        self.begun += 1
        try:
            if not self.whole:
                return
            back, there = await asyncio.open_connection("127.0.0.1", self.to)
            ways = [
                asyncio.create_task(_copy(reader, there)),
                asyncio.create_task(self._answer(back, writer)),
            ]
            try:
                await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for way in ways:
                    way.cancel()
        except OSError:
            pass  # there is no server now
        finally:
            self._open.discard(writer)
            self._sockets.discard(writer)
            for end in (writer, there):
                if end is not None:
                    end.close()

    async def _answer(self, back: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError):
            head = await back.readuntil(b"\r\n\r\n")
            writer.write(head)
            if head.startswith(b"HTTP/1.1 101 "):
                self._sockets.add(writer)
        await _copy(back, writer)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await reader.read(65_536):
            writer.write(chunk)
            await writer.drain()


@asynccontextmanager
async def wire_to(port: int) -> AsyncIterator[Wire]:
    """A wire to a port of this machine."""
    wire = Wire(port)
    server = await asyncio.start_server(wire.carry, "127.0.0.1", wire.port)
    try:
        yield wire
    finally:
        server.close()
        wire.pull()
