"""Health: `/livez` says that the process answers, `/readyz` whether it can do its work."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import orjson
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from app import schema_version
from resolvers.faults import TRANSIENT
from subscriptions.bell import Bell

DEADLINE = 2.0


class Health:
    """Looks at the parts the process depends on."""

    def __init__(self, pool: asyncpg.Pool[Any], bell: Bell) -> None:
        self._pool = pool
        self._bell = bell

    async def look(self) -> tuple[bool, dict[str, Any]]:
        """Whether it is ready, and the state of each part.

        Ready is: the database answers and is at the migrations of this code. A silent bell only
        degrades: the log is read every 250 ms all the same.
        """
        database, migrations = await self._database()
        bell = self._bell.state
        report = {
            "status": "ready",
            "database": database,
            "migrations": migrations,
            "bell": {
                "state": "connected" if bell.connected else "down",
                "since": bell.connected_since or bell.down_since,
            },
        }
        ready = database == "ok" and migrations == "head"
        if not ready:
            report["status"] = "unavailable"
        elif not bell.connected:
            report["status"], report["degraded"] = "degraded", ["bell"]
        return ready, report

    async def _database(self) -> tuple[str, str]:
        try:
            async with asyncio.timeout(DEADLINE), self._pool.acquire() as connection:
                revision = await schema_version.current(connection)
        except (*TRANSIENT, asyncpg.PostgresError):
            return "down", "unknown"
        return "ok", "head" if revision == schema_version.head() else "behind"


async def livez(_request: Request) -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


async def readyz(request: Request) -> Response:
    """200 with the state of the parts, or 503 where the work cannot be done."""
    ready, report = await request.app.state.health.look()
    return Response(
        orjson.dumps(report, option=orjson.OPT_APPEND_NEWLINE),
        200 if ready else 503,
        {"cache-control": "no-store"},
        "application/json",
    )
