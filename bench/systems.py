"""The systems: a server process each, all on the same database."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psutil

from app.embedded.folder import free_port
from bench import wire
from bench.hospital import PASSWORD
from bench.workloads import WORKLOADS, Workload

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 30.0
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }"


@dataclass(frozen=True, slots=True)
class System:
    """A running server. `paths` and `tokens` are by workload's name."""

    name: str
    port: int
    process: psutil.Process
    paths: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)

    async def answers(self, workload: Workload, bodies: Sequence[bytes]) -> list[object]:
        """What it answers to each of the bodies, as JSON."""
        connection = await wire.Wire.open(self.port)
        path, token = self.paths[workload.name], self.tokens.get(workload.name)
        try:
            return [
                orjson.loads(await connection.send(wire.request(path, body, token)))
                for body in bodies
            ]
        finally:
            connection.close()


@asynccontextmanager
async def floor(database_url: str) -> AsyncIterator[System]:
    """Hand-written SQL, see bench/floor."""
    async with _serving(("-m", "bench.floor"), {"DATABASE_URL": database_url}) as (port, process):
        paths = {workload.name: f"/{workload.name}" for workload in WORKLOADS}
        yield System("floor", port, process, paths)


@asynccontextmanager
async def wardline(database_url: str, redis_url: str) -> AsyncIterator[System]:
    """`wardline serve` as it is installed; each workload is asked by a user who may ask it."""
    addresses = {"DATABASE_URL": database_url, "REDIS_URL": redis_url}
    async with _serving(("-m", "app", "serve"), addresses) as (port, process):
        paths = {workload.name: "/graphql" for workload in WORKLOADS}
        tokens = {name: await _token(port, name) for name in {one.user for one in WORKLOADS}}
        by_workload = {workload.name: tokens[workload.user] for workload in WORKLOADS}
        yield System("wardline", port, process, paths, by_workload)


async def _token(port: int, username: str) -> str:
    given = {"input": {"username": username, "password": PASSWORD}}
    body = orjson.dumps({"query": SIGN_IN, "variables": given})
    connection = await wire.Wire.open(port)
    try:
        answer = orjson.loads(await connection.send(wire.request("/graphql", body, None)))
    finally:
        connection.close()
    token: str = answer["data"]["signIn"]["token"]
    return token


@asynccontextmanager
async def _serving(
    command: tuple[str, ...], addresses: dict[str, str]
) -> AsyncIterator[tuple[int, psutil.Process]]:
    port = free_port()
    # Nothing of the caller's settings: the figures are those of the defaults.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        cwd=ROOT,
        env={**kept, **addresses, "PORT": str(port), "HOST": wire.HOST},
    )
    try:
        await _listening(process, port)
        yield port, psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _listening(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait until it answers: `wardline serve` takes its port before it can."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"a server ended with code {process.returncode}; see above")
        try:
            reader, writer = await asyncio.open_connection(wire.HOST, port)
            writer.write(b"GET /livez HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            answer = await asyncio.wait_for(reader.read(1), deadline - time.monotonic())
            writer.close()
        except (OSError, TimeoutError):
            answer = b""
        if answer:
            return
        await asyncio.sleep(0.05)
    raise RuntimeError("a server did not begin to answer")
