"""Care teams: who is put on one, how long it lasts, and what it opens."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

import models
from models.rules.care_teams import CareTeamRole
from models.rules.roles import Role
from models.rules.scopes import Scope, rights
from resolvers import admissions, care_teams, ids, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict, NotFound
from tests.resolvers.conftest import House


async def assign(
    house: House, actor: Actor, patient: str, username: str | None = None
) -> dict[str, Any]:
    async with house.begin() as tx:
        return await care_teams.assign_care_team_member(
            tx, actor, patient_id=patient, role=CareTeamRole.CONSULTANT, username=username
        )


async def end(house: House, actor: Actor, member: UUID) -> None:
    async with house.begin() as tx:
        await care_teams.end_care_team_membership(
            tx, actor, care_team_member_id=ids.encode(models.CareTeamMember, member)
        )


async def team(house: House, patient: str) -> list[Any]:
    return await house.pool.fetch(
        "SELECT * FROM care_team_members WHERE patient_id = $1 ORDER BY started_at",
        ids.decode(models.Patient, patient),
    )


async def doctor(house: House) -> str:
    """The doctor's username, now that the role is in the database as well."""
    await house.pool.execute(
        "INSERT INTO role_memberships (user_id, role) VALUES ($1, 'DOCTOR')",
        house.users[Role.DOCTOR],
    )
    row = await house.row(models.User, house.users[Role.DOCTOR])
    return str(row["username"])


def on_the_team_of(actor: Actor, patient: str) -> Actor:
    row_id = ids.decode(models.Patient, patient)
    assert row_id is not None
    return replace(actor, treated=(row_id,))


async def test_a_doctor_who_admits_attends(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    async with house.begin() as tx:
        await admissions.admit_patient(tx, house.actor(Role.DOCTOR), patient_id=patient, bed_id=bed)
    [member] = await team(house, patient)
    assert (member["user_id"], member["role"]) == (house.users[Role.DOCTOR], "ATTENDER")
    assert (member["started_at"], member["ended_at"]) == (house.now, None)
    assert await team(house, await house.inpatient()) == [], "a clerk attends nobody"


async def test_a_transfer_leaves_the_team_and_a_discharge_gives_it_a_day(house: House) -> None:
    patient, bed = await house.patient(), await house.bed()
    actor = house.actor(Role.DOCTOR)
    async with house.begin() as tx:
        made = await admissions.admit_patient(tx, actor, patient_id=patient, bed_id=bed)
    admission = ids.encode(models.Admission, made["admission"])
    async with house.begin() as tx:
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=admission,
            bed_id=await house.bed("icu"),
        )
    assert [row["ended_at"] for row in await team(house, patient)] == [None]
    house.later(days=2)
    async with house.begin() as tx:
        await admissions.discharge_patient(
            tx, on_the_team_of(actor, patient), admission_id=admission
        )
    [member] = await team(house, patient)
    assert member["ended_at"] == house.now + timedelta(hours=24)


async def test_a_consultant_sees_the_patient_on_any_ward(house: House) -> None:
    patient = await house.inpatient("icu")
    consultant = house.actor(Role.DOCTOR, wards=())
    with pytest.raises(NotFound):
        await assign(house, consultant, patient)
    username = await doctor(house)
    nurse = house.actor(Role.CHARGE_NURSE, wards=("icu",))
    member = (await assign(house, nurse, patient, username.upper()))["care_team_member"]
    row = await house.row(models.CareTeamMember, member)
    assert (row["user_id"], row["role"]) == (house.users[Role.DOCTOR], "CONSULTANT")
    assert row["created_by"] == house.users[Role.CHARGE_NURSE]
    # It is there already, whoever asks.
    for asker in (nurse, on_the_team_of(consultant, patient)):
        with pytest.raises(Conflict, match="already"):
            await assign(house, asker, patient, username)
    await end(house, on_the_team_of(consultant, patient), member)
    assert (await house.row(models.CareTeamMember, member))["ended_at"] == house.now
    with pytest.raises(Conflict, match="ended already"):
        await end(house, nurse, member)


async def test_a_doctor_of_the_ward_joins_without_a_name(house: House) -> None:
    patient = await house.inpatient()
    await assign(house, house.actor(Role.DOCTOR), patient)
    assert [row["user_id"] for row in await team(house, patient)] == [house.users[Role.DOCTOR]]
    with pytest.raises(BadInput) as wrong:
        await assign(house, house.actor(Role.CHARGE_NURSE), patient)
    assert wrong.value.extensions["field"] == "username"


async def test_nobody_but_a_doctor_of_the_hospital_is_named(house: House) -> None:
    patient, actor = await house.inpatient(), house.actor(Role.DOCTOR)
    nurse = (await house.row(models.User, house.users[Role.NURSE]))["username"]
    username = await doctor(house)
    await house.pool.execute("UPDATE users SET disabled_at = now() WHERE username = $1", username)
    for name in (nurse, "nobody", username):
        with pytest.raises(NotFound) as refused:
            await assign(house, actor, patient, name)
        assert refused.value.extensions["field"] == "username"


async def test_only_an_admitted_patient_has_a_team_to_join(house: House) -> None:
    patient = await house.patient()
    doctor_on_tail = on_the_team_of(house.actor(Role.DOCTOR), patient)
    with pytest.raises(Conflict, match="not admitted"):
        await assign(house, doctor_on_tail, patient)


async def test_an_emergency_access_is_no_way_onto_the_team(house: House) -> None:
    patient = await house.inpatient("icu")
    row_id = ids.decode(models.Patient, patient)
    assert row_id is not None
    actor = house.actor(Role.DOCTOR)
    opened = replace(actor, rights=rights(actor.roles, opened=True), opened=(row_id,))
    async with house.begin() as tx:
        found = await visible.row(
            tx,
            opened,
            Scope.PATIENT_READ,
            models.Patient,
            patient,
            field="patientId",
        )
    assert found["id"] == row_id
    with pytest.raises(NotFound):
        await assign(house, opened, patient)
