"""Users, as the command line, the demo and administrators make them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Uuid,
    bindparam,
    func,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.types import TIMESTAMP, Text

import models
from models.rules.roles import Role
from resolvers import inputs, passwords
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.errors import BadInput, Conflict, NotFound
from resolvers.passwords import Hashed
from resolvers.transaction import Transaction

USERNAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,99}")


async def add_user(
    connection: Connection,
    hospital_id: UUID,
    *,
    username: str,
    display_name: str,
    password: str | Hashed,
    roles: Iterable[Role],
    ward_codes: Iterable[str] = (),
    patient_mrn: str | None = None,
    by: UUID | None = None,
    now: datetime | None = None,
) -> UUID:
    """Add a user with roles and wards; `patient_mrn` is the own record of a PATIENT. `by` adds it,
    at `now` (None: the time of the database).

    `username` is taken in lower case and is unique over all hospitals: CONFLICT where it is there
    already (nothing is changed then), NOT_FOUND where a ward or the patient is not.
    """
    name = username.strip().lower()
    if not USERNAME.fullmatch(name):
        raise BadInput(
            "a username has 1 to 100 letters, digits and . _ @ -",
            field="username",
            limit="a-z 0-9 . _ @ -",
        )
    granted = granted_roles(roles)
    shown = inputs.text(display_name, "displayName")
    if await connection.fetchval(_EXISTS.sql, *_EXISTS.bind({"username": name})):
        raise Conflict("there is a user of this name already", field="username")
    if not isinstance(password, Hashed):
        password = Hashed(await passwords.hash_password(password))
    async with connection.transaction():
        wards = await wards_of(connection, hospital_id, sorted(set(ward_codes)))
        patient_id = await _patient(connection, hospital_id, patient_mrn)
        user_id: UUID | None = await connection.fetchval(
            _ADD.sql,
            *_ADD.bind(
                {
                    "id": models.new_id(),
                    "hospital_id": hospital_id,
                    "username": name,
                    "display_name": shown,
                    "password_hash": password,
                    "patient_id": patient_id,
                    "by": by,
                    "now": now,
                }
            ),
        )
        if user_id is None:
            raise Conflict("there is a user of this name already", field="username")
        await connection.executemany(
            _ADD_ROLE.sql, [_ADD_ROLE.bind({"user_id": user_id, "role": role}) for role in granted]
        )
        await connection.executemany(
            _ADD_WARD.sql, [_ADD_WARD.bind({"user_id": user_id, "ward_id": ward}) for ward in wards]
        )
    return user_id


async def set_password(
    connection: Connection, *, username: str, password: str, now: datetime
) -> None:
    """Give a user another password; it ends every session of the user. NOT_FOUND if unknown."""
    password_hash = await passwords.hash_password(password)
    async with connection.transaction():
        user_id = await connection.fetchval(
            _SET_PASSWORD.sql,
            *_SET_PASSWORD.bind(
                {"name": username.strip().lower(), "hash": password_hash, "now": now}
            ),
        )
        if user_id is None:
            raise NotFound("there is no user of this name", field="username")
        await connection.execute(
            _END_SESSIONS.sql, *_END_SESSIONS.bind({"user": user_id, "now": now})
        )


async def create_user(
    tx: Transaction,
    actor: Actor,
    *,
    username: str,
    display_name: str,
    password: Hashed,
    roles: Sequence[Role],
    wards: Sequence[str] = (),
    patient_mrn: str | None = None,
) -> dict[str, Any]:
    """See `add_user`. The password is handed over, and changed by whom it is for."""
    user_id = await add_user(
        tx.connection,
        tx.hospital_id,
        username=username,
        display_name=display_name,
        password=password,
        roles=roles,
        ward_codes=wards,
        patient_mrn=patient_mrn,
        by=actor.user_id,
        now=tx.now,
    )
    return {"user": user_id}


def granted_roles(roles: Iterable[Role]) -> list[str]:
    """The roles as they are written; BadInput where there is none."""
    granted = sorted({role.value for role in roles})
    if not granted:
        raise BadInput("a user needs at least one role", field="roles", limit=">= 1")
    return granted


_EXISTS = Statement(
    select(models.User.id).where(models.User.username == bindparam("username", type_=Text()))
)
_ADD = Statement(
    insert(models.User)
    .values(
        {
            name: bindparam(name, type_=models.User.__table__.c[name].type)
            for name in (
                "id",
                "hospital_id",
                "username",
                "display_name",
                "password_hash",
                "patient_id",
            )
        }
        | dict.fromkeys(("created_by", "updated_by"), bindparam("by", type_=Uuid()))
        | dict.fromkeys(
            ("created_at", "updated_at"),
            func.coalesce(bindparam("now", type_=TIMESTAMP(timezone=True)), func.now()),
        )
    )
    .on_conflict_do_nothing(index_elements=["username"])
    .returning(models.User.id)
)
_ADD_ROLE = Statement(
    insert(models.RoleMembership).values(user_id=bindparam("user_id"), role=bindparam("role"))
)
_ADD_WARD = Statement(
    insert(models.WardMembership).values(user_id=bindparam("user_id"), ward_id=bindparam("ward_id"))
)
_SET_PASSWORD = Statement(
    update(models.User)
    .where(models.User.username == bindparam("name"))
    .values(password_hash=bindparam("hash"), updated_at=bindparam("now"))
    .returning(models.User.id)
)
_END_SESSIONS = Statement(
    update(models.Session)
    .where(models.Session.user_id == bindparam("user"), models.Session.revoked_at.is_(None))
    .values(revoked_at=bindparam("now"))
)
_WARDS = Statement(
    select(models.Ward.id, models.Ward.code).where(
        models.Ward.hospital_id == bindparam("hospital"),
        models.Ward.code == func.any(bindparam("codes", type_=ARRAY(Text()))),
        models.Ward.retired_at.is_(None),
    )
)
_PATIENT = Statement(
    select(models.Patient.id).where(
        models.Patient.hospital_id == bindparam("hospital"),
        models.Patient.mrn == bindparam("mrn", type_=Text()),
    )
)


async def wards_of(connection: Connection, hospital_id: UUID, codes: list[str]) -> list[UUID]:
    """The wards of these codes; NOT_FOUND, naming them, where any is not there, or is retired."""
    rows = await connection.fetch(
        _WARDS.sql, *_WARDS.bind({"hospital": hospital_id, "codes": codes})
    )
    missing = sorted(set(codes) - {row["code"] for row in rows})
    if missing:
        raise NotFound(f"no such ward: {', '.join(missing)}", field="wards")
    return [row["id"] for row in rows]


async def _patient(connection: Connection, hospital_id: UUID, mrn: str | None) -> UUID | None:
    if mrn is None:
        return None
    found: UUID | None = await connection.fetchval(
        _PATIENT.sql, *_PATIENT.bind({"hospital": hospital_id, "mrn": mrn})
    )
    if found is None:
        raise NotFound("no patient has this MRN", field="patientMrn")
    return found
