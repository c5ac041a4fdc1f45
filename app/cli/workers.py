"""The supervisor of `wardline serve --workers N`: it holds the port, and keeps N workers on it.

SIGTERM and SIGINT end all, each of which drains. SIGHUP replaces one worker after the other, each
once the new one serves; in a terminal it ends all, because there it says that the terminal is gone.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import sys
from typing import Any

from app.cli.mistakes import Mistake
from app.cli.places import Address, Place
from app.settings import Settings

_LOG = logging.getLogger("wardline.workers")


class Supervisor:
    """Keeps `count` workers at `address`."""

    def __init__(self, address: Address, count: int, settings: dict[str, Any]) -> None:
        self._places = [Place(number, address, settings) for number in range(1, count + 1)]
        self._ending = asyncio.Event()
        self._renewing: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until a signal. Raises Mistake when a worker does not start at all."""
        self._take_signals()
        work: list[asyncio.Task[Any]] = [
            asyncio.create_task(self._ending.wait()),
            asyncio.create_task(self._look()),
            *(asyncio.create_task(place.keep()) for place in self._places),
        ]
        try:
            await asyncio.wait(work, return_when=asyncio.FIRST_COMPLETED)
            failed = [task for task in work if task.done() and task.exception() is not None]
        finally:
            if self._renewing is not None:
                work.append(self._renewing)
            for task in work:
                task.cancel()
            await asyncio.gather(*work, return_exceptions=True)
            await asyncio.gather(*(place.stop() for place in self._places))
        for task in failed:
            error = task.exception()
            if isinstance(error, ChildProcessError):
                raise Mistake("a worker did not start; the lines above say why")
            assert error is not None
            raise error

    def _take_signals(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._ending.set)
        of_terminal = sys.stdin is not None and sys.stdin.isatty()
        loop.add_signal_handler(signal.SIGHUP, self._ending.set if of_terminal else self._renew)

    def _renew(self) -> None:
        if self._renewing is None or self._renewing.done():
            self._renewing = asyncio.create_task(self._replace_all(), name="rolling restart")
        else:
            _LOG.warning("the workers are being replaced already")

    async def _replace_all(self) -> None:
        for place in self._places:
            if not await place.replace():
                _LOG.error("the other workers stay as they are")
                return
        _LOG.info("all workers have been replaced")

    async def _look(self) -> None:
        while True:
            await asyncio.sleep(1)
            for place in self._places:
                place.look()


async def supervise(settings: Settings, listener: socket.socket) -> None:
    """Serve by `settings.workers` processes on the port of `listener` (app/cli/listening), which is
    closed: it has shown that nobody else is there. Raises Mistake."""
    address = (listener.family, listener.getsockname())
    listener.close()
    assert settings.database_url is not None
    assert settings.redis_url is not None
    chosen = {
        "database_url": settings.database_url.get_secret_value(),
        "redis_url": settings.redis_url.get_secret_value(),
    }
    await Supervisor(address, settings.workers, chosen).run()
