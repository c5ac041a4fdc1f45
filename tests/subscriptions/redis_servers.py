"""Redis servers of a test's own: alone, with a replica and a Sentinel, or as a cluster.

Each runs on two programs where there are two: the wheel's, and the `redis-server` of the machine.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.embedded.redis import binary
from tests.patience import PATIENCE

HOST = "127.0.0.1"
PASSWORD = "hunter2"
MASTER = "ward"
SLOTS = 16_384

_OF_MACHINE = shutil.which("redis-server", path=os.environ.get("PATH", "").replace(".venv/bin", ""))
PROGRAMS = [
    pytest.param(str(binary()), id="wheel"),
    pytest.param(
        _OF_MACHINE,
        id="machine",
        marks=pytest.mark.skipif(_OF_MACHINE is None, reason="no redis-server on this machine"),
    ),
]


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = PATIENCE) -> None:
    """Wait until it holds; what Redis raises meanwhile is no."""
    async with asyncio.timeout(seconds):
        while True:
            with suppress(RedisError, OSError):
                held = condition()
                if held is True or (held is not False and await held):
                    return
            await asyncio.sleep(0.02)


class RedisServer:
    """One process. It ends with `stop`, whatever has been done to it."""

    def __init__(self, program: str, folder: Path, port: int, *lines: str) -> None:
        self.port = port
        self._program = program
        self._lines = lines
        self._folder = folder / str(port)
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"redis://:{PASSWORD}@{HOST}:{self.port}/0"

    def client(self) -> Redis:
        """For the test's own commands."""
        return Redis(host=HOST, port=self.port, password=PASSWORD, decode_responses=True)

    async def run(self, *command: str | int) -> object:
        """Do one command."""
        async with self.client() as client:
            return await client.execute_command(*command)  # type: ignore[no-untyped-call]

    async def start(self, *arguments: str) -> None:
        """Start it, and return when it answers."""
        self._folder.mkdir(exist_ok=True)
        configuration = self._folder / "redis.conf"
        if not configuration.exists():
            lines = (f"port {self.port}", f"bind {HOST}", f"dir {self._folder}", *self._lines)
            configuration.write_text("\n".join(lines) + "\n")
        self._process = await asyncio.create_subprocess_exec(
            self._program,
            str(configuration),
            *arguments,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        await until(self._answers)

    async def _answers(self) -> bool:
        async with self.client() as client:
            return bool(await client.ping())

    def signal(self, number: signal.Signals) -> None:
        """Halt it (SIGSTOP), or let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(number)

    async def stop(self) -> None:
        """kill -9."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@asynccontextmanager
async def alone(program: str, folder: Path, *lines: str) -> AsyncIterator[RedisServer]:
    """One server that keeps nothing."""
    async with _running(RedisServer(program, folder, _port(), *_PLAIN, *lines)) as (server,):
        yield server


@asynccontextmanager
async def watched(program: str, folder: Path) -> AsyncIterator[tuple[str, RedisServer]]:
    """The URL of a master with a replica, by their Sentinel; and the master."""
    master, replica, sentinel = (_port() for _ in range(3))
    first = RedisServer(program, folder, master, *_PLAIN, f"masterauth {PASSWORD}")
    second = RedisServer(
        program,
        folder,
        replica,
        *_PLAIN,
        f"masterauth {PASSWORD}",
        f"replicaof {HOST} {master}",
        "repl-diskless-sync-delay 0",
    )
    watcher = RedisServer(
        program,
        folder,
        sentinel,
        f"requirepass {PASSWORD}",
        f"sentinel monitor {MASTER} {HOST} {master} 1",
        f"sentinel auth-pass {MASTER} {PASSWORD}",
        f"sentinel down-after-milliseconds {MASTER} 500",
        f"sentinel failover-timeout {MASTER} 2000",
    )

    async def replicated() -> bool:
        async with first.client() as client:
            told = await client.info("replication")
        return bool(told["connected_slaves"] and told["slave0"]["state"] == "online")

    async def known() -> bool:
        async with watcher.client() as client:
            return bool(await client.sentinel_slaves(MASTER))

    async with _running(first, second):
        await until(replicated)
        try:
            await watcher.start("--sentinel")
            await until(known)
            hosts = f"{HOST}:{_nobody()},{HOST}:{sentinel}"
            query = f"sentinel_password={PASSWORD}"
            yield f"redis+sentinel://:{PASSWORD}@{hosts}/{MASTER}/0?{query}", first
        finally:
            await watcher.stop()


@asynccontextmanager
async def cluster(program: str, folder: Path) -> AsyncIterator[list[RedisServer]]:
    """Three nodes with a third of the slots each, that serve theirs when another is gone."""
    lines = (
        *_PLAIN,
        f"masterauth {PASSWORD}",
        "cluster-enabled yes",
        "cluster-node-timeout 1000",
        "cluster-require-full-coverage no",
    )
    nodes = [RedisServer(program, folder, _port(), *lines) for _ in range(3)]

    async def agreed() -> bool:
        told = [str(await node.run("CLUSTER", "INFO")) for node in nodes]
        wanted = (f"cluster_slots_ok:{SLOTS}", "cluster_known_nodes:3")
        return all(line in text for text in told for line in wanted)

    async with _running(*nodes):
        third = SLOTS // 3 + 1
        for index, node in enumerate(nodes):
            slots = range(index * third, min((index + 1) * third, SLOTS))
            await node.run("CLUSTER", "ADDSLOTS", *slots)
            await node.run("CLUSTER", "MEET", HOST, nodes[0].port)
        await until(agreed)
        yield nodes


def cluster_url(*nodes: RedisServer) -> str:
    """The address of a cluster by some of its nodes."""
    return f"redis+cluster://:{PASSWORD}@" + ",".join(f"{HOST}:{node.port}" for node in nodes)


_PLAIN = (f"requirepass {PASSWORD}", 'save ""', "appendonly no")


@asynccontextmanager
async def _running(*servers: RedisServer) -> AsyncIterator[tuple[RedisServer, ...]]:
    try:
        await asyncio.gather(*(server.start() for server in servers))
        yield servers
    finally:
        await asyncio.gather(*(server.stop() for server in servers))


def _port() -> int:
    """A free port below those that the system gives by itself, whose bus is free as well."""
    while True:
        port = random.randint(12_000, 22_000)
        try:
            for one in (port, port + 10_000):
                with socket.socket() as probe:
                    probe.bind((HOST, one))
        except OSError:
            continue
        return port


def _nobody() -> int:
    """A port at which nobody answers."""
    return _port()
