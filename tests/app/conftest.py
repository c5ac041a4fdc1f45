"""What the tests of the app share: the command, ready to be run."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.app.commands import Commands, ready


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wardline() -> AsyncIterator[Commands]:
    """`await wardline.run("check", environment=…)`."""
    async with ready() as commands:
        yield commands
