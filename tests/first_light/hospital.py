"""The demo hospital for tests from outside: loaded once a worker, then copied for each of them.

The conftest files of the folders that need it import these fixtures.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import httpx
import pytest
import pytest_asyncio

from tests.conftest import Addresses, clones
from tests.first_light.api import Api
from tests.first_light.process import Server, serving

BUILT = Path(__file__).resolve().parents[2] / "web" / "dist"
_LOADED: dict[str, str] = {}
"""The demo's database by the server's URL: each folder's conftest has a fixture of its own."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def demo_template(
    addresses: Addresses, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[str]:
    """The name of a database that `wardline dev --quiet` has filled; nobody is connected to it.
    Every critical result sounds in it: tests send one to the same patient again and again, and
    mean another each time. tests/shift is where repeats join."""
    if addresses.database_url in _LOADED:
        yield _LOADED[addresses.database_url]
        return
    async with clones(addresses, template) as fresh:
        url = await fresh()
        async with serving(
            tmp_path_factory.mktemp("demo"),
            *("dev", "--quiet"),
            database_url=url,
            redis_url=addresses.redis_url,
        ) as loader:
            assert await loader.interrupt() == 0
        await _sound_each(url)
        _LOADED[addresses.database_url] = url.rpartition("/")[2]
        yield _LOADED[addresses.database_url]


async def _sound_each(url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("UPDATE critical_rules SET repeat_window = 0")
    finally:
        await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def demo_url(addresses: Addresses, demo_template: str) -> AsyncIterator[str]:
    """A demo hospital of the module's own."""
    async with clones(addresses, demo_template) as fresh:
        yield await fresh()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def server(
    demo_url: str, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Server]:
    """`wardline serve` on the module's demo hospital: nothing happens in it by itself."""
    async with serving(
        tmp_path_factory.mktemp("server"), "serve", database_url=demo_url, redis_url=redis_url
    ) as started:
        yield started


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def api(server: Server) -> AsyncIterator[Api]:
    """The module's server, before anybody has signed in."""
    async with httpx.AsyncClient(base_url=server.url, timeout=20) as client:
        yield Api(client)


@pytest.fixture(scope="session")
def built() -> Path:
    """The folder of the built pages; the test is skipped where they were not built."""
    if not (BUILT / "index.html").is_file():
        pytest.skip("the web pages are not built here: run `make web`")
    return BUILT
