"""Critical results of patients who change wards: heard where they lie now."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from resolvers import critical_results
from tests.resolvers.laboratory import alerts, moved, read_back, rules, sent, steps

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def test_a_patient_who_has_moved_is_heard_of_where_they_are_now(house: House) -> None:
    await rules(house)
    patient = await house.inpatient("med")
    alert = await sent(house, patient, "6.9", external_id="a")
    assert alert is not None
    await read_back(house, alert, "6.9")
    await moved(house, patient, "icu")
    assert (await alerts(house, patient))[0]["ward_id"] == house.wards["med"]
    for value, name, kind in (
        ("6.8", "b", "CriticalResultRepeated"),
        ("7.4", "c", "CriticalResultReopened"),
        ("7.6", "d", "CriticalResultWorsened"),
    ):
        await sent(house, patient, value, external_id=name)
        heard = await house.pool.fetchrow(
            "SELECT kind, ward_id FROM events WHERE subject_id = $1 ORDER BY position DESC LIMIT 1",
            alert,
        )
        assert heard is not None
        assert (heard["kind"], heard["ward_id"]) == (kind, house.wards["icu"])


async def test_a_withdrawal_is_heard_where_the_patient_is_now(house: House) -> None:
    await rules(house)
    patient = await house.inpatient("med")
    alert = await sent(house, patient, "6.9", external_id="a")
    assert alert is not None
    await read_back(house, alert, "6.9")
    await moved(house, patient, "icu")
    await sent(house, patient, "4.1", external_id="a")
    ward = await house.pool.fetchval(
        "SELECT ward_id FROM events WHERE subject_id = $1 AND kind = 'CriticalResultWithdrawn'",
        alert,
    )
    assert ward == house.wards["icu"]


async def test_an_open_one_moves_with_its_patient_and_both_wards_hear_it(house: House) -> None:
    await rules(house)
    patient = await house.inpatient("med")
    alert = await sent(house, patient, "6.9")
    assert alert is not None
    house.later(minutes=2)
    await moved(house, patient, "icu")
    here, there = house.wards["med"], house.wards["icu"]
    heard = await house.pool.fetch(
        "SELECT kind, ward_id FROM events WHERE subject_id = $1 ORDER BY position", alert
    )
    assert [(row["kind"], row["ward_id"]) for row in heard] == [
        ("CriticalResultRaised", here),
        ("CriticalResultMoved", here),
        ("CriticalResultMoved", there),
    ]
    [row] = await alerts(house, patient)
    assert (row["ward_id"], row["next_escalation_at"]) == (there, house.now + timedelta(minutes=3))
    assert row["told_at"] is None
    assert await steps(house, alert) == ["RAISED", "MOVED"]
    await moved(house, patient, "icu")  # another bed of the same ward
    assert await steps(house, alert) == ["RAISED", "MOVED"]
    house.later(minutes=4)
    async with house.begin() as tx:
        await critical_results.escalate_due(tx)
    escalated = await house.pool.fetchval(
        "SELECT ward_id FROM events WHERE subject_id = $1 AND kind = 'CriticalResultEscalated'",
        alert,
    )
    assert escalated == there


async def test_one_of_a_patient_in_no_bed_is_heard_where_they_come_to(house: House) -> None:
    await rules(house)
    patient = await house.patient()
    alert = await sent(house, patient, "6.9")
    assert alert is not None
    await house.admitted(patient, await house.bed("icu"))
    heard = await house.pool.fetch(
        "SELECT kind, ward_id FROM events WHERE subject_id = $1 ORDER BY position", alert
    )
    assert [(row["kind"], row["ward_id"]) for row in heard] == [
        ("CriticalResultRaised", None),
        ("CriticalResultMoved", house.wards["icu"]),
    ]
