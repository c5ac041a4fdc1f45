"""Vital signs: one set by hand, many from a sender."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import asyncpg
import pytest

import models
from models.rules.results import IngestOutcome
from models.rules.roles import Role
from models.rules.vitals import Consciousness, VitalParameter
from resolvers import ids, vitals
from resolvers.errors import BadInput, Forbidden, NotFound
from resolvers.vitals import Measurements, NewVitals

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

WELL: dict[str, Any] = {
    "heart_rate": 72,
    "systolic": 120,
    "diastolic": 80,
    "respiratory_rate": 14,
    "temperature": Decimal("36.8"),
    "oxygen_saturation": 98,
    "on_oxygen": False,
    "consciousness": Consciousness.ALERT,
}


async def record(
    house: House, patient: str, role: Role = Role.NURSE, **values: Any
) -> asyncpg.Record:
    async with house.begin() as tx:
        produced = await vitals.record_vitals(
            tx,
            house.actor(role),
            patient_id=patient,
            **({"recorded_at": house.now} | values),
        )
    return await house.row(models.VitalSigns, produced["vitals"])


def taken(house: House, patient: str, external_id: str | None = None, **values: Any) -> NewVitals:
    patient_id = ids.decode(models.Patient, patient)
    assert patient_id is not None
    return NewVitals(
        patient_id=patient_id,
        recorded_at=values.pop("recorded_at", house.now),
        measured=Measurements(**(values or WELL)),
        external_id=external_id,
    )


async def ingest(house: House, *sets: NewVitals, **more: Any) -> list[vitals.Ingested]:
    async with house.begin() as tx:
        return await vitals.ingest(
            tx, house.actor(Role.INTEGRATOR), sets, **({"sender": "monitor"} | more)
        )


async def test_a_set_is_kept_scored_and_heard(house: House) -> None:
    row = await record(house, await house.inpatient(), **WELL)
    assert {name: row[name] for name in WELL} == WELL
    assert (row["news2_applies"], row["news2_total"], row["news2_risk"]) == (True, 0, "LOW")
    event = await house.pool.fetchrow("SELECT * FROM events WHERE subject_id = $1", row["id"])
    assert event is not None
    assert (event["kind"], event["ward_id"]) == ("VitalsRecorded", house.wards["med"])
    assert event["patient_id"] == row["patient_id"]


async def test_the_score_says_what_is_missing(house: House) -> None:
    row = await record(house, await house.inpatient(), heart_rate=135)
    assert row["news2_total"] is None
    assert row["news2_highest_single"] == 3
    assert "temperature" in row["news2_missing"]


@pytest.mark.parametrize("days", [0, 1])
async def test_a_child_has_no_score_until_the_sixteenth_birthday(house: House, days: int) -> None:
    house.now = house.now.replace(day=17)  # a day that every month has
    born = house.now.date().replace(year=house.now.year - 16) + timedelta(days=days)
    row = await record(house, await house.inpatient(born=born), **WELL)
    assert row["news2_applies"] is (days == 0)
    assert row["news2_not_applicable"] == (None if days == 0 else "AGE")
    assert (row["news2_total"] is None) is (days == 1)
    assert row["news2_missing"] == []


async def test_the_age_is_that_of_the_recording(house: House) -> None:
    born = house.now.date().replace(year=house.now.year - 16, day=1)
    patient = await house.inpatient(born=born)
    assert (await record(house, patient, **WELL))["news2_applies"] is True
    earlier = house.now - timedelta(days=32)
    young = await record(house, patient, **(WELL | {"recorded_at": earlier}))
    assert young["news2_applies"] is False
    assert young["news2_total"] is None


async def test_a_birth_date_that_is_not_known_scores_as_an_adult(house: House) -> None:
    row = await record(house, await house.inpatient(born=None), **WELL)
    assert row["news2_total"] == 0


@pytest.mark.parametrize(
    ("column", "field", "wrong", "right"),
    [
        ("heart_rate", "heartRate", 301, 300),
        ("systolic", "systolic", -1, 0),
        ("diastolic", "diastolic", 201, 200),
        ("respiratory_rate", "respiratoryRate", 101, 100),
        ("temperature", "temperature", Decimal("45.1"), Decimal(45)),
        ("temperature", "temperature", Decimal("NaN"), Decimal(25)),
        ("oxygen_saturation", "oxygenSaturation", 101, 100),
        ("weight_kg", "weightKg", Decimal("0.1"), Decimal("0.2")),
        ("height_cm", "heightCm", Decimal(273), Decimal(272)),
        ("pain_score", "painScore", 11, 10),
    ],
)
async def test_the_implausible_is_refused_with_field_and_limit(
    house: House, column: str, field: str, wrong: Any, right: Any
) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{column: wrong})
    assert refused.value.extensions["field"] == field
    assert " to " in refused.value.extensions["limit"]
    assert str(wrong) not in refused.value.message
    assert (await record(house, patient, **{column: right}))[column] == right


@pytest.mark.parametrize(
    ("column", "confirmed", "impossible", "limit"),
    [
        ("heart_rate", 301, 1000, "0 to 999 /min, whole numbers"),
        ("systolic", 999, -1, "0 to 999 mm[Hg], whole numbers"),
        ("diastolic", 201, 1000, "0 to 999 mm[Hg], whole numbers"),
        ("respiratory_rate", 101, 1000, "0 to 999 /min, whole numbers"),
        ("temperature", Decimal("24.9"), Decimal("50.1"), "0 to 50 Cel"),
        ("temperature", Decimal(0), Decimal("-0.1"), "0 to 50 Cel"),
        ("weight_kg", Decimal(501), Decimal(1000), "0.1 to 999 kg"),
        ("height_cm", Decimal(14), Decimal(301), "1 to 300 cm"),
    ],
)
async def test_the_implausible_is_stored_when_confirmed_unless_it_is_impossible(
    house: House, column: str, confirmed: Any, impossible: Any, limit: str
) -> None:
    patient = await house.inpatient()
    word = VitalParameter(column.upper())
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{column: confirmed})
    assert "confirmed" in refused.value.message
    others = [one for one in VitalParameter if one is not word]
    with pytest.raises(BadInput):
        await record(house, patient, **{column: confirmed}, confirmed=others)
    row = await record(house, patient, **{column: confirmed}, confirmed=[word])
    assert (row[column], row["confirmed"]) == (confirmed, [word])
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{column: impossible}, confirmed=[*VitalParameter])
    assert refused.value.extensions["limit"] == limit
    assert "cannot be confirmed" in refused.value.message
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{column: impossible})
    assert "confirmed" not in refused.value.message


async def test_only_what_needed_it_is_marked_as_confirmed(house: House) -> None:
    row = await record(
        house, await house.inpatient(), **(WELL | {"heart_rate": 320}), confirmed=[*VitalParameter]
    )
    assert row["confirmed"] == ["HEART_RATE"]
    assert row["news2_points_heart_rate"] == 3


@pytest.mark.parametrize(("column", "wrong"), [("oxygen_saturation", 101), ("pain_score", 11)])
async def test_a_share_or_a_scale_cannot_be_confirmed(
    house: House, column: str, wrong: int
) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{column: wrong}, confirmed=[*VitalParameter])
    assert "confirmed" not in refused.value.message


async def test_crossed_pressures_cannot_be_confirmed(house: House) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput):
        await record(house, patient, systolic=80, diastolic=81, confirmed=[*VitalParameter])


async def test_a_sender_confirms_nothing_by_chance(house: House) -> None:
    patient = await house.inpatient()
    [refused] = await ingest(house, taken(house, patient, heart_rate=320))
    assert refused.outcome is IngestOutcome.REJECTED


async def test_the_points_of_each_parameter_are_kept(house: House) -> None:
    row = await record(house, await house.inpatient(), heart_rate=111, on_oxygen=True, systolic=95)
    points = {name: row[name] for name in row.keys() if name.startswith("news2_points_")}  # noqa: SIM118 (a record)
    assert points == dict.fromkeys(points) | {
        "news2_points_heart_rate": 2,
        "news2_points_on_oxygen": 2,
        "news2_points_systolic": 2,
    }
    assert len(points) == 7


async def test_a_diastolic_over_the_systolic_is_refused(house: House) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput) as refused:
        await record(house, patient, systolic=80, diastolic=81)
    assert refused.value.extensions == {
        "code": "BAD_USER_INPUT",
        "field": "diastolic",
        "limit": "<= systolic",
    }
    assert await record(house, patient, systolic=80, diastolic=80)


async def test_an_empty_set_is_refused(house: House) -> None:
    patient = await house.inpatient()
    for nothing in ({}, {"on_oxygen": True}):
        with pytest.raises(BadInput):
            await record(house, patient, **nothing)


async def test_the_future_is_refused(house: House) -> None:
    patient = await house.inpatient()
    with pytest.raises(BadInput) as refused:
        await record(house, patient, heart_rate=70, recorded_at=house.now + timedelta(minutes=6))
    assert refused.value.extensions["field"] == "recordedAt"
    assert await record(house, patient, heart_rate=70, recorded_at=house.now + timedelta(minutes=4))


async def test_scope_and_reach(house: House) -> None:
    elsewhere = await house.inpatient("icu")
    with pytest.raises(NotFound):
        await record(house, elsewhere, **WELL)
    for role in (Role.CLERK, Role.LAB, Role.PHARMACIST, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await record(house, elsewhere, role, **WELL)
    assert await record(house, elsewhere, Role.INTEGRATOR, **WELL)


async def test_many_are_taken_in_and_again_are_the_same(house: House) -> None:
    here, nowhere = await house.inpatient(), await house.patient(born=date(2015, 1, 1))
    sets = [
        taken(house, here, "1"),
        taken(house, nowhere, "2", heart_rate=90),
        taken(house, here, heart_rate=71),
        taken(house, here, "1"),
        taken(house, here, "3", heart_rate=900),
        taken(house, here, "4", on_oxygen=True),
    ]
    first = await ingest(house, *sets)
    assert [each.outcome for each in first] == [
        IngestOutcome.CREATED,
        IngestOutcome.CREATED,
        IngestOutcome.CREATED,
        IngestOutcome.DUPLICATE,
        IngestOutcome.REJECTED,
        IngestOutcome.REJECTED,
    ]
    assert first[3].vital_signs_id == first[0].vital_signs_id
    assert first[4].refusal is not None
    assert first[4].refusal.extensions["field"] == "heartRate"
    row = await house.row(models.VitalSigns, present(first[0].vital_signs_id))
    assert (row["sender"], row["external_id"], row["news2_total"]) == ("monitor", "1", 0)
    assert await house.events(present(first[0].vital_signs_id)) == ["VitalsRecorded"]

    again = await ingest(house, *sets[:2])
    assert [each.outcome for each in again] == [IngestOutcome.DUPLICATE] * 2
    assert [each.vital_signs_id for each in again] == [each.vital_signs_id for each in first[:2]]


def present(found: UUID | None) -> UUID:
    assert found is not None
    return found


async def test_a_set_is_never_changed_by_another_of_its_number(house: House) -> None:
    patient = await house.inpatient()
    [first] = await ingest(house, taken(house, patient, "1", heart_rate=70))
    [other] = await ingest(house, taken(house, patient, "1", heart_rate=71))
    assert other.outcome is IngestOutcome.REJECTED
    assert other.refusal is not None
    assert other.refusal.code == "CONFLICT"
    assert (await house.row(models.VitalSigns, present(first.vital_signs_id)))["heart_rate"] == 70
    [elsewhere] = await ingest(house, taken(house, patient, "1", heart_rate=71), sender="other")
    assert elsewhere.outcome is IngestOutcome.CREATED


async def test_old_sets_can_be_taken_in_silence(house: House) -> None:
    patient = await house.inpatient()
    [made] = await ingest(house, taken(house, patient, "1"), events=False)
    assert await house.events(present(made.vital_signs_id)) == []


async def test_a_patient_of_nobody_is_rejected_alone(house: House) -> None:
    stranger = ids.encode(models.Patient, models.new_id())
    bad, good = await ingest(house, taken(house, stranger), taken(house, await house.inpatient()))
    assert bad.outcome is IngestOutcome.REJECTED
    assert good.outcome is IngestOutcome.CREATED
    assert await ingest(house) == []
