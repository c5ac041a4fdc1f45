"""Health: what is said while the database, Redis or the migrations are away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from tests.app.serving import client, running
from tests.conftest import FreshDatabase

NOWHERE = "redis://127.0.0.1:1/0"


@pytest_asyncio.fixture
async def database(fresh_database: FreshDatabase) -> str:
    return await fresh_database()


@pytest_asyncio.fixture
async def app(database: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database, redis_url=redis_url) as app:
        yield app


async def until(look: Callable[[], Awaitable[httpx.Response]], status: str) -> httpx.Response:
    """The first answer that says so; the last one when it never does."""
    deadline = time.monotonic() + 20
    while True:
        response = await look()
        if response.json()["status"] == status or time.monotonic() > deadline:
            return response
        await asyncio.sleep(0.02)


async def test_ready_with_everything_there(app: Starlette) -> None:
    async with client(app) as caller:
        response = await until(lambda: caller.get("/readyz"), "ready")
        assert response.status_code == 200
        report = response.json()
        assert (report["status"], report["database"], report["migrations"]) == (
            "ready",
            "ok",
            "head",
        )
        assert report["bell"]["state"] == "connected"
        assert report["bell"]["since"]
        assert "degraded" not in report
        assert response.headers["cache-control"] == "no-store"
        assert (await caller.get("/livez")).text == "ok\n"


async def test_without_redis_it_is_degraded_and_works(database: str) -> None:
    async with running(database_url=database, redis_url=NOWHERE) as app, client(app) as caller:
        response = await until(lambda: caller.get("/readyz"), "degraded")
        assert response.status_code == 200, "a load balancer goes on sending"
        assert response.json()["status"] == "degraded"
        assert response.json()["bell"]["state"] == "down"
        assert response.json()["degraded"] == ["bell"]
        since = response.json()["bell"]["since"]
        counters = app.state.metrics._parts.live.counters
        tries = counters.bell_failures
        async with asyncio.timeout(20):
            while counters.bell_failures < tries + 2:
                await asyncio.sleep(0.01)
        assert (await caller.get("/readyz")).json()["bell"]["since"] == since
        assert "127.0.0.1" not in response.text
        asked = await caller.post("/graphql", json={"query": "{ viewer { id } }"})
        assert asked.json()["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_without_its_tables_it_is_not_ready(app: Starlette, database: str) -> None:
    """A database of another version of the code."""
    connection: asyncpg.Connection[Any] = await asyncpg.connect(database)
    try:
        for statement in (
            "UPDATE alembic_version SET version_num = 'older'",
            "DROP TABLE alembic_version",
        ):
            await connection.execute(statement)
            async with client(app) as caller:
                response = await caller.get("/readyz")
            assert response.status_code == 503
            assert response.json()["status"] == "unavailable"
            assert response.json()["database"] == "ok"
            assert response.json()["migrations"] == "behind"
    finally:
        await connection.close()


async def test_without_the_database_it_is_not_ready_and_lives(
    app: Starlette, database: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The database is there, then refuses, then is there again: the process needs no restart."""
    name = database.rpartition("/")[2]
    admin: asyncpg.Connection[Any] = await asyncpg.connect(database.removesuffix(name) + "postgres")
    try:
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            # A vacuum that happens to be there belongs to the superuser.
            " WHERE datname = $1 AND backend_type = 'client backend'",
            name,
        )
        async with client(app) as caller:
            response = await until(lambda: caller.get("/readyz"), "unavailable")
            assert response.status_code == 503
            assert response.json()["database"] == "down"
            assert response.json()["migrations"] == "unknown"
            assert (await caller.get("/livez")).status_code == 200
            asked = await caller.post(
                "/graphql",
                json={"query": "{ viewer { id } }"},
                headers={"authorization": "Bearer x"},
            )
            assert asked.status_code in (200, 503)
            assert asked.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
            assert name not in asked.text + response.text
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        async with client(app) as caller:
            assert (await until(lambda: caller.get("/readyz"), "ready")).status_code == 200
    finally:
        await admin.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await admin.close()
    assert database not in caplog.text
