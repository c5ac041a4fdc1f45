"""Who may hear an event: the rights of a subscriber, and what its feed's arguments ask for.

The rule is the one of resolvers/reading/scope.py, as far as an event, which carries ids alone, can
tell; the frame's own statement then reads only rows that the actor may see.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from uuid import UUID

import models
from models.events import Feed
from models.rules.scopes import Reach
from resolvers import ids
from resolvers.actors import Actor
from subscriptions.feeds import FeedPlan
from subscriptions.log import LogEntry


@dataclass(frozen=True, slots=True)
class Place:
    """What a feed's arguments narrow it to. `nowhere`: they name a ward or a patient that is not
    there, so that nothing is heard."""

    ward_id: UUID | None = None
    patient_id: UUID | None = None
    nowhere: bool = False


@dataclass(frozen=True, slots=True)
class Audience:
    """Which events of the log are heard; the same for every member of a group."""

    feed: Feed
    place: Place
    everywhere: bool
    ward_ids: frozenset[UUID]
    patient_ids: frozenset[UUID]

    def hears(self, entry: LogEntry) -> bool:
        """Whether the event is for this audience."""
        place = self.place
        if place.nowhere or entry.feed is not self.feed:
            return False
        if place.ward_id is not None and entry.ward_id != place.ward_id:
            return False
        if place.patient_id is not None and entry.patient_id != place.patient_id:
            return False
        return (
            self.everywhere
            or entry.ward_id in self.ward_ids
            or entry.patient_id in self.patient_ids
        )


def audience(plan: FeedPlan, actor: Actor, place: Place) -> Audience:
    """Who hears a plan's feed with the rights of an actor. A row that somebody AUTHORED is no
    reason to hear of it: an event does not say who wrote its subject."""
    reaches = actor.rights.reaches(plan.scope)
    return Audience(
        plan.feed,
        place,
        Reach.HOSPITAL in reaches,
        frozenset(actor.ward_ids if reaches & _BY_WARD else ()),
        frozenset(
            patient_id
            for reach, patients in _patients(actor).items()
            if reach in reaches
            for patient_id in patients
        ),
    )


def _patients(actor: Actor) -> dict[Reach, tuple[UUID, ...]]:
    """The patients that a reach names one by one."""
    return {
        Reach.TREATMENT: actor.treated,
        Reach.OPENED: actor.opened,
        Reach.OWN: () if actor.patient_id is None else (actor.patient_id,),
    }


_BY_WARD = frozenset({Reach.WARDS, Reach.TREATMENT})


def patient(public_id: str) -> UUID | None:
    """The patient that a feed's argument names; visible or not is the rights' matter."""
    return ids.decode(models.Patient, public_id)


def row_scope(plan: FeedPlan, actor: Actor) -> Hashable:
    """What of the actor decides which rows a frame of the plan shows: those with the same plan and
    the same row scope get the same bytes."""
    uses = plan.reaches
    return (
        tuple(sorted(actor.ward_ids)) if uses & _BY_WARD else None,
        actor.user_id if Reach.AUTHORED in uses else None,
        *(patients if reach in uses else None for reach, patients in _patients(actor).items()),
    )
