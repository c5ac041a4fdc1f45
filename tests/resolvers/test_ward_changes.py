"""Wards and beds that come, get another name, and go: with their history, and from under nobody."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import pytest

import models
from models.rules.beds import BedStatus
from models.rules.isolations import IsolationKind
from models.rules.roles import Role
from resolvers import admissions, beds, ids, isolations, users, ward_changes
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from schema.execution import Engine
from tests.resolvers.conftest import founded
from tests.resolvers.laboratory import alerts, potassium, take

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def work(house: House, name: str, /, *, role: Role = Role.ADMIN, **given: Any) -> Any:
    """Call a mutation's resolver in a transaction of its own; the id of what it answers."""
    async with house.begin() as tx:
        made = await getattr(ward_changes, name)(tx, house.actor(role), **given)
    [row_id] = made.values()
    return row_id


def ward(house: House, code: str = "med") -> str:
    return ids.encode(models.Ward, house.wards[code])


async def ask(house: House, text: str) -> Any:
    engine = Engine(house.pool, house.pool, DEFAULT_POLICY, lambda _: None)
    admin = await house.signed_in(Role.ADMIN, "med")
    body = orjson.loads(await engine.execute(GraphQLRequest(text, None, {}), admin))
    assert "errors" not in body, body
    return body["data"]


async def history(house: House, bed: str) -> list[tuple[str, str, str, str | None]]:
    rows = await house.pool.fetch(
        "SELECT kind, from_status, to_status, reason FROM bed_transitions WHERE bed_id = $1"
        " ORDER BY occurred_at",
        ids.decode(models.Bed, bed),
    )
    return [tuple(row) for row in rows]


async def test_a_ward_and_a_bed_are_added_and_used(house: House) -> None:
    new = ids.encode(models.Ward, await work(house, "add_ward", code=" NEW ", name="New ward"))
    bed = ids.encode(models.Bed, await work(house, "add_bed", ward_id=new, code="1"))
    patient = await house.patient()
    await house.admitted(patient, bed)
    listed = await ask(house, "{ wards { code name beds { code status } } }")
    assert {"code": "NEW", "name": "New ward", "beds": [{"code": "1", "status": "OCCUPIED"}]} in (
        listed["wards"]
    )
    assert await house.events(new) == ["WardAdded"]
    assert await house.events(bed) == ["BedAdded", "PatientAdmitted"]
    assert (await history(house, bed))[0] == ("ADDED", "UNOCCUPIED", "UNOCCUPIED", None)
    told = await house.pool.fetchval(
        "SELECT ward_id FROM events WHERE kind = 'BedAdded' AND hospital_id = $1", house.id
    )
    assert ids.encode(models.Ward, told) == new, "who is at the ward hears it"


async def test_a_code_is_given_once(house: House) -> None:
    with pytest.raises(Conflict, match="ward of this code"):
        await work(house, "add_ward", code="MED", name="Another")
    for name, given in (("add_bed", {"ward_id": ward(house)}), ("change_bed", {})):
        bed = await house.bed()
        taken = (await house.row(models.Bed, bed))["code"]
        more = given or {"bed_id": await house.bed()}
        with pytest.raises(Conflict, match="bed of this code"):
            await work(house, name, **more, code=taken)
    # Of another ward it may be the same.
    await work(house, "add_bed", ward_id=ward(house, "icu"), code=taken)


async def test_of_many_who_add_the_same_one_does(house: House) -> None:
    for name, given in (
        ("add_ward", {"code": "NEW", "name": "New"}),
        ("add_bed", {"ward_id": ward(house), "code": "NEW"}),
    ):
        async with asyncio.timeout(30):
            ended = await asyncio.gather(
                *(work(house, name, **given) for _ in range(6)), return_exceptions=True
            )
        assert sum(isinstance(each, Conflict) for each in ended) == 5, ended


async def test_a_ward_and_a_bed_get_another_name(house: House) -> None:
    bed = await house.bed()
    await work(house, "change_ward", ward_id=ward(house), name="Medicine")
    await work(house, "change_bed", bed_id=bed, code="12a")
    assert (await house.row(models.Ward, house.wards["med"]))["name"] == "Medicine"
    assert (await house.row(models.Bed, bed))["code"] == "12a"
    assert await house.events(ward(house)) == ["WardChanged"]
    assert await house.events(bed) == ["BedChanged"]
    # The same again is no change.
    await work(house, "change_ward", ward_id=ward(house), name="Medicine")
    await work(house, "change_bed", bed_id=bed, code="12a")
    assert len(await house.events(bed)) == len(await house.events(ward(house))) == 1


