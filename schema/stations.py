"""Stations: who listens at a ward at this moment."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

import strawberry
from sqlalchemy import TIMESTAMP, ColumnElement, FromClause, Uuid, or_
from sqlalchemy.types import TypeEngine

import models
from resolvers.actors import Actor
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import HOSPITAL
from resolvers.reading.sources import looked_up, there_is
from resolvers.reading.statements import Plan
from schema.fields import column, expression

STATION_COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "ward_id": Uuid(),
    "user_id": Uuid(),
    "since": TIMESTAMP(timezone=True),
}
"""A station as the live channel tells of it; without a ward it hears every ward."""


class Presence(Protocol):
    """Knows the stations of a hospital."""

    async def stations(self, hospital_id: UUID) -> bytes | None:
        """Its rows as JSON, each with its `index`; None while that is not known."""


async def stations_for(plan: Plan, presence: Presence | None, actor: Actor) -> dict[str, Any]:
    """What a plan that asks for stations is given with its run."""
    if presence is None or not plan.asks("stations"):
        return {}
    return {"stations": await presence.stations(actor.hospital_id)}


def at_ward(ward: FromClause, station: FromClause) -> ColumnElement[bool]:
    """The stations of a ward, of the users whom the hospital has."""
    user = alias_of(models.User, "station_user")
    known = there_is(user, user.c.id == station.c.user_id, user.c.hospital_id == HOSPITAL)
    return known & or_(station.c.ward_id.is_(None), station.c.ward_id == ward.c.id)


def _of_user(name: str) -> Any:
    def of(station: FromClause) -> ColumnElement[Any]:
        user = alias_of(models.User)
        return looked_up(user.c[name], user, user.c.id == station.c.user_id)

    return expression(of)


@strawberry.type(description="Somebody who is signed in at a screen with an open live feed.")
class Station:
    """One for each session; a feed of no ward in particular is at every ward that it hears."""

    username: str = _of_user("username")
    name: str = _of_user("display_name")
    since: datetime = column()
