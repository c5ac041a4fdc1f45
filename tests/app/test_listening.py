"""The HTTP server as it goes down: who came just before is heard."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.cli import listening
from app.cli.listening import Listener, configuration
from app.settings import load_settings
from tests.patience import PATIENCE, until

REQUEST = b"GET / HTTP/1.1\r\nhost: here\r\n\r\n"


async def application(scope: Any, receive: Any, send: Any) -> None:
    """Answers ok."""
    if scope["type"] == "lifespan":
        while True:
            kind = (await receive())["type"]
            await send({"type": f"{kind}.complete"})
            if kind == "lifespan.shutdown":
                return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


@asynccontextmanager
async def listener() -> AsyncIterator[tuple[Listener, asyncio.Task[None], Any]]:
    """A server that takes connections, its task, and its address."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        server = Listener(configuration(load_settings(), application))
        serving = asyncio.create_task(server.serve(sockets=[bound]))
        await until(lambda: server.started)
        yield server, serving, bound.getsockname()
        server.should_exit = True
        await asyncio.wait_for(serving, PATIENCE)


async def test_who_has_just_connected_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "FIRST_REQUEST_WITHIN", PATIENCE)
    async with listener() as (server, serving, address):
        reader, writer = await asyncio.open_connection(*address)
        await until(lambda: server.server_state.connections)
        server.should_exit = True
        await nobody_else(address)
        assert not serving.done()
        writer.write(REQUEST)
        assert (await asyncio.wait_for(reader.read(), PATIENCE)).startswith(b"HTTP/1.1 200")
        await asyncio.wait_for(serving, PATIENCE / 2)
        writer.close()


async def test_who_says_nothing_is_not_waited_for() -> None:
    async with listener() as (server, serving, address):
        reader, writer = await asyncio.open_connection(*address)
        await until(lambda: server.server_state.connections)
        server.should_exit = True
        assert await asyncio.wait_for(reader.read(), PATIENCE) == b""
        await asyncio.wait_for(serving, PATIENCE)
        writer.close()


async def nobody_else(address: Any) -> None:
    """Return when connections are refused."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            _, writer = await asyncio.open_connection(*address)
        except ConnectionError:  # a reset, where the socket was closed while this one waited at it
            return
        writer.close()
        assert time.monotonic() < deadline, "it goes on taking connections"
        await asyncio.sleep(0.01)