OCCUPANCY = '{ ward(code: "MED") { occupancy { beds closed available } beds { id } } }'


async def test_a_retired_bed_is_in_no_list_and_its_history_stays(house: House) -> None:
    bed, other = await house.bed(), await house.bed()
    await work(house, "retire_bed", bed_id=bed, reason="sold")
    assert await history(house, bed) == [("RETIRED", "UNOCCUPIED", "CLOSED", "sold")]
    assert await house.events(bed) == ["BedRetired"]
    seen = (await ask(house, OCCUPANCY))["ward"]
    assert seen["beds"] == [{"id": other}]
    assert seen["occupancy"] == {"beds": 1, "closed": 0, "available": 1}
    text = f'{{ node(id: "{bed}") {{ ... on Bed {{ retiredAt history {{ totalCount }} }} }} }}'
    node = (await ask(house, text))["node"]
    assert node["retiredAt"] is not None
    assert node["history"]["totalCount"] == 1


async def test_a_retired_bed_takes_nobody_and_nothing_is_done_with_it(house: House) -> None:
    bed, patient = await house.bed(), await house.patient()
    await work(house, "retire_bed", bed_id=bed)
    with pytest.raises(Conflict, match="CLOSED"):
        await house.admitted(patient, bed)
    admission = await house.admitted(patient, await house.bed())
    admin = house.actor(Role.ADMIN)
    async with house.begin() as tx:
        for refused in (
            beds.reserve_bed(tx, admin, bed_id=bed, patient_id=patient),
            admissions.transfer_patient(tx, admin, admission_id=admission, bed_id=bed),
            beds.set_bed_status(tx, admin, bed_id=bed, status=BedStatus.UNOCCUPIED),
            beds.equip_bed(tx, admin, bed_id=bed, isolation_for=[IsolationKind.DROPLET]),
            ward_changes.change_bed(tx, admin, bed_id=bed, code="other"),
            ward_changes.retire_bed(tx, admin, bed_id=bed),
        ):
            with pytest.raises(Conflict):
                await refused
    with pytest.raises(asyncpg.CheckViolationError, match="retired_is_closed"):
        await house.pool.execute(
            "UPDATE beds SET status = 'UNOCCUPIED' WHERE id = $1", ids.decode(models.Bed, bed)
        )


async def test_to_add_it_again_is_to_bring_it_back(house: House) -> None:
    bed = await house.bed()
    row = await house.row(models.Bed, bed)
    await work(house, "retire_bed", bed_id=bed, reason="lent")
    house.later(minutes=1)
    assert await work(house, "add_bed", ward_id=ward(house), code=row["code"]) == row["id"]
    again = await house.row(models.Bed, bed)
    assert (again["status"], again["retired_at"], again["closed_reason"]) == (
        "UNOCCUPIED",
        None,
        None,
    )
    assert [kind for kind, *_ in await history(house, bed)] == ["RETIRED", "ADDED"]
    await house.admitted(await house.patient(), bed)


async def test_a_bed_in_use_is_not_retired_and_says_what_to_do_first(house: House) -> None:
    bed, patient = await house.bed(), await house.patient()
    admin = house.actor(Role.ADMIN)

    async def refused(match: str) -> list[str]:
        with pytest.raises(Conflict, match=match) as told:
            await work(house, "retire_bed", bed_id=bed)
        allowed: list[str] = told.value.extensions["allowed"]
        return allowed

    async with house.begin() as tx:
        await beds.reserve_bed(tx, admin, bed_id=bed, patient_id=patient)
    assert await refused("reserved") == ["releaseReservation"]
    admission = await house.admitted(patient, bed)
    assert await refused("occupied") == ["dischargePatient", "transferPatient"]
    async with house.begin() as tx:
        await isolations.set_isolation(
            tx, admin, patient_id=patient, kind=IsolationKind.CONTACT, reason="MRSA"
        )
        await admissions.discharge_patient(tx, admin, admission_id=admission)
    assert await refused("CONTAMINATED") == ["setBedStatus"]
    async with house.begin() as tx:
        await beds.set_bed_status(tx, admin, bed_id=bed, status=BedStatus.HOUSEKEEPING)
    await work(house, "retire_bed", bed_id=bed)
    assert (await house.row(models.Bed, bed))["waiting_since"] is None, "nobody cleans it any more"


