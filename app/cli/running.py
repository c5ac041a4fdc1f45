"""Runs a command's coroutine so that every way to stop it lets it clean up after itself."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import uvloop

from app.correlation import CorrelationFilter
from resolvers.faults import stack_of

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def run(work: Callable[[], Awaitable[None]]) -> None:
    """Run `work` to its end. A signal cancels it: what it started is stopped, and
    KeyboardInterrupt is raised. A server takes the signals over while it serves (see listening)."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_cancellable(work))


async def _cancellable(work: Callable[[], Awaitable[None]]) -> None:
    loop = asyncio.get_running_loop()
    task = asyncio.current_task()
    assert task is not None
    for number in STOPPING:
        loop.add_signal_handler(number, task.cancel)
    try:
        await work()
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None


class Discreet(logging.Formatter):
    """Tells of an exception its class alone, after the message, and of an error also where it was.
    Its text may repeat values, and asyncpg warns with all of it for each connection that it tries
    while PostgreSQL is away."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, and the stack of an error."""
        error = record.exc_info[1] if record.exc_info else None
        plain = logging.makeLogRecord({**record.__dict__, "exc_info": None, "exc_text": None})
        line = super().format(plain)
        if error is None:
            return line
        line = f"{line}: {type(error).__qualname__}"
        return line if record.levelno < logging.ERROR else f"{line}\n{stack_of(error)}"


def write_logs(level: str, *, worker: int | None = None) -> None:
    """Logs go to stderr, a line each, which names the worker where there are several. uvicorn is
    kept to warnings, because its lines repeat the request's query string, in which a GET carries
    its variables."""
    who = "" if worker is None else f"worker-{worker} "
    written = f"%(asctime)s {who}%(levelname)s %(name)s [%(correlation)s] %(message)s"
    logging.basicConfig(level=level.upper())
    for handler in logging.getLogger().handlers:
        handler.setFormatter(Discreet(written))
        handler.addFilter(CorrelationFilter())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
