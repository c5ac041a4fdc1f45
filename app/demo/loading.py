"""Writing the demo hospital, through the resolvers that everybody else goes through.

Places and users are found or made one by one. The patients and all their past are one transaction
of the database, so that they are there whole or not at all; within it each step has the time at
which it would have happened, so that a chart reads as if it had been written at the bedside.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, select
from sqlalchemy.types import Text

import models
from app.demo import wards
from app.demo.charts import Charts, Written
from app.demo.histories import FIRST_MRN
from app.demo.users import USERS
from resolvers import hospitals, users
from resolvers.database import Connection, Statement

LOCK = 5_318_008_001
"""Advisory lock of the database: two starts at once load the demo once."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The demo hospital and what this start made; `written` is None where it was there before."""

    hospital_id: UUID
    users: int
    written: Written | None


async def load(
    pool: asyncpg.Pool[Any],
    *,
    password: str,
    now: datetime,
    progress: Progress | None = None,
) -> Loaded:
    """Make what is missing of the demo hospital; what exists stays as it is.

    `password` is for users that are made now; nobody's is changed. `progress` is told in words
    what comes next. Raises BadInput for a password that is too short.
    """
    tell = progress or _silent
    async with pool.acquire() as connection:
        await connection.execute("SELECT pg_advisory_lock($1)", LOCK)
        try:
            tell("wards and beds")
            hospital_id = await hospitals.create_hospital(
                connection, wards.HOSPITAL_CODE, wards.HOSPITAL_NAME, wards.TIME_ZONE, now=now
            )
            fresh = not await is_loaded(connection, hospital_id)
            if fresh:
                async with connection.transaction():
                    await _places(connection, hospital_id)
            tell("users")
            added = await _users(connection, hospital_id, password)
            if not fresh:
                return Loaded(hospital_id, added, None)
            tell("patients and their past")
            async with connection.transaction():
                charts = await Charts.open(connection, hospital_id, now)
                return Loaded(hospital_id, added, await charts.write())
        finally:
            await connection.execute("SELECT pg_advisory_unlock($1)", LOCK)


def _silent(_: str) -> None:
    """Nobody listens."""


async def is_loaded(connection: Connection, hospital_id: UUID) -> bool:
    """Whether the demo's patients are there; they come all at once, after everything else."""
    found: bool = await connection.fetchval(
        _HAS_PATIENTS.sql, *_HAS_PATIENTS.bind({"hospital": hospital_id, "mrn": FIRST_MRN})
    )
    return found


_HAS_PATIENTS = Statement(
    select(
        select(models.Patient.id)
        .where(
            models.Patient.hospital_id == bindparam("hospital"),
            models.Patient.mrn == bindparam("mrn", type_=Text()),
        )
        .exists()
    )
)


async def _places(connection: Connection, hospital_id: UUID) -> None:
    for plan in wards.PLANS:
        ward_id = await hospitals.create_ward(connection, hospital_id, plan.code, plan.name)
        room_ids: dict[str, UUID] = {}
        for room, bed in plan.bed_codes():
            if room not in room_ids:
                room_ids[room] = await hospitals.create_room(connection, hospital_id, ward_id, room)
            await hospitals.create_bed(
                connection, hospital_id, ward_id, bed, room_id=room_ids[room]
            )


async def _users(connection: Connection, hospital_id: UUID, password: str) -> int:
    added = 0
    for user in USERS:
        # Sign-in knows no hospital: a name that is taken in another one is taken here as well.
        if await connection.fetchval(_HAS_USER.sql, *_HAS_USER.bind({"name": user.username})):
            continue
        await users.add_user(
            connection,
            hospital_id,
            username=user.username,
            display_name=user.display_name,
            password=password,
            roles=[user.role],
            ward_codes=user.wards,
        )
        added += 1
    return added


_HAS_USER = Statement(
    select(
        select(models.User.id)
        .where(models.User.username == bindparam("name", type_=Text()))
        .exists()
    )
)
