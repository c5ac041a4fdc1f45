"""A worker of `wardline serve --workers`: a whole application of its own, in a process of its own.

`app/cli/worker_process.py` starts it, and tells it on its standard input, in a line of JSON, which
settings the supervisor chose: nothing secret is on a command line. When that input ends, the
supervisor is gone, and the worker drains as by SIGTERM.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import socket
import sys
from contextlib import suppress

import uvicorn

from app.cli.listening import Listener, configuration
from app.cli.mistakes import Mistake, explain
from app.cli.running import run, write_logs
from app.cli.worker_process import ALIVE, LEAVING, READY
from app.settings import Settings, load_settings


class Worker(Listener):
    """uvicorn, which tells the supervisor how it is."""

    def __init__(self, config: uvicorn.Config, news: int) -> None:
        super().__init__(config)
        self._news = news

    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        loop = asyncio.get_running_loop()
        loop.add_reader(sys.stdin.fileno(), self._listen_for_the_end, loop)
        await super()._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to serve, and say so."""
        await super().startup(sockets)
        self._tell(READY)

    async def on_tick(self, counter: int) -> bool:
        """Ten times a second: whether to end."""
        if counter % 10 == 0:
            self._tell(ALIVE)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take nobody else in, and end in order."""
        self._tell(LEAVING)
        await super().shutdown(sockets)

    def _listen_for_the_end(self, loop: asyncio.AbstractEventLoop) -> None:
        if not os.read(sys.stdin.fileno(), 1024):
            loop.remove_reader(sys.stdin.fileno())
            logging.getLogger("wardline").warning("the supervisor is gone; stopping")
            self._stop()

    def _tell(self, what: bytes) -> None:
        # Nobody reads: the supervisor is gone or halted. That is told by the other pipe.
        with suppress(BrokenPipeError, BlockingIOError):
            os.write(self._news, what)


async def _answer(
    settings: Settings, listener: socket.socket, news: int, number: int | None
) -> None:
    from app.asgi import create

    worker = Worker(configuration(settings, create(settings, worker=number)), news)
    try:
        await worker.serve(sockets=[listener])
    except SystemExit:
        raise Mistake("the application did not start; the lines above say why") from None


def main() -> None:
    """Serve on a socket that is bound; 0 when it was asked to end, 1 when it could not begin."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--number", type=int)
    parser.add_argument("--listener", type=int)
    parser.add_argument("--news", type=int)
    given = parser.parse_args()
    os.set_blocking(given.news, False)
    try:
        settings = load_settings(simulator=False, **json.loads(sys.stdin.readline()))
        write_logs(settings.log_level, worker=given.number)
        listener = socket.socket(fileno=given.listener)
        run(lambda: _answer(settings, listener, given.news, given.number))
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 (as of a command: a line, and nobody's data)
        print(f"wardline: worker {given.number}: {explain(error)}", file=sys.stderr)  # noqa: T201
        sys.exit(1)


if __name__ == "__main__":
    main()
