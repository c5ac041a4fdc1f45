"""Deterioration: sets that ask for somebody, and the one alert of a patient that they leave."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

import models
from models.rules.roles import Role
from models.rules.vitals import Consciousness, VitalParameter
from resolvers import admissions, ids, vitals
from resolvers.errors import Conflict, Forbidden, NotFound, ReadBackDiffers
from resolvers.vitals import Measurements, NewVitals
from tests.resolvers.conftest import House
from tests.resolvers.watched import FIVE, NINE, RED_BREATH, RED_PULSE, SEVEN, SIX, WELL, watched


@pytest.mark.parametrize(
    ("values", "urgency", "rule"),
    [
        (FIVE, "URGENT_REVIEW", "NEWS2 5: urgent review, within 60 min (RCP 2017)"),
        (SEVEN, "EMERGENCY", "NEWS2 7: emergency, within 30 min (RCP 2017)"),
        (
            RED_PULSE,
            "URGENT_REVIEW",
            "NEWS2 3, of which 3 in one parameter: urgent review, within 60 min (RCP 2017)",
        ),
        (
            {"consciousness": Consciousness.PAIN},
            "URGENT_REVIEW",
            (
                "NEWS2 at least 3, of which 3 in one parameter, the set is incomplete:"
                " urgent review, within 60 min (RCP 2017)"
            ),
        ),
    ],
)
async def test_a_set_that_asks_for_somebody_is_an_alert_of_the_ward(
    house: House, values: dict[str, Any], urgency: str, rule: str
) -> None:
    patient = await watched(house)
    vitals_id = await patient.record(**values)
    alert = await patient.alert()
    assert (alert["kind"], alert["urgency"], alert["status"]) == ("DETERIORATION", urgency, "OPEN")
    assert (alert["vital_signs_id"], alert["lab_result_id"]) == (vitals_id, None)
    assert (alert["rule"], alert["ward_id"]) == (rule, house.wards["med"])
    assert alert["next_escalation_at"] > house.now
    heard = await patient.heard()
    assert [row["kind"] for row in heard] == ["VitalsRecorded", "CriticalResultRaised"]
    assert {row["ward_id"] for row in heard} == {house.wards["med"]}


@pytest.mark.parametrize("values", [WELL, WELL | {"on_oxygen": True, "heart_rate": 111}])
async def test_a_set_that_asks_for_nobody_alerts_nobody(
    house: House, values: dict[str, Any]
) -> None:
    patient = await watched(house)
    await patient.record(**values)
    assert await patient.alerts() == []


async def test_what_is_not_worse_joins_without_a_sound_and_what_is_sounds(house: House) -> None:
    patient = await watched(house)
    sets = [await patient.record(**values) for values in (FIVE, WELL, FIVE, SIX, FIVE, SEVEN, SIX)]
    assert await patient.steps() == [
        ("RAISED", sets[0]),
        ("REPEATED", sets[2]),
        ("WORSENED", sets[3]),
        ("REPEATED", sets[4]),
        ("WORSENED", sets[5]),
        ("REPEATED", sets[6]),
    ]
    alert = await patient.alert()
    assert (alert["vital_signs_id"], alert["urgency"]) == (sets[5], "EMERGENCY")
    assert alert["status"] == "OPEN"  # the well one in between closed nothing


async def test_a_three_in_another_parameter_is_worse(house: House) -> None:
    patient = await watched(house)
    first, again, other = [await patient.record(**v) for v in (RED_PULSE, RED_PULSE, RED_BREATH)]
    assert await patient.steps() == [
        ("RAISED", first),
        ("REPEATED", again),
        ("WORSENED", other),
    ]


async def test_an_emergency_is_called_for_by_its_own_clock_and_no_later(house: House) -> None:
    patient = await watched(house)
    await patient.record(**FIVE)
    before = (await patient.alert())["next_escalation_at"]
    house.later(minutes=1)
    await patient.record(**SEVEN)
    alert = await patient.alert()
    assert alert["next_escalation_at"] <= before
    assert alert["told_at"] is None


async def test_the_total_is_read_back(house: House) -> None:
    patient = await watched(house)
    await patient.record(**SEVEN)
    alert = (await patient.alert())["id"]
    with pytest.raises(ReadBackDiffers):
        await patient.acknowledge(alert, 6)
    await patient.acknowledge(alert, 7)
    assert (await patient.alert())["status"] == "ACKNOWLEDGED"


async def test_of_an_incomplete_set_what_its_points_come_to_is_read_back(house: House) -> None:
    patient = await watched(house)
    await patient.record(heart_rate=140, respiratory_rate=30)
    alert = (await patient.alert())["id"]
    with pytest.raises(ReadBackDiffers):
        await patient.acknowledge(alert, 3)
    await patient.acknowledge(alert, 6)
    assert (await patient.alert())["status"] == "ACKNOWLEDGED"


@pytest.mark.parametrize(("values", "total", "minutes"), [(FIVE, 5, 60), (SEVEN, 7, 30)])
async def test_an_acknowledgement_covers_the_response_time(
    house: House, values: dict[str, Any], total: int, minutes: int
) -> None:
    patient = await watched(house)
    first = await patient.record(**values)
    house.later(minutes=9)
    await patient.acknowledge((await patient.alert())["id"], total)
    acknowledged = house.now
    house.now = acknowledged + timedelta(minutes=minutes, microseconds=-1)
    inside = await patient.record(**values)
    assert [kind for kind, _ in await patient.steps()] == ["RAISED", "ACKNOWLEDGED", "REPEATED"]
    house.now = acknowledged + timedelta(minutes=minutes)
    after = await patient.record(**values)
    assert [each for each in await patient.steps() if each[0] != "ACKNOWLEDGED"] == [
        ("RAISED", first),
        ("REPEATED", inside),
        ("RAISED", after),
    ]
    assert [row["status"] for row in await patient.alerts()] == ["ACKNOWLEDGED", "OPEN"]


async def test_a_worse_set_opens_again_what_was_acknowledged(house: House) -> None:
    patient = await watched(house)
    await patient.record(**FIVE)
    alert = (await patient.alert())["id"]
    await patient.acknowledge(alert, 5)
    house.later(minutes=20)
    worse = await patient.record(**NINE)
    found = await patient.alert()
    assert (found["status"], found["vital_signs_id"]) == ("OPEN", worse)
    assert (found["acknowledged_by"], found["urgency"]) == (None, "EMERGENCY")
    assert (await patient.steps())[-1] == ("REOPENED", worse)
    await patient.acknowledge(alert, 9)


async def test_it_is_heard_where_the_patient_lies_now(house: House) -> None:
    patient = await watched(house)
    await patient.record(**FIVE)
    async with house.begin() as tx:
        admission = await tx.connection.fetchval(
            "SELECT id FROM admissions WHERE patient_id = $1",
            ids.decode(models.Patient, patient.patient),
        )
        await admissions.transfer_patient(
            tx,
            house.actor(Role.CLERK),
            admission_id=ids.encode(models.Admission, admission),
            bed_id=await house.bed("icu"),
        )
    house.later(minutes=1)
    await patient.record(**FIVE)
    assert (await patient.alert())["ward_id"] == house.wards["icu"]
    last = (await patient.heard())[-1]
    assert (last["kind"], last["ward_id"]) == ("CriticalResultRepeated", house.wards["icu"])


async def test_who_lies_in_no_bed_is_heard_of_all_the_same(house: House) -> None:
    patient = await watched(house)
    patient.patient = await house.patient()
    await patient.record(Role.ADMIN, **SEVEN)
    assert (await patient.alert())["ward_id"] is None


@pytest.mark.parametrize(("late", "alerts"), [(timedelta(0), 1), (timedelta(microseconds=1), 0)])
async def test_what_happened_long_ago_alerts_nobody_and_is_marked(
    house: House, late: timedelta, alerts: int
) -> None:
    patient = await watched(house)
    at = house.now - house.policy.stale_result_after - late
    vitals_id = await patient.record(**(SEVEN | {"recorded_at": at}))
    row = await house.row(models.VitalSigns, vitals_id)
    assert row["arrived_late"] is (alerts == 0)
    assert row["news2_total"] == 7
    assert len(await patient.alerts()) == alerts


async def test_many_at_once_join_in_their_order(house: House) -> None:
    one, other = await watched(house), await watched(house, "icu")
    sets = [
        NewVitals(
            patient_id=present(ids.decode(models.Patient, patient.patient)),
            recorded_at=house.now - timedelta(minutes=10 - minute),
            measured=Measurements(**values),
        )
        for minute, (patient, values) in enumerate(
            [(one, FIVE), (other, SEVEN), (one, FIVE), (one, WELL), (other, FIVE), (one, NINE)]
        )
    ]
    async with house.begin() as tx:
        made = await vitals.ingest(tx, house.actor(Role.INTEGRATOR), sets, sender="monitor")
    found = [each.vital_signs_id for each in made]
    assert await one.steps() == [
        ("RAISED", found[0]),
        ("REPEATED", found[2]),
        ("WORSENED", found[5]),
    ]
    assert await other.steps() == [("RAISED", found[1]), ("REPEATED", found[4])]
    async with house.begin() as tx:
        await vitals.ingest(tx, house.actor(Role.INTEGRATOR), sets, sender="past", events=False)
    assert len(await one.steps()) == 3


def present(found: Any) -> Any:
    assert found is not None
    return found


async def test_two_sets_at_once_are_one_alert(house: House) -> None:
    for _ in range(4):
        patient = await watched(house)
        await asyncio.gather(*(patient.record(**values) for values in (FIVE, SEVEN) * 4))
        steps = [kind for kind, _ in await patient.steps()]
        alert = await patient.alert()
        assert steps[0] == "RAISED"
        assert len(steps) == 8
        # Whoever was first: the seven sounded once, and everything else is silent.
        assert steps.count("WORSENED") <= 1
        assert steps.count("REPEATED") == 7 - steps.count("WORSENED")
        assert alert["urgency"] == "EMERGENCY"


async def test_the_database_holds_one_open_alert_of_a_patient(house: House) -> None:
    patient = await watched(house)
    await patient.record(**FIVE)
    alert = dict(await patient.alert())
    other = await patient.record(**WELL)
    columns = [name for name in alert if name not in {"id", "vital_signs_id"}]
    with pytest.raises(asyncpg.UniqueViolationError) as refused:
        await house.pool.execute(
            f"INSERT INTO critical_results (id, vital_signs_id, {', '.join(columns)})"
            f" SELECT $1, $2, {', '.join(columns)} FROM critical_results WHERE id = $3",
            models.new_id(),
            other,
            alert["id"],
        )
    assert refused.value.constraint_name == "uq_critical_results_deterioration"


# -- sets taken back -------------------------------------------------------------------------------


async def test_a_set_taken_back_stays_with_who_when_and_why(house: House) -> None:
    patient = await watched(house)
    vitals_id = await patient.record(**WELL)
    house.later(minutes=3)
    await patient.take_back(vitals_id, Role.CHARGE_NURSE)
    row = await house.row(models.VitalSigns, vitals_id)
    assert row["heart_rate"] == WELL["heart_rate"]
    assert (row["entered_in_error_at"], row["entered_in_error_by"]) == (
        house.now,
        house.users[Role.CHARGE_NURSE],
    )
    assert row["entered_in_error_reason"] == "of the next bed"
    assert await house.events(vitals_id) == ["VitalsRecorded", "VitalsMarkedEnteredInError"]
    with pytest.raises(Conflict):
        await patient.take_back(vitals_id)


async def test_the_alert_of_the_only_set_is_withdrawn(house: House) -> None:
    patient = await watched(house)
    vitals_id = await patient.record(**SEVEN)
    await patient.take_back(vitals_id)
    alert = await patient.alert()
    assert (alert["status"], alert["next_escalation_at"]) == ("WITHDRAWN", None)
    assert await patient.steps() == [("RAISED", vitals_id), ("WITHDRAWN", vitals_id)]
    again = await patient.record(**FIVE)
    assert (await patient.steps())[-1] == ("RAISED", again)


async def test_an_open_alert_speaks_of_the_worst_that_stands(house: House) -> None:
    patient = await watched(house)
    five, seven, six = [await patient.record(**values) for values in (FIVE, SEVEN, SIX)]
    await patient.take_back(five)  # it speaks of another: nothing happens
    await patient.take_back(seven)
    alert = await patient.alert()
    assert (alert["vital_signs_id"], alert["urgency"]) == (six, "URGENT_REVIEW")
    assert alert["rule"].startswith("NEWS2 6")
    assert [kind for kind, _ in await patient.steps()] == [
        *("RAISED", "WORSENED", "REPEATED", "REPEATED"),
    ]
    await patient.acknowledge(alert["id"], 6)


async def test_an_acknowledged_alert_opens_again_while_somebody_is_coming(house: House) -> None:
    for minutes, status in ((29, "OPEN"), (30, "ACKNOWLEDGED")):
        patient = await watched(house)
        five, seven = await patient.record(**FIVE), await patient.record(**SEVEN)
        await patient.acknowledge((await patient.alert())["id"], 7)
        house.later(minutes=minutes)
        await patient.take_back(seven)
        alert = await patient.alert()
        assert alert["status"] == status
        assert alert["vital_signs_id"] == (five if status == "OPEN" else seven)


async def test_what_was_read_back_may_be_true_of_another_set(house: House) -> None:
    patient = await watched(house)
    first, second = await patient.record(**SEVEN), await patient.record(**SEVEN)
    await patient.acknowledge((await patient.alert())["id"], 7)
    await patient.take_back(first)
    alert = await patient.alert()
    assert (alert["status"], alert["vital_signs_id"]) == ("ACKNOWLEDGED", second)
    assert (await patient.steps())[-1] == ("REPEATED", second)


async def test_nothing_opens_again_beside_an_alert_that_is_open(house: House) -> None:
    patient = await watched(house)
    await patient.record(**RED_PULSE)
    five = await patient.record(**FIVE)
    await patient.acknowledge((await patient.alert())["id"], 5)
    # As if the response time had run out: the next raises an alert of its own.
    await house.pool.execute(
        "UPDATE critical_results SET acknowledged_at = acknowledged_at - interval '2 hours'"
        " WHERE patient_id = $1",
        ids.decode(models.Patient, patient.patient),
    )
    await patient.record(**FIVE)
    await house.pool.execute(
        "UPDATE critical_results SET acknowledged_at = acknowledged_at + interval '2 hours'"
        " WHERE patient_id = $1",
        ids.decode(models.Patient, patient.patient),
    )
    await patient.take_back(five)
    assert [row["status"] for row in await patient.alerts()] == ["ACKNOWLEDGED", "OPEN"]


async def test_who_may_take_a_set_back(house: House) -> None:
    patient = await watched(house)
    vitals_id = await patient.record(**WELL)
    for role in (Role.CLERK, Role.LAB, Role.PHARMACIST, Role.AUDITOR, Role.PATIENT):
        with pytest.raises(Forbidden):
            await patient.take_back(vitals_id, role)
    with pytest.raises(NotFound):  # an integrator: its own alone
        await patient.take_back(vitals_id, Role.INTEGRATOR)
    own = await patient.record(Role.INTEGRATOR, **WELL)
    await patient.take_back(own, Role.INTEGRATOR)


async def test_a_child_alerts_nobody(house: House) -> None:
    patient = await watched(house)
    patient.patient = await house.inpatient(born=date(house.now.year - 10, 1, 1))
    await patient.record(**NINE)
    assert await patient.alerts() == []


async def test_a_confirmed_value_scores(house: House) -> None:
    patient = await watched(house)
    vitals_id = await patient.record(
        **(WELL | {"temperature": Decimal("24.1")}), confirmed=[VitalParameter.TEMPERATURE]
    )
    row = await house.row(models.VitalSigns, vitals_id)
    assert (row["news2_points_temperature"], row["news2_total"]) == (3, 3)
    assert (await patient.alert())["vital_signs_id"] == vitals_id
