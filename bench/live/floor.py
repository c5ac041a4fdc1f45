"""The floor: the same bytes written to every socket by a bare ASGI application on uvicorn.

The message is encoded once and sent with `websocket.send`, to one socket after the other; there is
no database, no Redis, no user and no queue. `PORT=… python -m bench.live.floor`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson
import uuid_utils.compat
import uvicorn

from bench.live import payload

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

ACK = '{"type":"connection_ack"}'


class Floor:
    """The ASGI application: `POST /graphql`, and the WebSocket of the same path."""

    def __init__(self) -> None:
        self._sockets: dict[Send, str] = {}
        self._texts: asyncio.Queue[str] = asyncio.Queue()
        self._delivering: asyncio.Task[None] | None = None

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve a connection."""
        match scope["type"]:
            case "lifespan":
                await self._live(receive, send)
            case "websocket":
                await self._socket(receive, send)
            case _:
                await self._request(receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        self._delivering = asyncio.create_task(self._deliver())
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._delivering.cancel()
        await send({"type": "lifespan.shutdown.complete"})

    async def _socket(self, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept", "subprotocol": "graphql-transport-ws"})
        while (message := await receive())["type"] != "websocket.disconnect":
            said = orjson.loads(message["text"])
            if said["type"] == "connection_init":
                await send({"type": "websocket.send", "text": ACK})
            elif said["type"] == "subscribe":
                self._sockets[send] = said["id"]
        self._sockets.pop(send, None)

    async def _request(self, receive: Receive, send: Send) -> None:
        body = b""
        more = True
        while more:
            message = await receive()
            body += message["body"]
            more = message["more_body"]
        outcomes = []
        for result in orjson.loads(body or b'{"variables":{"input":{"results":[]}}}')["variables"][
            "input"
        ]["results"]:
            made = str(uuid_utils.compat.uuid7())
            outcomes.append({"outcome": "CREATED", "labResult": {"id": f"lab_{made}"}})
            feed = payload.feed(made, result, datetime.now(UTC).isoformat())
            message = {"id": "1", "type": "next", "payload": {"data": {"criticalResults": feed}}}
            self._texts.put_nowait(orjson.dumps(message).decode())
        answer = orjson.dumps({"data": {"recordLabResults": {"outcomes": outcomes}}})
        headers = [
            (b"content-type", b"application/json"),
            (b"content-length", str(len(answer)).encode()),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    async def _deliver(self) -> None:
        while True:
            text = await self._texts.get()
            for send in tuple(self._sockets):
                await send({"type": "websocket.send", "text": text})


def main() -> None:
    """Serve until a signal."""
    uvicorn.run(
        Floor(),
        port=int(os.environ["PORT"]),
        http="httptools",
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        loop="uvloop",
        lifespan="on",
        log_level="warning",
        access_log=False,
        server_header=False,
        backlog=4096,
        timeout_keep_alive=75,
    )


if __name__ == "__main__":
    main()
