"""Running: an operation that a socket has open."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol

from subscriptions import protocol
from subscriptions.frame import Frame
from subscriptions.hub import Hub
from subscriptions.limits import Limits
from subscriptions.outlet import Outlet
from subscriptions.protocol import CloseCode
from subscriptions.subscriber import Subscriber


class Owner(Protocol):
    """The socket of an operation."""

    @property
    def outlet(self) -> Outlet: ...

    def close(self, code: CloseCode, reason: str) -> None:
        """Close it, with all of its operations."""

    def end(self, operation_id: str) -> None:
        """Nothing more of an operation."""


class Running:
    """An open operation of a socket: the sink of its subscriber, or the task that runs it."""

    __slots__ = ("_head", "_over", "_socket", "id", "subscriber", "task")

    def __init__(self, socket: Owner, operation_id: str) -> None:
        self.id = operation_id
        self.subscriber: Subscriber | None = None
        self.task: asyncio.Task[None] | None = None
        self._socket = socket
        self._head = protocol.next_head(operation_id)
        self._over = False

    def next(self, frame: Frame) -> None:
        if not self._over:
            self._socket.outlet.frame(self._head, frame)

    def fail(self, errors: list[dict[str, Any]]) -> None:
        self._last(protocol.error(self.id, errors))

    def complete(self) -> None:
        self._last(protocol.complete(self.id))

    def try_again(self) -> None:
        self._socket.close(CloseCode.TRY_AGAIN_LATER, "try again later")

    async def room(self) -> None:
        await self._socket.outlet.room()

    def stop(self, hub: Hub) -> None:
        """Nothing of it is wanted any more."""
        self._over = True
        if self.subscriber is not None:
            hub.unsubscribe(self.subscriber)
        if self.task is not None and self.task is not asyncio.current_task():
            self.task.cancel()

    def _last(self, text: bytes) -> None:
        if not self._over:
            self._socket.outlet.put(text)
            self._socket.end(self.id)


def malformed(field: str) -> list[dict[str, Any]]:
    """What is told of a subscribe message that holds no operation."""
    return [
        {
            "message": f"{field} is not what a GraphQL request has there",
            "extensions": {"code": "BAD_USER_INPUT", "field": field},
        }
    ]


def too_many(limits: Limits) -> list[dict[str, Any]]:
    """What is told of one operation more than a socket may have open."""
    return [
        {
            "message": f"a socket runs at most {limits.operations} operations at once",
            "extensions": {
                "code": "THROTTLED",
                "limit": str(limits.operations),
                "exceeded": "socket_operations",
                "retryAfter": 1,
            },
        }
    ]
