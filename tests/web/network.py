"""What is between a browser and its server, which a test can break without telling either end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from urllib.parse import urlsplit

from tests.first_light.process import Server

CHUNK = 1 << 16


class Network:
    """Carries bytes from a port of its own. What was open when it broke, or was begun while it was
    broken, is lost for good, as to a laptop that has slept: nothing passes, nothing is closed."""

    def __init__(self, server: Server) -> None:
        self._there = urlsplit(server.url)
        self._breaks = 0
        self._whole = True
        self._carrying: set[asyncio.Task[None]] = set()
        self.url = ""

    def fail(self) -> None:
        """Nothing passes any more."""
        self._breaks += 1
        self._whole = False

    def mend(self) -> None:
        """New connections pass."""
        self._whole = True

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """A connection of the browser's."""
        task = asyncio.current_task()
        assert task is not None
        self._carrying.add(task)
        try:
            if not self._whole:
                await asyncio.Event().wait()
            born = self._breaks
            far_reader, far_writer = await asyncio.open_connection(
                self._there.hostname, self._there.port
            )
            try:
                async with asyncio.TaskGroup() as ways:
                    ways.create_task(self._carry(reader, far_writer, born))
                    ways.create_task(self._carry(far_reader, writer, born))
            finally:
                far_writer.transport.abort()
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self._carrying.discard(task)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, born: int
    ) -> None:
        with suppress(OSError):
            while data := await source.read(CHUNK):
                if born != self._breaks:
                    break
                sink.write(data)
                await sink.drain()
        if born != self._breaks:
            await asyncio.Event().wait()
        sink.close()

    def end(self) -> None:
        """Close whatever is open."""
        for task in self._carrying:
            task.cancel()


@asynccontextmanager
async def network(server: Server) -> AsyncIterator[Network]:
    """A way to the server by another port."""
    way = Network(server)
    async with await asyncio.start_server(way.meet, "127.0.0.1", 0) as listening:
        way.url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        yield way
        way.end()
