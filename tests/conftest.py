"""Real servers for every test that asks for them, and a database of its own for every module.

Each worker of pytest-xdist starts its own PostgreSQL and Redis when the first test asks for them
(half a second), so a test may kill them. With DATABASE_URL and REDIS_URL in the environment those
servers are used, and tests that must kill a server are skipped. The migrations run once a worker,
on a template, of which the modules get clones. A clone is 630 small files: some 20 ms in memory,
and up to half a second of processor time on a disk, so memory it is where the machine has room.
"""

from __future__ import annotations

import gc
import itertools
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import pytest
import pytest_asyncio
from hypothesis import settings
from redis.asyncio import Redis

from app.embedded import Servers, embedded_servers
from app.upgrading import upgrade
from resolvers.database import open_pool
from tests.app.commands import Commands, ready
from tests.patience import until

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
MEMORY = "/dev/shm"
ROOM = 1 << 30
"""Bytes a worker: some seven times what one of them has used at once."""


# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("wardline", deadline=None)
settings.load_profile("wardline")


def pytest_xdist_auto_num_workers() -> int:
    """Three more than there are cores, since many tests wait for a process or a clock."""
    return (os.cpu_count() or 1) + 3


def _in_memory() -> None:
    """Have temporary folders, of the servers too, in memory, unless TMPDIR says otherwise."""
    if "TMPDIR" in os.environ or not Path(MEMORY).is_dir():
        return
    found = os.statvfs(MEMORY)
    room = ROOM * pytest_xdist_auto_num_workers()
    if found.f_bavail * found.f_frsize >= room and not found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = MEMORY
        tempfile.tempdir = None


_in_memory()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files of each folder over the run: else the browsers come all at once, at its end,
    and wait for each other; and the long ones of one folder last."""
    files = dict.fromkeys(item.path for item in items)
    many = Counter(path.parent for path in files)
    met: Counter[Path] = Counter()
    place: dict[Path, float] = {}
    for path in files:
        # Of few files none comes last, when the other workers have nothing left to do.
        place[path] = met[path.parent] / (many[path.parent] + 2)
        met[path.parent] += 1
    items.sort(key=lambda item: place[item.path])


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: the collector need not walk through it after each few
    hundred rows of an oracle, which took a fifth of the processor's time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.set_threshold(20_000, 10, 10)
        gc.enable()


FreshDatabase = Callable[[], Awaitable[str]]


@dataclass(frozen=True)
class Addresses:
    database_url: str
    redis_url: str
    embedded: Servers | None


@asynccontextmanager
async def started() -> AsyncIterator[Servers]:
    home = Path(tempfile.mkdtemp(prefix=f"wardline-test-{WORKER}-"))
    try:
        async with embedded_servers(home, fast=True) as servers:
            yield servers
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def addresses() -> AsyncIterator[Addresses]:
    """Where the servers are: the environment's, or this worker's own."""
    database_url, redis_url = os.environ.get("DATABASE_URL"), os.environ.get("REDIS_URL")
    if database_url and redis_url:
        yield Addresses(database_url, redis_url, None)
        return
    async with started() as servers:
        yield Addresses(
            database_url or servers.database_url, redis_url or servers.redis_url, servers
        )


@pytest.fixture(scope="session")
def servers(addresses: Addresses) -> Servers:
    """The worker's embedded servers, for who wants to kill or halt one."""
    if addresses.embedded is None:
        pytest.skip("the servers are the environment's (DATABASE_URL, REDIS_URL): not ours to kill")
    return addresses.embedded


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def template(addresses: Addresses) -> AsyncIterator[str]:
    """The name of a migrated, empty database that nobody is connected to."""
    name = f"wardline_template_{WORKER}_{os.getpid()}"
    async with administrator(addresses.database_url) as connection:
        await connection.execute(f'CREATE DATABASE "{name}"')
    await upgrade(on_database(addresses.database_url, name))
    yield name
    async with administrator(addresses.database_url) as connection:
        await drop(connection, name)


async def drop(connection: Any, name: str) -> None:
    """Drop a database, whoever is connected; an autovacuum worker is not ours to end, and goes."""

    async def dropped() -> bool:
        try:
            await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        except asyncpg.InsufficientPrivilegeError:
            return False
        return True

    await until(dropped)


@asynccontextmanager
async def clones(addresses: Addresses, template: str) -> AsyncIterator[FreshDatabase]:
    made: list[str] = []

    async def fresh() -> str:
        name = f"wardline_test_{WORKER}_{os.getpid()}_{next(NUMBERS)}"
        async with administrator(addresses.database_url) as connection:
            await connection.execute(
                f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY file_copy'
            )
        made.append(name)
        return on_database(addresses.database_url, name)

    yield fresh
    async with administrator(addresses.database_url) as connection:
        for name in made:
            await drop(connection, name)


@pytest_asyncio.fixture(loop_scope="session")
async def fresh_database(addresses: Addresses, template: str) -> AsyncIterator[FreshDatabase]:
    """`await fresh_database()` gives the URL of a new migrated database; gone after the test."""
    async with clones(addresses, template) as fresh:
        yield fresh


@pytest_asyncio.fixture(loop_scope="session")
async def empty_database(addresses: Addresses) -> AsyncIterator[str]:
    """The URL of a database without any table; gone after the test."""
    async with clones(addresses, "template0") as fresh:
        yield await fresh()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def database_url(addresses: Addresses, template: str) -> AsyncIterator[str]:
    """A migrated database of the module's own."""
    async with clones(addresses, template) as fresh:
        yield await fresh()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def pool(database_url: str) -> AsyncIterator[asyncpg.Pool[Any]]:
    """A pool on the module's database."""
    pool = await open_pool(database_url, min_size=1, max_size=8)
    yield pool
    await pool.close()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def redis_url(addresses: Addresses) -> AsyncIterator[str]:
    """A Redis database number of the worker's own, emptied for the module.

    Channels know no database number: a test that publishes names them after something of its own.
    """
    number = int(WORKER.removeprefix("gw") or 0) % 15 + 1
    parts = urlsplit(addresses.redis_url)
    url = urlunsplit(parts._replace(path=f"/{number}"))
    client = Redis.from_url(url)
    await client.flushdb()
    await client.aclose()
    yield url


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def wardline() -> AsyncIterator[Commands]:
    """`await wardline.run("check", environment=…)`."""
    async with ready() as commands:
        yield commands


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of the real input, beside the repository; the test is skipped where it is not."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("the real input (../shared/data) is not on this machine")
    return folder


NUMBERS = itertools.count(1)


@asynccontextmanager
async def administrator(url: str) -> AsyncIterator[asyncpg.Connection[Any]]:
    connection = await asyncpg.connect(url)
    try:
        yield connection
    finally:
        await connection.close()


def on_database(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
