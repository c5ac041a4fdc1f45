"""Corrections of results that share a critical result: of what it speaks then, if of anything."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from models.rules.results import ResultStatus
from tests.resolvers.laboratory import potassium, read_back, rules, sent, stands, take

if TYPE_CHECKING:
    from tests.resolvers.conftest import House


async def test_the_worst_that_remains_is_spoken_of_and_withdrawn_only_with_the_last(
    house: House,
) -> None:
    await rules(house)
    patient = await house.inpatient()
    for name, value in (("a", "6.6"), ("b", "7.2"), ("c", "6.9")):
        await sent(house, patient, value, external_id=name)
    kinds = ["RAISED", "WORSENED", "REPEATED"]
    assert await stands(house, patient) == [("OPEN", "7.2", kinds)]
    await sent(house, patient, "4.0", external_id="b")
    assert await stands(house, patient) == [("OPEN", "6.9", [*kinds, "REPEATED"])]
    await sent(house, patient, "6.9", external_id="c", status=ResultStatus.CANCELLED)
    assert await stands(house, patient) == [("OPEN", "6.6", [*kinds, "REPEATED", "REPEATED"])]
    await sent(house, patient, "4.1", external_id="a")
    [(status, value, told)] = await stands(house, patient)
    assert (status, value, told[5:]) == ("WITHDRAWN", "4.1", ["WITHDRAWN"])


async def test_what_was_read_back_and_is_not_true_any_more_opens_again(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    alert = await sent(house, patient, "7.2", external_id="a")
    await sent(house, patient, "6.9", external_id="b")
    assert alert is not None
    await read_back(house, alert, "7.2")
    await sent(house, patient, "4.0", external_id="a")
    assert await stands(house, patient) == [
        ("OPEN", "6.9", ["RAISED", "REPEATED", "ACKNOWLEDGED", "REOPENED"])
    ]
    await read_back(house, alert, "6.9")


async def test_what_was_read_back_and_is_still_true_stays_answered(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    alert = await sent(house, patient, "7.2", external_id="a")
    await sent(house, patient, "7.20", external_id="b")
    assert alert is not None
    await read_back(house, alert, "7.2")
    await sent(house, patient, "4.0", external_id="a")
    assert await stands(house, patient) == [
        ("ACKNOWLEDGED", "7.20", ["RAISED", "REPEATED", "ACKNOWLEDGED"])
    ]


@pytest.mark.parametrize(
    ("value", "status", "spoken", "told"),
    [
        ("6.6", "OPEN", "6.8", "REPEATED"),  # milder than what has joined
        ("7.0", "OPEN", "7.0", "REOPENED"),  # another finding, still the worst
        ("7.9", "OPEN", "7.9", "REOPENED"),
        ("4.0", "OPEN", "6.8", "REPEATED"),
        ("2.0", "OPEN", "6.8", "REPEATED"),  # and the other side has an alert of its own
    ],
)
async def test_a_correction_of_the_spoken_one(
    house: House, value: str, status: str, spoken: str, told: str
) -> None:
    await rules(house)
    patient = await house.inpatient()
    alert = await sent(house, patient, "7.2", external_id="a")
    await sent(house, patient, "6.8", external_id="b")
    corrected = await sent(house, patient, value, external_id="a")
    first, *others = await stands(house, patient)
    assert first == (status, spoken, ["RAISED", "REPEATED", told])
    if value == "2.0":
        assert others == [("OPEN", "2.0", ["RAISED"])]
        assert corrected != alert
    else:
        assert not others
        assert corrected == alert


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("6.7", []),
        ("7.2", []),
        ("7.3", ["WORSENED"]),
        ("4.0", []),
    ],
)
async def test_a_correction_of_one_that_has_joined(
    house: House, value: str, told: list[str]
) -> None:
    await rules(house)
    patient = await house.inpatient()
    alert = await sent(house, patient, "7.2", external_id="a")
    await sent(house, patient, "6.8", external_id="b")
    assert await sent(house, patient, value, external_id="b") == alert
    spoken = value if told else "7.2"
    assert await stands(house, patient) == [("OPEN", spoken, ["RAISED", "REPEATED", *told])]


async def test_a_result_that_becomes_critical_joins_like_any_other(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    await sent(house, patient, "4.0", external_id="b")
    alert = await sent(house, patient, "7.2", external_id="a")
    assert await sent(house, patient, "6.9", external_id="b") == alert
    assert await sent(house, patient, "4.4", external_id="b") == alert
    assert await sent(house, patient, "7.9", external_id="b") == alert
    kinds = ["RAISED", "REPEATED", "WORSENED"]
    assert await stands(house, patient) == [("OPEN", "7.9", kinds)]


async def test_one_corrected_to_the_other_side_takes_its_alert_there(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    alert = await sent(house, patient, "7.2", external_id="a")
    assert await sent(house, patient, "2.1", external_id="a") == alert
    assert await sent(house, patient, "2.2") == alert
    assert await sent(house, patient, "7.2") != alert


async def test_a_withdrawn_one_is_joined_by_nobody_until_it_opens_again(house: House) -> None:
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "7.2", external_id="a")
    await sent(house, patient, "4.2", external_id="a")
    second = await sent(house, patient, "6.9")
    assert second not in (None, first)
    # Another is there for the repeats by now.
    assert await sent(house, patient, "7.3", external_id="a") == first
    assert await sent(house, patient, "6.8") == second

    other = await house.inpatient()
    only = await sent(house, other, "7.2", external_id="o")
    await sent(house, other, "4.2", external_id="o")
    await sent(house, other, "7.2", external_id="o")
    assert await sent(house, other, "6.8") == only
    assert await stands(house, other) == [
        ("OPEN", "7.2", ["RAISED", "WITHDRAWN", "REOPENED", "REPEATED"])
    ]


@pytest.mark.parametrize("number", [None, "never sent before"])
@pytest.mark.parametrize("value", ["6.6", "6.9", "7.7"])
async def test_a_correction_of_what_is_not_held_always_sounds_and_takes_nothing_back(
    house: House, number: str | None, value: str
) -> None:
    """It may be of what was read back: nobody knows."""
    await rules(house)
    patient = await house.inpatient()
    first = await sent(house, patient, "6.9")
    stray = replace(
        potassium(house, patient, value), status=ResultStatus.CORRECTED, external_id=number
    )
    [outcome] = await take(house, stray)
    assert outcome.critical_result_id not in (None, first)
    await take(house, replace(stray, value=Decimal("4.0"), external_id=None))
    assert [one[::2] for one in await stands(house, patient)] == [("OPEN", ["RAISED"])] * 2
