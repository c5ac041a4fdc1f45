"""Subscriber: one subscription of one socket, and the group it hears with."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from contextvars import copy_context
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import models
from resolvers.actors import Actor
from resolvers.hearings import Hearing
from subscriptions.audience import Audience, Place
from subscriptions.feeds import FeedPlan, Operation
from subscriptions.frame import Frame


class Sink(Protocol):
    """Where a subscriber's messages go. Only `room` waits."""

    def next(self, frame: Frame) -> None:
        """Send an ExecutionResult."""

    def fail(self, errors: list[dict[str, Any]]) -> None:
        """End the subscription with GraphQL errors."""

    def try_again(self) -> None:
        """Close the socket in a way that makes the client come back."""

    async def room(self) -> None:
        """Return when what was sent before has mostly gone out."""


class Group:
    """Those who get the same bytes: equal plans, row scopes and audiences.

    `id` is its audience in the audit. It outlives its members for a moment (`empty_since`), for
    those who come back together.
    """

    __slots__ = ("audience", "empty_since", "id", "key", "members", "plan")

    def __init__(self, key: Hashable, plan: FeedPlan, audience: Audience) -> None:
        self.id: UUID = models.new_id()
        self.key = key
        self.plan = plan
        self.audience = audience
        self.members: dict[Subscriber, None] = {}
        self.empty_since = 0.0


class Subscriber:
    """One subscription.

    It is in a group from the moment at which the past it must be given is bounded: while it is
    given that past, `backlog` holds what the group gets; when it has it all, the backlog goes out
    and is None, which is being live. So there is neither a gap nor a double, and nobody waits.

    `position` is up to where it was sent everything; for one that is live the channel's may be
    later. `joined` is the channel's position when it came into its group, `turn` counts its stays
    in groups, `stay` is the one in the audit, `context` that of the request it came with. `owes`
    says that it must be sent a message even if there are no events. `parted`: its session is over,
    and it is given its last words at most. `since` is when it began, by this process.
    """

    __slots__ = (
        "actor",
        "backlog",
        "closed",
        "context",
        "group",
        "joined",
        "operation",
        "owes",
        "parted",
        "place",
        "plan",
        "position",
        "resync",
        "sent_at",
        "since",
        "sink",
        "stay",
        "task",
        "turn",
    )

    def __init__(
        self, operation: Operation, plan: FeedPlan, actor: Actor, sink: Sink, since: datetime
    ) -> None:
        self.operation = operation
        self.plan = plan
        self.actor = actor
        self.sink = sink
        self.since = since
        self.context = copy_context()
        self.stay: Hearing | None = None
        self.place = Place()
        self.group: Group | None = None
        self.backlog: list[tuple[Frame, int]] | None = None
        self.joined = 0
        self.turn = 0
        self.position = 0
        self.owes = True
        self.resync = False
        self.closed = False
        self.parted = False
        self.sent_at = 0.0
        self.task: asyncio.Task[None] | None = None

    @property
    def live(self) -> bool:
        """Whether a group's frame goes straight to its socket."""
        return self.group is not None and self.backlog is None

    def take(self, frame: Frame, position: int, now: float) -> None:
        """Get a frame of the group: everything up to `position`."""
        if self.backlog is not None:
            self.backlog.append((frame, position))
        else:
            self.send(frame, position, now)

    def go_live(self, now: float) -> None:
        """Send what the group got meanwhile; from here on its frames go straight out."""
        backlog, self.backlog = self.backlog, None
        for frame, position in backlog or ():
            self.send(frame, position, now)

    def send(self, frame: Frame, position: int, now: float) -> None:
        """Send a frame; `position` is up to where everything has been sent with it."""
        self.position = position
        self.sent_at = now
        self.owes = False
        self.sink.next(frame)
