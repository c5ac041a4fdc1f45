"""What the hub asks of the engine that compiles operations (schema/execution.py implements it)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, Protocol
from uuid import UUID

from models.events import Feed
from models.rules.scopes import Reach, Scope
from resolvers.actors import Actor
from resolvers.database import Connection
from resolvers.reading.audit import Shared
from resolvers.reading.documents import GraphQLRequest as Operation
from resolvers.reading.request_errors import RequestError as Refused
from schema.feeds import FeedEvent, FeedEvents

Kind = Literal["query", "mutation", "subscription"]


__all__ = [
    "Authenticate",
    "Engine",
    "FeedEvent",
    "FeedEvents",
    "FeedPlan",
    "FindDocument",
    "Kind",
    "Operation",
    "Refused",
]


class FeedPlan(Protocol):
    """A subscription compiled once for (document, operation, variables, rights)."""

    @property
    def feed(self) -> Feed: ...

    @property
    def arguments(self) -> Mapping[str, Any]:
        """Coerced: ward (code), patient_id (public id), after (cursor); None where absent."""

    @property
    def scope(self) -> Scope:
        """What the feed requires."""

    @property
    def reaches(self) -> frozenset[Reach]:
        """The reaches that decide which rows a frame shows."""

    @property
    def key(self) -> Hashable:
        """Equal for plans whose frames are equal: the document, the operation, the variables
        without the cursor, the rights."""

    @property
    def audited(self) -> Shared:
        """What the audit's entries of its pushes have in common."""

    async def frame(
        self,
        connection: Connection | None,
        actor: Actor,
        *,
        cursor: str,
        live: bool,
        resync: bool,
        events: Sequence[FeedEvent],
        audience: UUID | None = None,
    ) -> bytes:
        """The ExecutionResult as JSON. `audience` stands for all who get it (for the audit); None:
        the actor alone. Without events it touches no database, and `connection` is None."""


class Engine(Protocol):
    """Compiles and runs operations. Every method raises `Refused` for one that is not valid."""

    def operation_kind(
        self, request: Operation, actor: Actor
    ) -> Literal["query", "mutation", "subscription"]: ...

    def subscription(
        self, request: Operation, actor: Actor, *, again: bool = False
    ) -> FeedPlan: ...

    async def execute(self, request: Operation, actor: Actor) -> bytes: ...


class FindDocument(Protocol):
    """The request with the document in it that it names; raises `Refused`."""

    async def __call__(self, request: Operation, actor: Actor | None) -> Operation: ...


class Authenticate(Protocol):
    """Who holds a token; None where it is nobody's or its session has ended."""

    async def __call__(self, token: str, address: str | None) -> Actor | None: ...
