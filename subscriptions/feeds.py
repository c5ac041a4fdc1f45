"""What the hub asks of the engine that compiles operations (schema/execution.py implements it)."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from models.events import Feed
from models.rules.scopes import Scope
from resolvers.actors import Actor
from resolvers.database import Connection

Kind = Literal["query", "mutation", "subscription"]


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event on its way into a frame. `kind` is the word of the feed's enumeration."""

    cursor: str
    position: int
    occurred_at: datetime
    kind: str
    subject_id: UUID
    patient_id: UUID | None


@dataclass(frozen=True, slots=True)
class Operation:
    """A GraphQL request as it came over a socket."""

    query: str
    variables: dict[str, Any] | None = None
    operation_name: str | None = None


class Refused(Exception):
    """The operation cannot be run; `errors` are GraphQL errors as they go out."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("operation refused")
        self.errors = errors


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
    def key(self) -> Hashable:
        """Equal for plans whose frames are equal: the document, the operation, the variables
        without the cursor, the rights."""

    async def frame(
        self,
        connection: Connection | None,
        actor: Actor,
        *,
        cursor: str,
        live: bool,
        resync: bool,
        events: Sequence[FeedEvent],
        actors: Sequence[Actor] = (),
    ) -> bytes:
        """The ExecutionResult as JSON. `actors` are all who get it (for the audit). Without events
        it touches no database, and `connection` is None."""


class Engine(Protocol):
    """Compiles and runs operations. Every method raises `Refused` for one that is not valid."""

    def operation_kind(
        self, request: Operation
    ) -> Literal["query", "mutation", "subscription"]: ...

    def subscription(self, request: Operation, actor: Actor) -> FeedPlan: ...

    async def execute(self, request: Operation, actor: Actor) -> bytes: ...


class Authenticate(Protocol):
    """Who holds a token; None where it is nobody's or its session has ended."""

    async def __call__(self, token: str, address: str | None) -> Actor | None: ...
