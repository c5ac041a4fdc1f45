"""Breaking the glass: who is found, how often, until when it is open, and what a review says."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

import models
from models.rules.emergency_access import EmergencyAccessOutcome
from models.rules.roles import Role
from models.rules.scopes import Reach, Scope, rights
from resolvers import emergency_access, ids, medications, vitals
from resolvers.actors import Actor
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound, Throttled
from tests.resolvers.conftest import House

REASON = "found unconscious in the corridor"
BORN = date(1950, 5, 1)


async def broken(house: House, actor: Actor, **named: Any) -> dict[str, Any]:
    """Break the glass; what it produced."""
    async with house.begin() as tx:
        return await emergency_access.break_glass(tx, actor, reason=REASON, **named)


async def opened(house: House, actor: Actor, **named: Any) -> str:
    """Break the glass; the public id of the emergency access."""
    produced = await broken(house, actor, **named)
    return ids.encode(models.EmergencyAccess, produced["emergency_access"])


async def now_of(house: House, actor: Actor) -> Actor:
    """The actor as a look-up finds it at the house's time."""
    found = await house.looked_up(actor.session_id)
    assert found is not None
    return found


# -- who is found ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE])
async def test_one_patient_is_opened_by_id_and_by_mrn(house: House, role: Role) -> None:
    patient = await house.inpatient("icu")
    actor = house.actor(role)
    by_id = await broken(house, actor, patient_id=patient)
    assert ids.encode(models.Patient, by_id["patient"]) == patient
    mrn = (await house.row(models.Patient, patient))["mrn"]
    assert (await broken(house, actor, mrn=f" {mrn} "))["patient"] == by_id["patient"]
    row = await house.row(models.EmergencyAccess, by_id["emergency_access"])
    assert (row["user_id"], row["reason"]) == (actor.user_id, REASON)
    assert row["expires_at"] - row["opened_at"] == timedelta(hours=4)


async def test_a_family_name_and_birth_date_name_one_patient_exactly(house: House) -> None:
    patient = await house.patient(family="Ólafsdóttir")
    await house.patient(family="Ólafsdóttir", born=date(1950, 5, 2))
    await house.patient(family="Ólafsdóttir Smith")
    actor = house.actor(Role.DOCTOR, wards=())
    found = await broken(house, actor, family_name="ólafsDÓTTIR", birth_date=BORN)
    assert ids.encode(models.Patient, found["patient"]) == patient
    for name in ("Ólafsdótti", "%", "Ólafsdóttir Given"):
        with pytest.raises(NotFound) as nobody:
            await broken(house, actor, family_name=name, birth_date=BORN)
        assert nobody.value.extensions["field"] == "familyName"


async def test_a_name_of_several_is_told_and_opens_nobody(house: House) -> None:
    await house.patient(family="Twin")
    await house.patient(family="twin")
    actor = house.actor(Role.DOCTOR, wards=())
    with pytest.raises(Conflict, match="MRN"):
        await broken(house, actor, family_name="Twin", birth_date=BORN)
    assert await count(house, "emergency_accesses") == 0
    assert await count(house, "emergency_access_attempts") == 1


async def test_nobody_of_another_hospital_is_found(house: House, pool: Any) -> None:
    other = await pool.fetchval("SELECT id FROM hospitals WHERE id <> $1 LIMIT 1", house.id)
    if other is None:
        other = models.new_id()
        await pool.execute(
            "INSERT INTO hospitals (id, code, name) VALUES ($1, $2, 'x')", other, other.hex
        )
    stranger = models.new_id()
    await pool.execute(
        "INSERT INTO patients (id, hospital_id, mrn, given_name, family_name, sex, birth_date)"
        " VALUES ($1, $2, $3, 'G', 'Stranger', 'FEMALE', $4)",
        stranger,
        other,
        f"S{stranger}",
        BORN,
    )
    actor = house.actor(Role.NURSE)
    for named in (
        {"patient_id": ids.encode(models.Patient, stranger)},
        {"mrn": f"S{stranger}"},
        {"family_name": "Stranger", "birth_date": BORN},
    ):
        with pytest.raises(NotFound):
            await broken(house, actor, **named)


@pytest.mark.parametrize(
    ("named", "field"),
    [
        ({}, "input"),
        ({"patient_id": "pat_x", "mrn": "M1"}, "input"),
        ({"mrn": "M1", "birth_date": BORN}, "input"),
        ({"family_name": "Family"}, "birthDate"),
        ({"birth_date": BORN}, "familyName"),
        ({"mrn": " "}, "mrn"),
    ],
)
async def test_a_patient_is_named_in_one_way(
    house: House, named: dict[str, Any], field: str
) -> None:
    with pytest.raises(BadInput) as wrong:
        await broken(house, house.actor(Role.DOCTOR), **named)
    assert wrong.value.extensions["field"] == field


