"""kill -9 of a server, and of the process that runs them."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import asyncpg
import psutil
import pytest
from redis.asyncio import Redis

from app.embedded import Servers, embedded_servers

OWNER = """
import asyncio, sys
from pathlib import Path
from app.embedded import embedded_servers

async def main():
    async with embedded_servers(Path(sys.argv[1]), fast=True) as servers:
        print(servers.postgres.pid, servers.redis.pid, servers.database_url, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def test_a_killed_database_comes_back_with_what_was_committed(servers: Servers) -> None:
    connection = await asyncpg.connect(servers.database_url)
    await connection.execute("CREATE TABLE survivors (a int); INSERT INTO survivors VALUES (1)")
    killed = servers.postgres.pid
    os.kill(killed, signal.SIGKILL)
    await until(lambda: not psutil.pid_exists(killed))
    await servers.postgres.wait_until_answering()
    assert servers.postgres.pid != killed
    again = await asyncpg.connect(servers.database_url)
    assert await again.fetchval("SELECT a FROM survivors") == 1
    await again.execute("DROP TABLE survivors")
    await again.close()
    connection.terminate()


async def test_a_killed_redis_comes_back_empty_on_the_same_address(servers: Servers) -> None:
    async with Redis.from_url(servers.redis_url) as client:
        await client.set("remembered", "1")
    killed = servers.redis.pid
    os.kill(killed, signal.SIGKILL)
    await until(lambda: not psutil.pid_exists(killed))
    await servers.redis.wait_until_answering()
    assert servers.redis.pid != killed
    async with Redis.from_url(servers.redis_url) as client:
        assert await client.get("remembered") is None


async def test_a_restart_keeps_the_address(servers: Servers) -> None:
    before = servers.postgres.pid, servers.redis.pid
    await servers.postgres.restart()
    await servers.redis.restart()
    assert (servers.postgres.pid, servers.redis.pid) != before
    assert await servers.postgres.answers()
    assert await servers.redis.answers()


@pytest.mark.parametrize("halted", [False, True], ids=["running", "halted"])
async def test_after_kill_9_of_the_owner_the_next_start_has_its_data(
    tmp_path: Path, halted: bool
) -> None:
    """Servers that are halted when their owner dies can not follow it: they are the strays that
    the next start has to end."""
    home = tmp_path / "home"
    owner = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", OWNER, str(home)), stdout=asyncio.subprocess.PIPE
    )
    assert owner.stdout is not None
    words = (await asyncio.wait_for(owner.stdout.readline(), 60)).decode().split()
    pids = [int(word) for word in words[:2]]
    connection = await asyncpg.connect(words[2])
    await connection.execute("CREATE TABLE survivors (a int); INSERT INTO survivors VALUES (1)")
    if halted:
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
    owner.kill()
    await owner.wait()
    async with embedded_servers(home, fast=True) as servers:
        again = await asyncpg.connect(servers.database_url)
        assert await again.fetchval("SELECT a FROM survivors") == 1
        await again.close()
    await until(lambda: not any(running(pid) for pid in pids))
    connection.terminate()


async def until(condition: Callable[[], bool], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


def running(pid: int) -> bool:
    """Not counting one that has ended and whom its new parent has not collected yet."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
