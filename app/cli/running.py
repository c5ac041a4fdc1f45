"""Runs a command's coroutine so that every way to stop it lets it clean up after itself."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable

import uvloop

from app.correlation import CorrelationFilter

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


def write_logs(level: str, *, worker: int | None = None) -> None:
    """Logs go to stderr, a line each, which names the worker where there are several. uvicorn is
    kept to warnings, because its lines repeat the request's query string, in which a GET carries
    its variables."""
    who = "" if worker is None else f"worker-{worker} "
    logging.basicConfig(
        level=level.upper(),
        format=f"%(asctime)s {who}%(levelname)s %(name)s [%(correlation)s] %(message)s",
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(CorrelationFilter())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "alembic"):
        logging.getLogger(name).setLevel(logging.WARNING)