@pytest.mark.parametrize("reason", ["", "  too short ", "x" * 2_001, "bell\a and whistle"])
async def test_a_reason_is_needed(house: House, reason: str) -> None:
    patient = await house.inpatient("icu")
    async with house.begin() as tx:
        with pytest.raises(BadInput) as wrong:
            await emergency_access.break_glass(
                tx, house.actor(Role.DOCTOR), reason=reason, patient_id=patient
            )
    assert wrong.value.extensions["field"] == "reason"


# -- who may, and how often ------------------------------------------------------------------------


async def test_only_the_bedside_may(house: House) -> None:
    patient = await house.inpatient("icu")
    for role in (Role.LAB, Role.PHARMACIST, Role.CLERK, Role.AUDITOR, Role.PATIENT):
        with pytest.raises(Forbidden):
            await broken(house, house.actor(role), patient_id=patient)


async def test_whoever_sees_the_patient_breaks_nothing(house: House) -> None:
    patient = await house.inpatient("med")
    row_id = ids.decode(models.Patient, patient)
    assert row_id is not None
    treating = replace(house.actor(Role.DOCTOR, wards=()), treated=(row_id,))
    for actor in (house.actor(Role.NURSE), treating, house.actor(Role.ADMIN, wards=())):
        with pytest.raises(Conflict, match="already"):
            await broken(house, actor, patient_id=patient)
    # Registering somebody is no way to read their chart.
    await broken(house, house.actor(Role.NURSE, Role.CLERK, wards=()), patient_id=patient)


async def test_attempts_are_counted_found_or_not(house: House) -> None:
    patient = await house.inpatient("icu")
    actor = house.actor(Role.DOCTOR)
    for number in range(house.policy.emergency_access_attempts - 1):
        with pytest.raises(NotFound):
            await broken(house, actor, mrn=f"nobody {number}")
    await broken(house, actor, patient_id=patient)
    for named in ({"patient_id": patient}, {"mrn": "nobody"}):
        with pytest.raises(Throttled) as throttled:
            await broken(house, actor, **named)
    assert throttled.value.extensions["retryAfter"] == 3600
    # Somebody else goes on; and so does the same user when the window has gone by.
    await broken(house, house.actor(Role.NURSE), patient_id=patient)
    house.later(hours=1, seconds=1)
    await broken(house, actor, patient_id=patient)


async def test_attempts_are_forgotten_when_nobody_counts_them(house: House) -> None:
    with pytest.raises(NotFound):
        await broken(house, house.actor(Role.DOCTOR), mrn="nobody")
    async with house.pool.acquire() as connection:
        for later, left in ((0, 1), (2, 0)):
            await emergency_access.forget_attempts(
                connection, now=house.later(hours=later), policy=house.policy
            )
            assert await count(house, "emergency_access_attempts") == left


async def test_what_is_refused_for_its_form_is_no_attempt(house: House) -> None:
    for _ in range(house.policy.emergency_access_attempts + 1):
        with pytest.raises(BadInput):
            await broken(house, house.actor(Role.DOCTOR))
    assert await count(house, "emergency_access_attempts") == 0


# -- what it opens, and until when -----------------------------------------------------------------


async def test_it_is_open_until_its_time_whether_or_not_a_clock_runs(house: House) -> None:
    patient = await house.inpatient("icu")
    actor = await house.signed_in(Role.DOCTOR)
    before = await now_of(house, actor)
    assert (before.opened, before.opened_until, before.rights) == ((), None, actor.rights)
    await broken(house, actor, patient_id=patient)
    during = await now_of(house, actor)
    assert during.opened == (ids.decode(models.Patient, patient),)
    assert during.opened_until == house.now + timedelta(hours=4)
    assert during.rights is rights(actor.roles, opened=True)
    assert during.reaches(Scope.VITALS_READ) == {Reach.TREATMENT, Reach.OPENED}
    house.later(hours=4)
    after = await now_of(house, actor)
    assert (after.opened, after.opened_until, after.rights) == ((), None, before.rights)


async def test_whoever_opened_a_patient_treats_them_and_nobody_else(house: House) -> None:
    patient, another = await house.inpatient("icu"), await house.inpatient("icu")
    actor = await house.signed_in(Role.DOCTOR)
    await broken(house, actor, patient_id=patient)
    actor = await now_of(house, actor)

    async def treat(whom: str) -> None:
        async with house.begin() as tx:
            await vitals.record_vitals(
                tx, actor, patient_id=whom, recorded_at=house.now, heart_rate=140
            )
            await medications.order_medication(tx, actor, patient_id=whom, drug="adrenaline")

    await treat(patient)
    with pytest.raises(NotFound):
        await treat(another)
    house.later(hours=5)
    actor = await now_of(house, actor)
    with pytest.raises(NotFound):
        await treat(patient)


