"""Tasks: how one is begun for nobody in particular, and ended for certain."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextvars import Context
from typing import Any


def begin(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """Begin a task that serves all. It must not carry the request id of who came first."""
    return asyncio.create_task(work, name=name, context=Context())


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel tasks until they are over.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which redis-py uses in every command,
    forgets a cancellation that comes in the same turn as its result, and the task goes on.
    """
    running = {task for task in tasks if task is not asyncio.current_task()}
    while running:
        for task in running:
            task.cancel()
        over, running = await asyncio.wait(running, timeout=0.1)
        for task in over:
            if not task.cancelled():
                task.exception()  # seen: what it was about is over
