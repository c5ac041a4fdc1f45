"""Who acts in the demo: the users whose names stand under what the demo and its simulator do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Text

import models
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from resolvers.database import Connection, Statement


@dataclass(frozen=True, slots=True)
class Staff:
    """The actors. `system` writes as the administrator's user: the demo's integrator reads back
    what it wrote itself, and must not find the whole hospital there."""

    system: Actor
    admin: Actor
    doctor: Actor
    nurse: Actor
    clerk: Actor

    def bedside(self, ward_id: UUID) -> Actor:
        """Who gives a dose on that ward: its nurse, its doctor, else the administrator, because
        nobody of the demo works on the neonatal ward."""
        for actor in (self.nurse, self.doctor):
            if ward_id in actor.ward_ids:
                return actor
        return self.admin

    def responsible(self, ward_id: UUID | None) -> Actor:
        """Who answers for a ward's critical results: its doctor, else the administrator."""
        return self.doctor if ward_id in self.doctor.ward_ids else self.admin


class NoStaff(Exception):
    """The users of the demo are not there: the demo has not been loaded."""


async def on_duty(connection: Connection, hospital_id: UUID) -> Staff:
    """The demo's users as they stand now. Raises NoStaff where one is missing or disabled."""
    names = ("admin", "doctor", "nurse", "clerk")
    rows = await connection.fetch(
        _USERS.sql, *_USERS.bind({"hospital": hospital_id, "names": list(names)})
    )
    found = {
        row["username"]: Actor(
            hospital_id=hospital_id,
            user_id=row["id"],
            session_id=None,
            username=row["username"],
            roles=(roles := frozenset(Role(role) for role in row["roles"] or ())),
            rights=rights(roles),
            ward_ids=tuple(row["ward_ids"] or ()),
        )
        for row in rows
    }
    missing = sorted(set(names) - found.keys())
    if missing:
        raise NoStaff(f"the demo has no user {', '.join(missing)}")
    roles = frozenset({Role.ADMIN})
    return Staff(
        system=Actor(
            hospital_id=hospital_id,
            user_id=found["admin"].user_id,
            session_id=None,
            username="simulator",
            roles=roles,
            rights=rights(roles),
        ),
        admin=found["admin"],
        doctor=found["doctor"],
        nurse=found["nurse"],
        clerk=found["clerk"],
    )


_ROLES = (
    select(func.array_agg(models.RoleMembership.role))
    .where(models.RoleMembership.user_id == models.User.id)
    .scalar_subquery()
)
_WARDS = (
    select(func.array_agg(models.WardMembership.ward_id))
    .where(models.WardMembership.user_id == models.User.id)
    .scalar_subquery()
)
_USERS = Statement(
    select(models.User.id, models.User.username, _ROLES.label("roles"), _WARDS.label("ward_ids"))
    .where(
        models.User.hospital_id == bindparam("hospital"),
        models.User.username == func.any(bindparam("names", type_=ARRAY(Text()))),
        models.User.disabled_at.is_(None),
    )
    .order_by(models.User.username)
)
