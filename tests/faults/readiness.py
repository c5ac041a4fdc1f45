"""What a server says of itself at /readyz."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx

from tests.first_light.process import Server

PATIENCE = 20.0


async def health(server: Server) -> dict[str, Any]:
    """The answer; that there is no bell makes nobody unready."""
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 200, "a silent bell makes nobody unready"
    found: dict[str, Any] = answer.json()
    return found


async def both(*servers: Server, bell: str, status: str) -> None:
    """Wait until each says so of itself."""
    deadline = time.monotonic() + PATIENCE
    for server in servers:
        while (found := await health(server))["bell"]["state"] != bell:
            assert time.monotonic() < deadline, f"the bell is {found['bell']['state']} still"
            await asyncio.sleep(0.05)
        assert found["status"] == status
