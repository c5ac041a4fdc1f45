"""FeedPlan: a subscription, planned once for everybody who asks the same with the same rights."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from uuid import UUID

from graphql.execution.values import VariableValues

from models.events import Feed
from models.rules.scopes import Reach, Scope
from resolvers.actors import Actor
from resolvers.database import Connection
from resolvers.reading.audit import Heard, Shared
from resolvers.reading.statements import Plan, encoded
from schema.stations import Presence, stations_for


@dataclass(frozen=True, slots=True)
class FeedEvent:
    """An event on its way into a frame. `kind` is the word of the feed's enumeration."""

    cursor: str
    position: int
    occurred_at: datetime
    kind: str
    subject_id: UUID
    patient_id: UUID | None


class FeedEvents(tuple[FeedEvent, ...]):
    """What a frame tells of, for as many plans as tell of the same."""

    @cached_property
    def rows(self) -> bytes:
        """As the statements take them."""
        return encoded(
            [
                {
                    "index": index,
                    "cursor": event.cursor,
                    "occurred_at": event.occurred_at,
                    "kind": event.kind,
                    "subject_id": event.subject_id,
                    "patient_id": event.patient_id,
                }
                for index, event in enumerate(self)
            ]
        )


@dataclass(frozen=True, slots=True)
class FeedPlan:
    """A subscription compiled for (document, operation, variables, rights).

    `arguments` are coerced: ward (a code), patient_id (a public id), after (a cursor), None where
    absent. `key` is equal for plans whose frames are equal, whatever the cursor they began with.
    """

    feed: Feed
    scope: Scope
    arguments: Mapping[str, Any]
    key: Hashable
    root_key: str
    plan: Plan
    variables: VariableValues
    quiet: tuple[tuple[str, str], ...]
    """Response key and field of the payload: a frame without events needs no database."""
    presence: Presence | None = None

    @property
    def reaches(self) -> frozenset[Reach]:
        """The reaches that decide which rows a frame shows."""
        return self.plan.reaches

    @property
    def audited(self) -> Shared:
        """What the audit's entries of its pushes have in common."""
        return self.plan.audited

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
        """The ExecutionResult as JSON.

        `audience` stands in the audit for all who get it, with the actor's rights and rows: who
        they are is told by their stays (resolvers/hearings). None: the actor alone gets it.
        Without events no row is read, and `connection` may be None.
        """
        given = {"cursor": cursor, "live": live, "resync": resync}
        if not events:
            return self._answer(encoded(self._quiet(given)))
        assert connection is not None
        rows = events.rows if isinstance(events, FeedEvents) else FeedEvents(events).rows
        data = await self.plan.run(
            connection,
            self.variables,
            actor,
            datetime.now(UTC),
            {**given, "events": rows, **await stations_for(self.plan, self.presence, actor)},
            Heard(events[0].position, events[-1].position, audience),
        )
        return self._answer(data)

    def _quiet(self, given: Mapping[str, Any]) -> dict[str, Any]:
        values = {**given, "events": []}
        return {
            key: _TYPENAMES[self.feed] if name == "__typename" else values[name]
            for key, name in self.quiet
        }

    def _answer(self, data: bytes) -> bytes:
        body = b'{"data":{' + encoded(self.root_key) + b":" + data + b"}"
        if self.plan.errors:
            body += b',"errors":' + encoded(self.plan.errors)
        return body + b"}"


_TYPENAMES = {
    Feed.CRITICAL_RESULTS: "CriticalResultFeed",
    Feed.BED_CHANGES: "BedChangeFeed",
    Feed.VITAL_SIGNS: "VitalSignsFeed",
    Feed.CHART_CHANGES: "ChartChangeFeed",
    Feed.EMERGENCY_ACCESSES: "EmergencyAccessFeed",
}
