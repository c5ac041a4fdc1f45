"""Results that say again, or worse, what a critical result says already."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from resolvers import critical_results
from tests.resolvers.laboratory import (
    alerts,
    potassium,
    read_back,
    rules,
    sent,
    stands,
    steps,
    take,
    without_repeats,
)

if TYPE_CHECKING:
    from tests.resolvers.conftest import House

WINDOW = timedelta(minutes=240)
INSTANT = timedelta(microseconds=1)


async def test_a_repeat_that_is_not_worse_joins_and_is_heard_without_a_sound(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    house.later(minutes=3)
    assert await sent(house, patient, "6.9") == first
    assert await sent(house, patient, "6.6") == first
    assert await stands(house, patient) == [("OPEN", "6.9", ["RAISED", "REPEATED", "REPEATED"])]
    [alert] = await alerts(house, patient)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=2)
    assert await house.events(alert["id"]) == ["CriticalResultRaised"] + (
        ["CriticalResultRepeated"] * 2
    )
    told = await house.pool.fetch(
        "SELECT value FROM critical_result_steps JOIN lab_results AS told"
        " ON told.id = lab_result_id WHERE told.critical_result_id = $1 ORDER BY number",
        first,
    )
    assert [str(row["value"]) for row in told] == ["6.9", "6.9", "6.6"]


async def test_blood_repeats_serum(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    assert await sent(house, patient, "6.8", code="6298-4", unit="meq/L") == first


async def test_a_worse_one_sounds_on_the_open_one_and_does_not_put_its_clock_off(
    house: House,
) -> None:
    await rules(house)
    patient = await house.inpatient()
    await sent(house, patient, "6.9")
    house.later(minutes=3)
    await sent(house, patient, "7.2")
    assert await stands(house, patient) == [("OPEN", "7.2", ["RAISED", "WORSENED"])]
    [alert] = await alerts(house, patient)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=2)
    assert (alert["told_at"], alert["sounded_at"]) == (None, house.now)
    assert await house.events(alert["id"]) == ["CriticalResultRaised", "CriticalResultWorsened"]


async def test_a_worse_one_after_the_end_of_the_chain_calls_everybody_again(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await sent(house, patient, "6.9")
    house.later(minutes=61)
    async with house.begin() as tx:
        await critical_results.escalate_due(tx)
    [alert] = await alerts(house, patient)
    assert alert["next_escalation_at"] is None
    await sent(house, patient, "7.2")
    [alert] = await alerts(house, patient)
    assert (alert["raised_at"], alert["escalation_level"]) == (house.now, 0)
    assert alert["next_escalation_at"] == house.now + timedelta(minutes=5)


async def test_a_worse_one_opens_what_was_read_back_with_a_fresh_clock(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    assert first is not None
    await read_back(house, first, "6.9")
    house.later(minutes=30)
    assert await sent(house, patient, "6.9") == first
    assert (await stands(house, patient))[0][0] == "ACKNOWLEDGED"
    assert await sent(house, patient, "7.2") == first
    [alert] = await alerts(house, patient)
    assert (alert["status"], alert["next_escalation_at"]) == (
        "OPEN",
        house.now + timedelta(minutes=5),
    )
    assert await steps(house, first) == ["RAISED", "ACKNOWLEDGED", "REPEATED", "REOPENED"]
    await read_back(house, first, "7.2")


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize(("early", "joins"), [(INSTANT, True), (timedelta(0), False)])
async def test_the_window_ends_so_long_after_the_last_sound_or_read_back(
    house: House, answered: bool, early: timedelta, joins: bool
) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    assert first is not None
    if answered:
        house.later(minutes=50)
        await read_back(house, first, "6.9")
    begun = house.now
    house.later(minutes=239)
    await sent(house, patient, "6.7")  # which prolongs nothing
    house.now = begun + WINDOW - early
    second = await sent(house, patient, "6.8")
    assert (second == first) is joins
    if not joins:
        assert len(await stands(house, patient)) == 2
        house.later(minutes=1)
        # The new one is the one to join from now on, and the old one waits for its answer.
        assert await sent(house, patient, "6.8") == second
        assert (await stands(house, patient))[0][2][0] == "RAISED"


async def test_a_worse_one_begins_the_window_anew(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    house.later(minutes=230)
    await sent(house, patient, "7.0")
    house.later(minutes=230)
    assert await sent(house, patient, "7.0") == first


@pytest.mark.parametrize(("minutes", "joins"), [(9, True), (10, False)])
async def test_each_rule_has_a_window_of_its_own(house: House, minutes: int, joins: bool) -> None:
    await rules(house)
    await house.pool.execute(
        "UPDATE critical_rules SET repeat_window = 10 WHERE hospital_id = $1 AND test = $2",
        *(house.id, "potassium"),
    )
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    house.later(minutes=minutes)
    assert (await sent(house, patient, "6.9") == first) is joins


async def test_a_rule_without_a_window_takes_nothing_in(house: House) -> None:
    await rules(house)
    await without_repeats(house)
    patient = await house.inpatient()
    assert await sent(house, patient, "6.9") != await sent(house, patient, "6.9")


async def test_other_findings_are_never_repeats(house: House) -> None:
    await rules(house)
    one, other = await house.inpatient(), await house.inpatient()
    found = [
        await sent(house, one, "6.9"),
        await sent(house, one, "1.9"),
        await sent(house, one, "6.9", unit="furlong", sender_flag="HH"),
        await sent(house, one, "6.9", sender_flag="AA", code="600-7"),
        await sent(house, one, "6.9", sender_flag="AA", code="600-7"),
        await sent(house, one, None, text="gram-positive cocci", sender_flag="AA"),
        await sent(house, one, None, text="gram-positive cocci", sender_flag="AA"),
        await sent(house, one, "170", code="2951-2"),
        await sent(house, other, "6.9"),
    ]
    assert None not in found
    assert len(set(found)) == len(found)
    assert await sent(house, one, "6.8", unit="furlong", sender_flag="HH") == found[2]


async def test_a_senders_own_code_means_something_to_that_sender_alone(house: House) -> None:
    patient = await house.inpatient()
    flagged = potassium(house, patient, "9", code="K+", unmapped=True, sender_flag="HH")
    [first] = await take(house, flagged, sender="lab-1")
    [again] = await take(house, flagged, sender="lab-1")
    [other] = await take(house, flagged, sender="lab-2")
    assert again.critical_result_id == first.critical_result_id
    assert other.critical_result_id not in (None, first.critical_result_id)


async def test_what_comes_late_joins_nothing(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await sent(house, patient, "6.9")
    old = house.now - timedelta(hours=24, seconds=1)
    assert await sent(house, patient, "7.5", observed_at=old) is None
    assert await stands(house, patient) == [("OPEN", "6.9", ["RAISED"])]


async def test_repeats_of_one_call_join_the_first_of_it(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    values = ["6.6", "6.9", "6.5", "7.1"]
    outcomes = await take(house, *(potassium(house, patient, value) for value in values))
    assert len({one.critical_result_id for one in outcomes}) == 1
    kinds = ["RAISED", "WORSENED", "REPEATED", "WORSENED"]
    assert await stands(house, patient) == [("OPEN", "7.1", kinds)]
