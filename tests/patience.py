"""Patience: how long a test waits for what must come."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE = 40.0
"""Seconds. Only a test that fails waits for as long; on a busy machine others need some of them."""


async def until(
    condition: Callable[[], object | Awaitable[object]], seconds: float = PATIENCE
) -> None:
    """Return as soon as a condition holds. Raises TimeoutError."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if await held if isinstance(held, Awaitable) else held:
                return
            await asyncio.sleep(0.01)
