"""What the shift is given: the demo hospital of first light, where repeats join, and a Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest_asyncio

from tests.conftest import Addresses, clones
from tests.first_light.hospital import demo_template

__all__ = ["demo_template", "demo_url"]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo_url(addresses: Addresses, demo_template: str) -> AsyncIterator[str]:
    """A demo hospital of the module's own, with the windows of repeats that ship."""
    async with clones(addresses, demo_template) as fresh:
        url = await fresh()
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("UPDATE critical_rules SET repeat_window = DEFAULT")
        finally:
            await connection.close()
        yield url