async def test_a_bed_is_retired_or_taken_and_never_both(house: House) -> None:
    for _ in range(6):
        bed, patient = await house.bed(), await house.patient()
        async with asyncio.timeout(30):
            ended = await asyncio.gather(
                work(house, "retire_bed", bed_id=bed),
                house.admitted(patient, bed),
                return_exceptions=True,
            )
        assert sum(isinstance(each, Conflict) for each in ended) == 1, ended


async def test_a_ward_is_retired_with_its_beds_and_comes_back_without(house: House) -> None:
    here = [await house.bed() for _ in range(3)]
    nurse = await house.signed_in(Role.NURSE, "med")
    await work(house, "retire_ward", ward_id=ward(house), reason="rebuilt")
    for bed in here:
        assert await history(house, bed) == [("RETIRED", "UNOCCUPIED", "CLOSED", "rebuilt")]
    assert await house.events(ward(house)) == ["WardRetired"]
    text = '{ wards { code } viewer { wards { code } } ward(code: "MED") { id } users { nodes {'
    told = await ask(house, f"{text} username wards }} }} }}")
    assert [one["code"] for one in told["wards"]] == ["ICU"]
    assert told["viewer"]["wards"] == [{"code": "ICU"}]
    assert told["ward"] is None
    assert {"username": nurse.username, "wards": []} in told["users"]["nodes"]
    with pytest.raises(Conflict, match="retired"):
        await work(house, "add_bed", ward_id=ward(house), code="9")
    async with house.pool.acquire() as connection:
        with pytest.raises(NotFound):
            await users.wards_of(connection, house.id, ["MED"])
    assert await work(house, "add_ward", code="MED", name="Rebuilt") == house.wards["med"]
    seen = await ask(house, '{ ward(code: "MED") { name retiredAt beds { id } } }')
    assert seen["ward"] == {"name": "Rebuilt", "retiredAt": None, "beds": []}


async def test_a_ward_in_use_is_not_retired_and_none_of_its_beds_is(house: House) -> None:
    free = await house.bed()
    patient, bed = await house.patient(), await house.bed()
    admission = await house.admitted(patient, bed)
    with pytest.raises(Conflict, match="occupied") as refused:
        await work(house, "retire_ward", ward_id=ward(house))
    code = (await house.row(models.Bed, bed))["code"]
    assert refused.value.extensions["bed"] == code
    assert (await house.row(models.Bed, free))["retired_at"] is None
    await take(house, potassium(house, patient, "7.4"))
    assert len(await alerts(house, patient)) == 1
    async with house.begin() as tx:
        await admissions.discharge_patient(tx, house.actor(Role.ADMIN), admission_id=admission)
    with pytest.raises(Conflict, match="critical results are open") as refused:
        await work(house, "retire_ward", ward_id=ward(house))
    assert refused.value.extensions["allowed"] == ["acknowledgeCriticalResult"]
    assert (await house.row(models.Bed, free))["retired_at"] is None


async def test_what_cannot_be_a_name_and_what_is_not_there(house: House) -> None:
    for name, given, field in (
        ("add_ward", {"code": " ", "name": "N"}, "code"),
        ("add_ward", {"code": "N", "name": ""}, "name"),
        ("add_bed", {"ward_id": ward(house), "code": "x" * 201}, "code"),
        ("change_ward", {"ward_id": ward(house), "name": "\0"}, "name"),
    ):
        with pytest.raises(BadInput) as refused:
            await work(house, name, **given)
        assert refused.value.extensions["field"] == field
    other = await founded(house.pool)
    elsewhere = await other.bed()
    for name, given, field in (
        ("retire_bed", {"bed_id": elsewhere}, "bedId"),
        ("change_bed", {"bed_id": elsewhere, "code": "1"}, "bedId"),
        ("retire_ward", {"ward_id": ward(other)}, "wardId"),
        ("add_bed", {"ward_id": ward(other), "code": "1"}, "wardId"),
    ):
        with pytest.raises(NotFound) as nothing:
            await work(house, name, **given)
        assert nothing.value.extensions["field"] == field


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMIN])
async def test_administrators_alone_change_wards(house: House, role: Role) -> None:
    with pytest.raises(Forbidden):
        await work(house, "retire_ward", role=role, ward_id=ward(house))
