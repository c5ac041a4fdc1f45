"""The floor: hand-written SQL (floor.sql) behind a bare ASGI application.

It parses the same request bodies as Wardline, takes their variables and sends what PostgreSQL
wrote. `DATABASE_URL=… PORT=… python -m bench.floor`.
"""

from __future__ import annotations

import base64
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import orjson
import uuid_utils.compat
import uvicorn

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]
SMALLEST = UUID(int=0)


class Floor:
    """The ASGI application: `POST /W1` to `/W4`."""

    def __init__(self, database_url: str) -> None:
        self._database_url = database_url
        _, *parts = Path(__file__).with_name("floor.sql").read_text().split("-- name: ")
        self._sql = {name: sql for name, _, sql in (part.partition("\n") for part in parts)}
        self._pool: asyncpg.Pool[Any] | None = None
        self._hospital = self._user = SMALLEST
        self._values: dict[str, Callable[[Mapping[str, Any]], tuple[Any, ...]]] = {
            "W1": lambda given: (given["code"],),
            "W2": lambda given: (UUID(given["id"][4:]),),
            "W3": self._page,
            "W4": self._record,
        }

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        name = scope["path"][1:]
        if name not in self._values:
            await send({"type": "http.response.start", "status": 404, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        values = self._values[name](orjson.loads(body)["variables"])
        assert self._pool is not None
        answer = b'{"data":' + await self._pool.fetchval(self._sql[name], *values) + b"}"
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        # These four statements are the same for every value, and are planned once. Nothing is left
        # behind on a connection, so that giving it back needs no round trip.
        self._pool = await asyncpg.create_pool(
            self._database_url,
            min_size=2,
            max_size=10,
            init=_leave_json,
            reset=_leave_as_it_is,
            server_settings={
                "jit": "off",
                "timezone": "UTC",
                "plan_cache_mode": "force_generic_plan",
            },
        )
        self._hospital = await self._pool.fetchval("SELECT id FROM hospitals")
        self._user = await self._pool.fetchval("SELECT id FROM users WHERE username = 'lab'")
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._pool.close()
        await send({"type": "lifespan.shutdown.complete"})

    def _page(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        prefix = given["search"]
        after = ("", SMALLEST)
        if given["after"] is not None:
            name_key, row_id = orjson.loads(base64.b64decode(given["after"]))
            after = (name_key, UUID(row_id))
        past = prefix + "\U0010ffff"
        return (self._hospital, prefix, past, given["first"], *after, prefix)

    def _record(self, given: Mapping[str, Any]) -> tuple[Any, ...]:
        result = given["input"]["results"][0]
        made, raised, step = (uuid_utils.compat.uuid7() for _ in range(3))
        return (
            made,
            datetime.now(UTC),
            UUID(result["patientId"][4:]),
            result["code"],
            result["display"],
            Decimal(result["value"]),
            result["unit"],
            datetime.fromisoformat(result["observedAt"]),
            raised,
            step,
            self._user,
        )


async def _leave_json(connection: asyncpg.Connection[Any]) -> None:
    await connection.set_type_codec(
        "json", schema="pg_catalog", encoder=str.encode, decoder=bytes, format="binary"
    )


async def _leave_as_it_is(_: asyncpg.Connection[Any]) -> None:
    """Instead of asyncpg's RESET."""


def main() -> None:
    """Serve until a signal."""
    uvicorn.run(
        Floor(os.environ["DATABASE_URL"]),
        port=int(os.environ["PORT"]),
        http="httptools",
        loop="uvloop",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
    )


if __name__ == "__main__":
    main()
