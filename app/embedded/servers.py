"""Both servers together, for as long as an `async with` lasts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.embedded.folder import Folder, read_memory
from app.embedded.postgres import Postgres, database_url
from app.embedded.process import ServerFailed
from app.embedded.redis import Redis, redis_url

# Between choosing a free port and listening on it somebody else may take it.
PORT_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Servers:
    """The running servers; the URLs stay the same while they run, also over a crash of one."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    postgres: Postgres
    redis: Redis


@asynccontextmanager
async def embedded_servers(home: Path, fast: bool = False) -> AsyncIterator[Servers]:
    """Start both servers on the data folder `home`, restart what dies, stop both at the end.

    `fast` (tests) trades safety against a crash of the machine for speed. Raises FolderInUse when
    another process holds the folder, ServerFailed when a server can not be started.
    """
    folder = Folder(home)
    try:
        postgres, redis = Postgres(folder, fast=fast), Redis(folder)
        try:
            await asyncio.gather(_start(postgres), _start(redis))
            await postgres.provide()
            folder.keep_ports(database_port=postgres.port, redis_port=redis.port)
            yield Servers(postgres.url, redis.url, postgres, redis)
        finally:
            # Shielded, so that a second Ctrl-C does not leave half of them running.
            await asyncio.shield(asyncio.gather(postgres.stop(), redis.stop()))
    finally:
        folder.close()


async def _start(server: Postgres | Redis) -> None:
    for attempt in range(PORT_ATTEMPTS):
        await server.end_strays()
        server.choose_port()
        await server.prepare()
        try:
            await server.start()
        except ServerFailed:
            if attempt == PORT_ATTEMPTS - 1:
                raise
        else:
            return


def urls_of_running(home: Path) -> tuple[str, str]:
    """The URLs (database, Redis) of the servers that another process runs on `home`."""
    memory = read_memory(home)
    return (
        database_url(memory.database_port, memory.database_password),
        redis_url(memory.redis_port, memory.redis_password),
    )
