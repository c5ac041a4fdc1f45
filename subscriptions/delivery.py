"""Delivery: a page of the log on its way to a group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from resolvers.actors import Actor
from subscriptions.feeds import FeedEvents
from subscriptions.subscriber import Group, Subscriber

AT_ONCE = 250
"""Subscribers who are given a frame before others have their turn: requests are answered while the
rest of three thousand wait."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A page as a group hears it, and who was in the group when the page was taken. `actor` is one
    of them as they stood then: when the frame is made, they may have other rights than the group.
    """

    group: Group
    members: tuple[Subscriber, ...]
    actor: Actor
    events: FeedEvents
    position: int

    def still(self, members: Sequence[Subscriber]) -> list[Subscriber]:
        """Those of its members who are in the group since before the page: whoever came back to it
        meanwhile has been promised the page from the past."""
        group, position = self.group, self.position
        return [m for m in members if m.group is group and m.joined < position]


async def by_turns(members: Sequence[Subscriber]) -> AsyncIterator[Sequence[Subscriber]]:
    """All of them, AT_ONCE at a time; who they are may change from turn to turn."""
    for start in range(0, len(members), AT_ONCE):
        if start:
            await asyncio.sleep(0)
        yield members[start : start + AT_ONCE]
