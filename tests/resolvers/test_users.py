"""Users and hospitals as they are set up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

import models
from models.rules.beds import BedStatus
from models.rules.roles import Role
from resolvers import hospitals, users
from resolvers.errors import BadInput, Conflict, NotFound

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def add(house: House, **values: Any) -> UUID:
    asked: dict[str, Any] = {
        "username": f"user-{models.new_id()}",
        "display_name": "Some One",
        "password": "wardline",
        "roles": [Role.DOCTOR, Role.ADMIN, Role.DOCTOR],
    }
    async with house.pool.acquire() as connection:
        return await users.add_user(connection, house.id, **(asked | values))


async def test_a_user_has_roles_wards_and_an_own_record(house: House) -> None:
    patient = await house.patient()
    mrn = (await house.row(models.Patient, patient))["mrn"]
    user = await add(house, ward_codes=["MED", "ICU"], patient_mrn=mrn)
    row = await house.row(models.User, user)
    assert row["patient_id"] == UUID(patient.removeprefix("pat_"))
    assert row["password_hash"].startswith("$argon2id$")
    roles = await house.pool.fetch(
        "SELECT role FROM role_memberships WHERE user_id = $1 ORDER BY role", user
    )
    assert [each["role"] for each in roles] == ["ADMIN", "DOCTOR"]
    wards = await house.pool.fetch("SELECT ward_id FROM ward_memberships WHERE user_id = $1", user)
    assert {each["ward_id"] for each in wards} == set(house.wards.values())


async def test_a_name_is_given_once_in_any_case(house: House) -> None:
    name = f"user-{models.new_id()}"
    ended = await asyncio.gather(
        *(add(house, username=each) for each in (name, name.upper(), f" {name}")),
        return_exceptions=True,
    )
    assert sum(isinstance(each, UUID) for each in ended) == 1
    assert sum(isinstance(each, Conflict) for each in ended) == 2


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"username": ""}, "username"),
        ({"username": "two words"}, "username"),
        ({"username": "a" * 101}, "username"),
        ({"password": "short"}, "password"),
        ({"roles": []}, "roles"),
        ({"display_name": ""}, "displayName"),
    ],
)
async def test_a_user_that_cannot_be(house: House, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as refused:
        await add(house, **wrong)
    assert refused.value.extensions["field"] == field


async def test_what_a_user_names_must_be_there(house: House) -> None:
    name = f"user-{models.new_id()}"
    with pytest.raises(NotFound, match="NOWHERE"):
        await add(house, username=name, ward_codes=["MED", "NOWHERE"])
    with pytest.raises(NotFound, match="MRN"):
        await add(house, username=name, patient_mrn="nobody's")
    assert await add(house, username=name), "nothing was left of the refused ones"


async def test_a_password_of_nobody_cannot_be_set(house: House) -> None:
    async with house.pool.acquire() as connection:
        with pytest.raises(NotFound):
            await users.set_password(
                connection, username="nobody-here", password="wardline", now=house.now
            )


async def test_setting_up_twice_changes_nothing(pool: asyncpg.Pool[Any]) -> None:
    code = str(models.new_id())

    async def set_up() -> list[UUID]:
        async with pool.acquire() as connection:
            hospital = await hospitals.create_hospital(
                connection, code, "A hospital", now=datetime.now(UTC)
            )
            ward = await hospitals.create_ward(connection, hospital, "W", "Ward")
            room = await hospitals.create_room(connection, hospital, ward, "R")
            bed = await hospitals.create_bed(
                connection, hospital, ward, "1", room_id=room, status=BedStatus.CLOSED
            )
            assert await hospitals.hospital_by_code(connection, code) == hospital
            return [hospital, ward, room, bed]

    async with asyncio.timeout(30):
        made = await asyncio.gather(*(set_up() for _ in range(6)))
    assert all(each == made[0] for each in made)
    assert await pool.fetchval("SELECT status FROM beds WHERE id = $1", made[0][3]) == "CLOSED"
    counters = await pool.fetchval(
        "SELECT count(*) FROM event_counters WHERE hospital_id = $1", made[0][0]
    )
    assert counters == 1
    async with pool.acquire() as connection:
        assert await hospitals.hospital_by_code(connection, "no such code") is None
        with pytest.raises(ValueError, match="stay"):
            await hospitals.create_bed(
                connection, made[0][0], made[0][1], "2", status=BedStatus.OCCUPIED
            )
