"""The application in the test's own process, with its lifespan, and users who can sign in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from starlette.applications import Starlette

from app import asgi
from app.settings import load_settings
from models.rules.roles import Role
from resolvers import passwords
from tests.resolvers.reading.hospital import Hospital

PASSWORD = "correct horse battery"
BASE = "http://board.example"


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Starlette]:
    """The application between its start and its end, in one task as a server has it."""
    app = asgi.create(load_settings(simulator=False, **settings))
    started, ended = asyncio.Event(), asyncio.Event()

    async def live() -> None:
        async with app.router.lifespan_context(app):
            started.set()
            await ended.wait()

    task = asyncio.create_task(live())
    waiting = asyncio.create_task(started.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        await task
    try:
        yield app
    finally:
        ended.set()
        await task


def client(app: Starlette) -> httpx.AsyncClient:
    """A client without a cookie; raises nothing of the application's."""
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url=BASE)


async def account(hospital: Hospital, *roles: Role, wards: tuple[str, ...] = ()) -> str:
    """The username of a new user who signs in with PASSWORD."""
    actor = await hospital.user(*roles, wards=wards)
    await hospital.pool.execute(
        "UPDATE users SET password_hash = $1 WHERE id = $2",
        await passwords.hash_password(PASSWORD),
        actor.user_id,
    )
    return actor.username
