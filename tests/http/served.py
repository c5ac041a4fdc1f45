"""The application behind uvicorn as `wardline serve` has it, on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from app import asgi
from app.cli.listening import configuration
from app.settings import load_settings


class Server(uvicorn.Server):
    """uvicorn, which leaves the signals of the test's process alone."""

    async def serve(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve until told to stop."""
        await self._serve(sockets)


@asynccontextmanager
async def served(**given: Any) -> AsyncIterator[str]:
    """The address, http://127.0.0.1:<port>, of a server that stops at the end."""
    settings = load_settings(simulator=False, **given)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        server = Server(configuration(settings, asgi.create(settings)))
        task = asyncio.create_task(server.serve([listener]))
        async with asyncio.timeout(20):
            while not server.started and not task.done():
                await asyncio.sleep(0.01)
        if task.done():
            await task
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def sent(address: str, request: bytes) -> bytes:
    """What comes back, to the end of the connection, for bytes that no HTTP library would send."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        async with asyncio.timeout(10):
            writer.write(request)
            await writer.drain()
            return await reader.read()
    except ConnectionResetError:
        return b""
    finally:
        writer.close()
