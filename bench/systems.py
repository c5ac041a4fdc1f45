"""The systems: a server process each, all on the same database."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import orjson
import psutil

from app.embedded.folder import free_port
from bench import processors, wire
from bench.dialects import SAME, Dialect
from bench.hospital import PASSWORD
from bench.peers import packages
from bench.postgraphile import PostGraphile
from bench.workloads import WORKLOADS

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 60.0
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { token } }"


@dataclass(frozen=True, slots=True)
class System:
    """A running server. `paths` and `tokens` are by workload's name; `seals` says that it seals
    the audit of its database behind its answers."""

    name: str
    database_url: str
    port: int
    process: psutil.Process
    paths: Mapping[str, str]
    tokens: Mapping[str, str] = field(default_factory=dict)
    dialect: Dialect = SAME
    seals: bool = False

    async def answers(self, workload: str, bodies: Sequence[bytes]) -> list[Any]:
        """What it answers to each of the bodies, as JSON. Raises wire.Fault."""
        connection = await wire.Wire.open(self.port)
        path, token = self.paths[workload], self.tokens.get(workload)
        try:
            return [
                orjson.loads(await connection.send(wire.request(path, body, token)))
                for body in bodies
            ]
        except wire.Fault as fault:
            raise wire.Fault(f"{self.name}, {workload}: {fault}") from None
        finally:
            connection.close()


@dataclass(frozen=True, slots=True)
class Place:
    """Where the systems run: whose data they serve, and on which cores."""

    database_url: str
    redis_url: str
    cores: Sequence[int]


Started = AbstractAsyncContextManager[System]
EVERYWHERE = {workload.name: "/graphql" for workload in WORKLOADS}


@asynccontextmanager
async def floor(place: Place) -> AsyncIterator[System]:
    """Hand-written SQL, see bench/floor."""
    async with serving(place, sys.executable, "-m", "bench.floor") as (port, process):
        paths = {workload.name: f"/{workload.name}" for workload in WORKLOADS}
        yield System("floor", place.database_url, port, process, paths)


@asynccontextmanager
async def wardline(place: Place, name: str = "wardline") -> AsyncIterator[System]:
    """`wardline serve` as it is installed; each workload is asked by a user who may ask it."""
    async with serving(place, sys.executable, "-m", "app", "serve") as (port, process):
        tokens = {user: await _token(port, user) for user in {one.user for one in WORKLOADS}}
        by_workload = {workload.name: tokens[workload.user] for workload in WORKLOADS}
        yield System(name, place.database_url, port, process, EVERYWHERE, by_workload, seals=True)


@asynccontextmanager
async def mercurius(place: Place) -> AsyncIterator[System]:
    """See bench/peers/mercurius.mjs."""
    async with serving(place, *packages.script("mercurius.mjs")) as (port, process):
        yield System("mercurius", place.database_url, port, process, EVERYWHERE)


@asynccontextmanager
async def postgraphile(place: Place) -> AsyncIterator[System]:
    """See bench/peers/postgraphile.mjs."""
    connection = await asyncpg.connect(place.database_url)
    hospital_id = str(await connection.fetchval("SELECT id FROM hospitals"))
    await connection.close()
    async with serving(place, *packages.script("postgraphile.mjs")) as (port, process):
        dialect = PostGraphile(hospital_id=hospital_id)
        yield System("postgraphile", place.database_url, port, process, EVERYWHERE, dialect=dialect)


@asynccontextmanager
async def strawberry(place: Place) -> AsyncIterator[System]:
    """Strawberry as documented, see bench/documented."""
    async with serving(place, sys.executable, "-m", "bench.documented") as (port, process):
        yield System("strawberry", place.database_url, port, process, EVERYWHERE)


SYSTEMS = {each.__name__: each for each in (floor, wardline, postgraphile, mercurius, strawberry)}


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
async def serving(
    place: Place, *command: str, settings: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[int, psutil.Process]]:
    """A server process on a port that is free, until the end; `settings` are variables of its
    environment beside the addresses."""
    port = free_port()
    # Nothing of the caller's settings: the figures are those of the defaults.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("WARDLINE_")}
    addresses = {
        "DATABASE_URL": place.database_url,
        "REDIS_URL": place.redis_url,
        # One user asks as much as a hospital does: it is counted all the same, and not refused.
        "WARDLINE_BUDGET_PER_MINUTE": "1000000000",
    }
    process = await asyncio.create_subprocess_exec(
        *command,
        cwd=ROOT,
        env={
            **kept,
            **addresses,
            **(settings or {}),
            "PORT": str(port),
            "HOST": wire.HOST,
            "NODE_ENV": "production",
            "GRAPHILE_ENV": "production",
        },
        preexec_fn=processors.keeper(place.cores),
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
