"""Serve it with uvicorn: `DATABASE_URL=… PORT=… python -m bench.documented`."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL

import models
from bench.documented.loaders import Loaders, Sessions
from bench.documented.schema import SCHEMA


class Endpoint(GraphQL[dict[str, Any], None]):
    """New loaders for each request, as a loader remembers what it has loaded."""

    def __init__(self, sessions: Sessions) -> None:
        super().__init__(SCHEMA, graphql_ide=None)
        self.sessions = sessions
        self.fixed: dict[str, Any] = {}

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> dict[str, Any]:
        """What the resolvers have at hand."""
        loaders = Loaders(self.sessions)
        return {
            "request": request, "response": response, "loaders": loaders, "sessions": self.sessions,
            **self.fixed,
        }  # fmt: skip


def application(database_url: str) -> Starlette:
    """The ASGI application."""
    engine = create_async_engine(
        database_url.replace("postgresql:", "postgresql+asyncpg:"),
        pool_size=10,
        max_overflow=0,
        connect_args={"server_settings": {"timezone": "UTC", "jit": "off"}},
    )
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    endpoint = Endpoint(sessions)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with sessions() as session:
            rule = models.CriticalRule.key == "potassium-adult"
            endpoint.fixed = {
                "hospital_id": await session.scalar(select(models.Hospital.id)),
                "user_id": await session.scalar(
                    select(models.User.id).where(models.User.username == "lab")
                ),
                "rule_id": await session.scalar(select(models.CriticalRule.id).where(rule)),
            }
        yield
        await engine.dispose()

    return Starlette(routes=[Route("/graphql", endpoint)], lifespan=lifespan)


if __name__ == "__main__":
    uvicorn.run(
        application(os.environ["DATABASE_URL"]),
        port=int(os.environ["PORT"]),
        log_level="warning",
        access_log=False,
    )
