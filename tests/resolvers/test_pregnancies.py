"""Pregnancies: recorded, ended, taken back; and that NEWS2 is not used in one."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import models
from models.rules.roles import Role
from resolvers import ids, pregnancies
from resolvers.errors import BadInput, Conflict, Forbidden, NotFound
from tests.resolvers.watched import NINE, Watched, watched

if TYPE_CHECKING:
    import asyncpg

    from tests.resolvers.conftest import House

DAY, WEEK = timedelta(days=1), timedelta(weeks=1)


async def record(
    house: House, patient: Watched, role: Role = Role.NURSE, **values: Any
) -> asyncpg.Record:
    async with house.begin() as tx:
        produced = await pregnancies.record_pregnancy(
            tx, house.actor(role), patient_id=patient.patient, **values
        )
    return await house.row(models.Pregnancy, produced["pregnancy"])


async def end(
    house: House, row: asyncpg.Record, role: Role = Role.NURSE, **values: Any
) -> asyncpg.Record:
    async with house.begin() as tx:
        await pregnancies.end_pregnancy(
            tx, house.actor(role), pregnancy_id=ids.encode(models.Pregnancy, row["id"]), **values
        )
    return await house.row(models.Pregnancy, row["id"])


async def why_not(house: House, patient: Watched, day: date | None = None) -> str | None:
    """Why a very ill set of that day has no score."""
    at = house.now if day is None else datetime.combine(day, time(0), UTC)
    vitals_id = await patient.record(**(NINE | {"recorded_at": at}))
    row = await house.row(models.VitalSigns, vitals_id)
    assert row["news2_applies"] is (row["news2_not_applicable"] is None)
    assert (row["news2_total"] is None) is (not row["news2_applies"])
    found: str | None = row["news2_not_applicable"]
    return found


async def test_in_a_pregnancy_there_is_no_score_and_no_alert(house: House) -> None:
    patient = await watched(house)
    today = house.now.date()
    row = await record(house, patient, onset=today - 10 * WEEK)
    assert await why_not(house, patient) == "PREGNANCY"
    assert await why_not(house, patient, today - 10 * WEEK) == "PREGNANCY"
    assert await why_not(house, patient, today - 10 * WEEK - DAY) is None
    assert await patient.alerts() == []
    await end(house, row)
    assert await why_not(house, patient) is None
    assert len(await patient.alerts()) == 1


async def test_a_child_has_no_score_for_its_age_first(house: House) -> None:
    patient = await watched(house)
    born = house.now.date() - timedelta(days=365 * 15)
    patient.patient = await house.inpatient(born=born)
    await record(house, patient)
    assert await why_not(house, patient) == "AGE"


async def test_its_onset_follows_from_the_expected_delivery_or_is_today(house: House) -> None:
    today = house.now.date()
    expected = today + 20 * WEEK
    row = await record(house, await watched(house), expected_delivery=expected)
    assert (row["onset"], row["expected_delivery"]) == (expected - timedelta(days=280), expected)
    assert (await record(house, await watched(house)))["onset"] == today


async def test_one_that_nobody_ended_does_not_count_for_ever(house: House) -> None:
    patient = await watched(house)
    onset = house.now.date() - 30 * WEEK
    await record(house, patient, onset=onset)
    house.now = datetime.combine(onset + 42 * WEEK, time(0), UTC) - timedelta(microseconds=1)
    assert await why_not(house, patient) == "PREGNANCY"
    house.later(seconds=1)
    assert await why_not(house, patient) is None


async def test_what_was_entered_in_error_never_counted(house: House) -> None:
    patient = await watched(house)
    row = await record(house, patient)
    taken_back = await end(house, row, entered_in_error=True)
    assert (taken_back["entered_in_error_at"], taken_back["abatement"]) == (house.now, None)
    assert taken_back["updated_by"] == house.users[Role.NURSE]
    assert await why_not(house, patient) is None
    with pytest.raises(Conflict):
        await end(house, row)
    await record(house, patient)  # the true one


async def test_one_at_a_time(house: House) -> None:
    patient = await watched(house)
    row = await record(house, patient)
    with pytest.raises(Conflict):
        await record(house, patient)
    ended = await end(house, row)
    assert ended["abatement"] == house.now.date()
    with pytest.raises(Conflict):
        await end(house, row)
    assert (await end(house, row, entered_in_error=True))["entered_in_error_at"] == house.now


@pytest.mark.parametrize(
    ("field", "wrong", "right"),
    [
        ("onset", 2 * DAY, DAY),
        ("onset", -42 * WEEK, -42 * WEEK + DAY),
        ("expected_delivery", timedelta(days=281), timedelta(days=280)),
        ("expected_delivery", -2 * WEEK, -2 * WEEK + DAY),
    ],
)
async def test_days_that_fit_no_pregnancy_are_refused(
    house: House, field: str, wrong: timedelta, right: timedelta
) -> None:
    patient, today = await watched(house), house.now.date()
    with pytest.raises(BadInput) as refused:
        await record(house, patient, **{field: today + wrong})
    spelled = {"onset": "onset", "expected_delivery": "expectedDelivery"}
    assert refused.value.extensions["field"] == spelled[field]
    assert refused.value.extensions["limit"]
    await record(house, patient, **{field: today + right})


async def test_an_expected_delivery_that_does_not_fit_the_onset_is_refused(house: House) -> None:
    patient, onset = await watched(house), house.now.date() - 10 * WEEK
    for wrong in (onset, onset + 42 * WEEK + DAY):
        with pytest.raises(BadInput):
            await record(house, patient, onset=onset, expected_delivery=wrong)
    await record(house, patient, onset=onset, expected_delivery=onset + 42 * WEEK)


async def test_an_end_lies_between_the_onset_and_today(house: House) -> None:
    patient, today = await watched(house), house.now.date()
    row = await record(house, patient, onset=today - 10 * WEEK)
    for wrong in (today - 10 * WEEK - DAY, today + 2 * DAY):
        with pytest.raises(BadInput) as refused:
            await end(house, row, abatement=wrong)
        assert refused.value.extensions["field"] == "abatement"
    assert (await end(house, row, abatement=today - WEEK))["abatement"] == today - WEEK


async def test_who_may(house: House) -> None:
    here, elsewhere = await watched(house), await watched(house, "icu")
    for role in (Role.CLERK, Role.LAB, Role.PHARMACIST, Role.INTEGRATOR, Role.AUDITOR):
        with pytest.raises(Forbidden):
            await record(house, here, role)
    with pytest.raises(NotFound):
        await record(house, elsewhere)
    row = await record(house, here, Role.DOCTOR)
    assert (await end(house, row, Role.CHARGE_NURSE))["abatement"] == house.now.date()
