"""Hospitals, wards, rooms and beds as they are set up: by the demo, an import, an administrator.

Each is found by its code or made, so that doing it twice changes nothing; a name that is already
there stays as it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import insert

import models
from models.rules.beds import BedStatus
from resolvers import critical_rules, inputs
from resolvers.database import Connection, Statement
from resolvers.transaction import Transaction


async def create_hospital(
    connection: Connection, code: str, name: str, time_zone: str = "UTC", *, now: datetime
) -> UUID:
    """The hospital with this code, made if it is not there, with what none may be without: its
    event counter, and the critical rules that ship (a result that nothing judges alerts nobody).
    """
    async with connection.transaction():
        hospital_id = await _found_or_made(
            connection,
            _HOSPITAL,
            code=inputs.text(code, "code"),
            name=inputs.text(name, "name"),
            time_zone=time_zone,
        )
        tx = Transaction(cast("asyncpg.Connection[Any]", connection), hospital_id, now)
        await critical_rules.install_starter(tx)
    return hospital_id


async def create_ward(connection: Connection, hospital_id: UUID, code: str, name: str) -> UUID:
    """The ward of the hospital with this code, made if it is not there."""
    return await _found_or_made(
        connection,
        _WARD,
        hospital_id=hospital_id,
        code=inputs.text(code, "code"),
        name=inputs.text(name, "name"),
    )


async def create_room(connection: Connection, hospital_id: UUID, ward_id: UUID, code: str) -> UUID:
    """The room of the ward with this code, made if it is not there."""
    return await _found_or_made(
        connection,
        _ROOM,
        hospital_id=hospital_id,
        ward_id=ward_id,
        code=inputs.text(code, "code"),
    )


async def create_bed(
    connection: Connection,
    hospital_id: UUID,
    ward_id: UUID,
    code: str,
    *,
    room_id: UUID | None = None,
    status: BedStatus = BedStatus.UNOCCUPIED,
) -> UUID:
    """The bed of the ward with this code, made with `status` if it is not there.

    OCCUPIED is not for making a bed: only a stay occupies one.
    """
    if status is BedStatus.OCCUPIED:
        raise ValueError("a bed becomes OCCUPIED by a stay alone")
    return await _found_or_made(
        connection,
        _BED,
        hospital_id=hospital_id,
        ward_id=ward_id,
        room_id=room_id,
        code=inputs.text(code, "code"),
        status=status.value,
    )


async def hospital_by_code(connection: Connection, code: str) -> UUID | None:
    """The hospital with this code."""
    found: UUID | None = await connection.fetchval(_BY_CODE.sql, *_BY_CODE.bind({"code": code}))
    return found


_BY_CODE = Statement(select(models.Hospital.id).where(models.Hospital.code == bindparam("code")))


class _Place:
    """Insert-or-find of one kind of place by its natural key."""

    def __init__(
        self, model: type[models.Base], columns: tuple[str, ...], key: tuple[str, ...]
    ) -> None:
        table = model.__table__
        made = (
            insert(model)
            .values({name: bindparam(name, type_=table.c[name].type) for name in ("id", *columns)})
            .on_conflict_do_nothing(index_elements=list(key))
            .returning(table.c.id)
        )
        self.make = Statement(made)
        self.find = Statement(
            select(table.c.id).where(*(table.c[name] == bindparam(name) for name in key))
        )


_HOSPITAL = _Place(models.Hospital, ("code", "name", "time_zone"), ("code",))
_WARD = _Place(models.Ward, ("hospital_id", "code", "name"), ("hospital_id", "code"))
_ROOM = _Place(models.Room, ("hospital_id", "ward_id", "code"), ("ward_id", "code"))
_BED = _Place(
    models.Bed, ("hospital_id", "ward_id", "room_id", "code", "status"), ("ward_id", "code")
)
_COUNTER = Statement(
    insert(models.EventCounter)
    .values(hospital_id=bindparam("hospital_id"))
    .on_conflict_do_nothing(index_elements=["hospital_id"])
)


async def _found_or_made(connection: Connection, place: _Place, **values: object) -> UUID:
    found = await connection.fetchval(place.find.sql, *place.find.bind(values))
    if found is None:
        values["id"] = models.new_id()
        found = await connection.fetchval(place.make.sql, *place.make.bind(values))
    if found is None:  # made by somebody else in between
        found = await connection.fetchval(place.find.sql, *place.find.bind(values))
    if place is _HOSPITAL:
        await connection.execute(_COUNTER.sql, *_COUNTER.bind({"hospital_id": found}))
    row_id: UUID = found
    return row_id
