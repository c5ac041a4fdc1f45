"""The real engine, watched: its frames are counted, held and made to fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

import asyncpg

from resolvers.actors import Actor
from resolvers.database import Connection
from resolvers.policy import Policy
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from schema.feeds import FeedEvent, FeedPlan
from schema.stations import Presence


class WatchedPlan:
    """A real plan whose statements are counted, and can be held before their frame is used."""

    def __init__(self, engine: WatchedEngine, plan: FeedPlan) -> None:
        self.engine = engine
        self.plan = plan

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plan, name)

    async def frame(
        self,
        connection: Connection | None,
        actor: Actor,
        *,
        events: Sequence[FeedEvent],
        **given: Any,
    ) -> bytes:
        if events and self.engine.faults:
            raise self.engine.faults.pop()
        frame = await self.plan.frame(connection, actor, events=events, **given)
        if events:
            self.engine.statements.append(tuple(event.position for event in events))
            await self.engine.held()
        return frame


class WatchedEngine(Engine):
    """The real engine; `pause` holds frames and mutations, `fault` is raised by operations,
    `faults` one after the other by frames with events."""

    def __init__(
        self,
        pool: asyncpg.Pool[Any],
        policy: Policy,
        ring: Callable[[UUID], None],
        presence: Presence | None = None,
    ) -> None:
        super().__init__(pool, pool, policy, ring, presence=presence)
        self.statements: list[tuple[int, ...]] = []
        self.pause: asyncio.Event | None = None
        self.fault: Exception | None = None
        self.faults: list[Exception] = []
        self.mutated = 0

    async def held(self) -> None:
        if self.pause is not None:
            await self.pause.wait()

    def subscription(
        self, request: GraphQLRequest, actor: Actor | None, *, again: bool = False
    ) -> Any:
        return WatchedPlan(self, super().subscription(request, actor, again=again))

    async def execute(
        self, request: GraphQLRequest, actor: Actor | None, address: str = ""
    ) -> bytes:
        if self.fault is not None:
            raise self.fault
        if self.operation_kind(request, actor) == "mutation":
            await self.held()
            self.mutated += 1
        return await super().execute(request, actor, address)
