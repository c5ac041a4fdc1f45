"""The port and the HTTP server on it."""

from __future__ import annotations

import asyncio
import errno
import socket
import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import uvicorn

from app.cli.mistakes import Mistake
from app.cli.running import STOPPING
from app.settings import Settings

FIRST_REQUEST_WITHIN = 0.5
"""Seconds that a client has to send its request, when it came just before we took nobody else in.
uvicorn closes its connection at once, and a mutation that was on its way might have been done for
all that the client, or a proxy, can know."""


class Listener(uvicorn.Server):
    """uvicorn, whose own handlers end the process by the signal once it has served: before the
    embedded servers could be stopped. Here a signal ends the serving. A second one changes
    nothing: open requests have ten seconds, and cutting those short would skip the application's
    own end."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody else in, hear who came last, and end."""
        for server in self.servers:
            server.close()
        deadline = time.monotonic() + FIRST_REQUEST_WITHIN
        while self._has_newcomers() and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        await super().shutdown(sockets)

    def _has_newcomers(self) -> bool:
        """Whether somebody has connected and asked for nothing yet. `cycle` is the request, of a
        connection that is no WebSocket."""
        return any(getattr(one, "cycle", one) is None for one in self.server_state.connections)

    @contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        loop = asyncio.get_running_loop()
        for number in STOPPING:
            loop.add_signal_handler(number, self._stop)
        yield
        # From here on the command stops by itself; another signal must not cut that short.
        for number in STOPPING:
            loop.add_signal_handler(number, lambda: None)

    def _stop(self) -> None:
        self.should_exit = True


def listen(settings: Settings) -> socket.socket:
    """Take the port, before anything is started. Raises Mistake when somebody else has it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except socket.gaierror:
        raise Mistake(f"HOST: {settings.host} is not an address of this machine") from None
    except PermissionError:
        raise Mistake(f"PORT: {settings.port} needs more rights; take one above 1023") from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Mistake(
                f"port {settings.port} is in use; stop what runs there, or set PORT to another one"
            ) from None
        raise Mistake(f"HOST: can not listen on {settings.host}: {error.strerror}") from None


def configuration(settings: Settings, application: Any) -> uvicorn.Config:
    """How uvicorn serves the application."""
    return uvicorn.Config(
        application,
        http="app.http_protocol:HttpProtocol",
        ws="subscriptions.wire:WireProtocol",
        ws_max_size=settings.limit_socket_message_bytes,
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # the sockets ask by themselves
        timeout_graceful_shutdown=10,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
    )


async def answer(settings: Settings, listener: socket.socket) -> None:
    """Serve the application on `listener` until a signal. Raises Mistake when it does not start."""
    from app.asgi import create

    server = Listener(configuration(settings, create(settings)))
    try:
        await server.serve(sockets=[listener])
    except SystemExit:
        raise Mistake("the application did not start; the lines above say why") from None


def address(settings: Settings) -> str:
    """The address to type into a browser on this machine."""
    here = settings.host in {"127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104
    host = "localhost" if here else settings.host
    return f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