async def test_it_ends_by_hand(house: House) -> None:
    patient = await house.inpatient("icu")
    actor = await house.signed_in(Role.NURSE)
    access = await opened(house, actor, patient_id=patient)
    house.later(minutes=10)
    await end(house, actor, access)
    row = await house.row(models.EmergencyAccess, access)
    assert (row["ended_at"], row["ended_by"]) == (house.now, actor.user_id)
    assert (await now_of(house, actor)).opened == ()
    assert await house.events(access) == ["GlassBroken", "EmergencyAccessEnded"]
    with pytest.raises(Conflict, match="ended already"):
        await end(house, actor, access)


async def test_only_who_opened_it_and_who_reviews_end_it(house: House) -> None:
    patient = await house.inpatient("icu")
    access = await opened(house, house.actor(Role.NURSE), patient_id=patient)
    for role in (Role.DOCTOR, Role.CHARGE_NURSE):
        with pytest.raises(NotFound):
            await end(house, house.actor(role), access)
    with pytest.raises(Forbidden):
        await end(house, house.actor(Role.CLERK), access)
    await end(house, house.actor(Role.AUDITOR), access)
    assert (await house.row(models.EmergencyAccess, access))["ended_by"] == house.users[
        Role.AUDITOR
    ]


async def test_another_one_ends_the_first(house: House) -> None:
    patient = await house.inpatient("icu")
    actor = await house.signed_in(Role.DOCTOR)
    first = await opened(house, actor, patient_id=patient)
    house.later(hours=3)
    second = await opened(house, await now_of(house, actor), patient_id=patient)
    row = await house.row(models.EmergencyAccess, first)
    assert (row["ended_at"], row["ended_by"]) == (house.now, actor.user_id)
    assert (await now_of(house, actor)).opened_until == house.now + timedelta(hours=4)
    house.later(hours=5)
    third = await opened(house, actor, patient_id=patient)
    row = await house.row(models.EmergencyAccess, second)
    assert (row["ended_at"], row["ended_by"]) == (row["expires_at"], None)
    assert (await house.row(models.EmergencyAccess, third))["ended_at"] is None


async def test_the_end_by_time_is_told_once(house: House) -> None:
    access = await opened(house, house.actor(Role.DOCTOR), patient_id=await house.inpatient("icu"))
    for later, told in ((0, 0), (4, 1), (1, 0)):
        house.later(hours=later)
        async with house.begin() as tx:
            assert await emergency_access.tell_ended(tx) == told
    row = await house.row(models.EmergencyAccess, access)
    assert (row["ended_at"], row["ended_by"]) == (row["expires_at"], None)
    assert await house.events(access) == ["GlassBroken", "EmergencyAccessEnded"]


# -- the review ------------------------------------------------------------------------------------


async def test_a_review_is_made_once(house: House) -> None:
    access = await opened(house, house.actor(Role.DOCTOR), patient_id=await house.inpatient("icu"))
    await review(house, house.actor(Role.AUDITOR), access, note=" asked the ward ")
    row = await house.row(models.EmergencyAccess, access)
    assert (row["outcome"], row["review_note"]) == ("JUSTIFIED", "asked the ward")
    assert (row["reviewed_at"], row["reviewed_by"]) == (house.now, house.users[Role.AUDITOR])
    assert await house.events(access) == ["GlassBroken", "EmergencyAccessReviewed"]
    with pytest.raises(Conflict, match="reviewed already"):
        await review(house, house.actor(Role.ADMIN), access)


async def test_nobody_reviews_their_own_or_without_the_scope(house: House) -> None:
    both = house.actor(Role.NURSE, Role.AUDITOR, wards=())
    access = await opened(house, both, patient_id=await house.inpatient("icu"))
    with pytest.raises(Conflict, match="their own"):
        await review(house, both, access)
    with pytest.raises(Forbidden):
        await review(house, house.actor(Role.NURSE), access)
    with pytest.raises(NotFound):
        await review(house, house.actor(Role.AUDITOR), "emg_none")


# -- what these tests do ---------------------------------------------------------------------------


async def end(house: House, actor: Actor, access: str) -> None:
    async with house.begin() as tx:
        await emergency_access.end_emergency_access(tx, actor, emergency_access_id=access)


async def review(house: House, actor: Actor, access: str, note: str | None = None) -> None:
    async with house.begin() as tx:
        await emergency_access.review_emergency_access(
            tx,
            actor,
            emergency_access_id=access,
            outcome=EmergencyAccessOutcome.JUSTIFIED,
            note=note,
        )


async def count(house: House, table: str) -> int:
    found: int = await house.pool.fetchval(
        f"SELECT count(*) FROM {table} WHERE hospital_id = $1", house.id
    )
    return found
