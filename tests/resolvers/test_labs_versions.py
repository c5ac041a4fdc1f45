"""The same number again: duplicates, corrections, and what they do to a critical result."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from models.rules.results import IngestOutcome, ResultStatus
from tests.resolvers.laboratory import alerts, potassium, rules, steps, take, versions

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

# The same number again


async def test_the_same_content_again_is_a_duplicate(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    [first] = await take(house, potassium(house, patient, "6.9", external_id="a"))
    house.later(minutes=1)
    observed = house.now - timedelta(minutes=11)
    again = potassium(house, patient, "6.90", external_id="a", observed_at=observed)
    [second] = await take(house, again)
    assert (second.outcome, second.lab_result_id) == (IngestOutcome.DUPLICATE, first.lab_result_id)
    assert len(await versions(house, first.lab_result_id or models.new_id())) == 1
    [alert] = await alerts(house, patient)
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_without_a_number_every_result_is_new(house: House) -> None:
    patient = await house.inpatient()
    one = potassium(house, patient, "4.4")
    outcomes = await take(house, one, one)
    assert [outcome.outcome for outcome in outcomes] == [
        IngestOutcome.CREATED,
        IngestOutcome.CREATED,
    ]
    assert outcomes[0].lab_result_id != outcomes[1].lab_result_id


async def test_each_sender_has_its_own_numbers(house: House) -> None:
    patient = await house.inpatient()
    one = potassium(house, patient, "4.4", external_id="a")
    [first] = await take(house, one, sender="lab-1")
    [second] = await take(house, replace(one, value=Decimal("4.9")), sender="lab-2")
    assert second.outcome is IngestOutcome.CREATED
    assert first.lab_result_id != second.lab_result_id


async def test_a_correction_is_a_version_and_the_one_before_stays_as_it_was(house: House) -> None:
    patient = await house.inpatient()
    [first] = await take(house, potassium(house, patient, "4.4", external_id="a"))
    sent_at = house.now
    house.later(hours=1)
    [second] = await take(house, potassium(house, patient, "4.9", external_id="a"))
    assert second.outcome is IngestOutcome.CORRECTED
    old, new = await versions(house, second.lab_result_id or models.new_id())
    assert (old["id"], new["id"]) == (first.lab_result_id, second.lab_result_id)
    assert (old["value"], old["superseded_at"], old["issued_at"]) == (
        Decimal("4.4"),
        house.now,
        sent_at,
    )
    assert (new["value"], new["superseded_at"]) == (Decimal("4.9"), None)
    assert (new["corrects_id"], new["root_id"], new["version"]) == (old["id"], old["id"], 2)


async def test_two_versions_in_one_call_are_taken_in_order(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a")
    outcomes = await take(
        house,
        one,
        one,
        replace(one, value=Decimal("4.0"), status=ResultStatus.CORRECTED),
        replace(one, value=Decimal("7.3"), status=ResultStatus.CORRECTED),
    )
    assert [outcome.outcome for outcome in outcomes] == [
        IngestOutcome.CREATED,
        IngestOutcome.DUPLICATE,
        IngestOutcome.CORRECTED,
        IngestOutcome.CORRECTED,
    ]
    rows = await versions(house, outcomes[0].lab_result_id or models.new_id())
    assert [row["version"] for row in rows] == [1, 2, 3]
    assert [row["corrects_id"] for row in rows] == [None, rows[0]["id"], rows[1]["id"]]
    assert [row["superseded_at"] is None for row in rows] == [False, False, True]
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["lab_result_id"]) == ("OPEN", rows[2]["id"])
    assert await steps(house, alert["id"]) == ["RAISED", "WITHDRAWN", "REOPENED"]
    assert await house.events(alert["id"]) == [
        "CriticalResultRaised",
        "CriticalResultWithdrawn",
        "CriticalResultReopened",
    ]


async def test_a_number_of_another_patients_result_is_refused(house: House) -> None:
    one, other = await house.inpatient(), await house.inpatient()
    await take(house, potassium(house, one, "4.4", external_id="a"))
    [outcome] = await take(house, potassium(house, other, "4.4", external_id="a"))
    assert (outcome.outcome, outcome.code, outcome.lab_result_id) == (
        IngestOutcome.REJECTED,
        "CONFLICT",
        None,
    )


async def test_an_old_message_does_not_undo_a_correction(house: House) -> None:
    """Where the sender says when it issued a version, a file may be read twice, in any order."""
    await rules(house)
    patient = await house.inpatient()
    issued = house.now - timedelta(minutes=9)
    first = potassium(house, patient, "6.9", external_id="a", issued_at=issued)
    second = replace(first, value=Decimal("4.0"), issued_at=issued + timedelta(minutes=1))
    never_seen = replace(first, value=Decimal("5.0"), issued_at=issued - timedelta(minutes=1))
    await take(house, first, second)
    outcomes = await take(house, first, second, never_seen)
    assert [outcome.outcome for outcome in outcomes] == [
        IngestOutcome.DUPLICATE,
        IngestOutcome.DUPLICATE,
        IngestOutcome.REJECTED,
    ]
    assert outcomes[2].code == "CONFLICT"
    [alert] = await alerts(house, patient)
    assert alert["status"] == "WITHDRAWN"


# What a correction does to the alert


async def test_a_correction_to_an_uncritical_value_withdraws(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "6.9", external_id="a"))
    house.later(minutes=2)
    [outcome] = await take(house, potassium(house, patient, "4.6", external_id="a"))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["withdrawn_at"]) == ("WITHDRAWN", house.now)
    assert (alert["next_escalation_at"], alert["lab_result_id"]) == (None, outcome.lab_result_id)
    assert await house.events(alert["id"]) == ["CriticalResultRaised", "CriticalResultWithdrawn"]


@pytest.mark.parametrize("status", [ResultStatus.CANCELLED, ResultStatus.ENTERED_IN_ERROR])
async def test_taking_a_result_back_withdraws(house: House, status: ResultStatus) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a")
    await take(house, one)
    [outcome] = await take(house, replace(one, status=status))
    assert outcome.outcome is IngestOutcome.CORRECTED
    [alert] = await alerts(house, patient)
    assert alert["status"] == "WITHDRAWN"


async def test_a_correction_from_uncritical_to_critical_raises(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "4.6", external_id="a"))
    [outcome] = await take(house, potassium(house, patient, "6.9", external_id="a"))
    [alert] = await alerts(house, patient)
    assert outcome.critical_result_id == alert["id"]
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_a_final_version_of_the_same_finding_leaves_the_alert_standing(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    one = potassium(house, patient, "6.9", external_id="a", status=ResultStatus.PRELIMINARY)
    await take(house, one)
    [outcome] = await take(house, replace(one, status=ResultStatus.FINAL))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["lab_result_id"]) == ("OPEN", outcome.lab_result_id)
    assert outcome.critical_result_id == alert["id"]
    assert await steps(house, alert["id"]) == ["RAISED"]


async def test_another_critical_value_reopens_without_putting_off_the_clock(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await take(house, potassium(house, patient, "6.9", external_id="a"))
    [before] = await alerts(house, patient)
    house.later(minutes=2)
    await take(house, potassium(house, patient, "7.4", external_id="a"))
    [alert] = await alerts(house, patient)
    assert alert["status"] == "OPEN"
    assert alert["next_escalation_at"] == before["next_escalation_at"]
    assert await steps(house, alert["id"]) == ["RAISED", "REOPENED"]


async def test_a_withdrawn_alert_opens_again_with_a_fresh_clock(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    for value in ("6.9", "4.6", "6.9"):
        house.later(minutes=40)
        await take(house, potassium(house, patient, value, external_id="a"))
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["withdrawn_at"]) == ("OPEN", None)
    assert (alert["raised_at"], alert["escalation_level"]) == (house.now, 0)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=5)


async def test_a_late_correction_still_withdraws_and_reopens(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    observed = house.now
    for value, status in (("6.9", "OPEN"), ("4.6", "WITHDRAWN"), ("7.7", "OPEN")):
        await take(house, potassium(house, patient, value, external_id="a", observed_at=observed))
        [alert] = await alerts(house, patient)
        assert alert["status"] == status
        house.later(hours=30)


VALUES = st.sampled_from(["2.0", "4.0", "4.4", "6.9", "7.4"])
HISTORY = st.lists(
    st.tuples(VALUES, st.sampled_from(ResultStatus)), min_size=1, max_size=4, unique=True
)


@given(data=st.data(), histories=st.lists(HISTORY, min_size=1, max_size=4))
@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
async def test_any_batches_in_any_order_end_in_the_same_current_versions(
    house: House, data: st.DataObject, histories: list[list[tuple[str, ResultStatus]]]
) -> None:
    """Whatever the messages are mixed with, cut into or told again: the newest version that each
    result's sender issued is the current one; a critical one has an open alert, and an alert is
    open exactly while a result that has joined it is critical."""
    await rules(house)
    patient = await house.inpatient()
    start = house.now - timedelta(hours=1)
    run = str(models.new_id())
    messages = [
        potassium(
            house,
            patient,
            value,
            status=status,
            external_id=f"{run}/{number}",
            observed_at=start,
            issued_at=start + timedelta(seconds=place),
        )
        for number, history in enumerate(histories)
        for place, (value, status) in enumerate(history)
    ]
    told = data.draw(st.permutations(messages)) + data.draw(
        st.lists(st.sampled_from(messages), max_size=6)
    )
    while told:
        size = data.draw(st.integers(1, len(told)))
        batch, told = told[:size], told[size:]
        for outcome in await take(house, *batch):
            assert outcome.outcome is not IngestOutcome.REJECTED or outcome.code == "CONFLICT"
    for number, history in enumerate(histories):
        rows = await house.pool.fetch(
            "SELECT * FROM lab_results WHERE external_id = $1 ORDER BY version", f"{run}/{number}"
        )
        assert [row["version"] for row in rows] == list(range(1, len(rows) + 1))
        assert [row["superseded_at"] is None for row in rows] == [False] * (len(rows) - 1) + [True]
        value, status = history[-1]
        assert (rows[-1]["value"], rows[-1]["status"]) == (Decimal(value), status)
        if rows[-1]["interpretation"].startswith("CRITICAL"):
            assert rows[-1]["critical_result_id"] is not None
    for alert in await alerts(house, patient):
        current = await house.pool.fetch(
            "SELECT id FROM lab_results WHERE critical_result_id = $1 AND superseded_at IS NULL"
            " AND interpretation LIKE 'CRITICAL%'",
            alert["id"],
        )
        assert alert["status"] == ("OPEN" if current else "WITHDRAWN")
        if current:
            assert alert["lab_result_id"] in {row["id"] for row in current}
