"""Trends: the reference range, the bands of the score and the critical limits beside a series."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

import models
from resolvers.transaction import transaction
from tests.resolvers.reading.series import LAB, START, VITAL, person, spoken, trend

if TYPE_CHECKING:
    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital


@pytest.mark.parametrize(
    ("unit", "low", "high", "canonical"),
    [
        ("mg/dL", "0.7", "1.3", None),
        ("umol/L", "61.894", "114.946", None),
        # What a sender writes is told by its value beside the converted one.
        ("MICROMOL/L", "61.894", "114.946", ("88.42", "1")),
    ],
)
async def test_the_reference_range_is_in_the_unit_of_the_trend(  # noqa: PLR0917 (a table)
    hospital: Hospital,
    admin: Actor,
    unit: str,
    low: str,
    high: str,
    canonical: tuple[str, str] | None,
) -> None:
    whose = await person(hospital)
    creatinine = {"code": "2160-0", "unit": "mg/dL", "value": Decimal(1)}
    older = {"reference_low": Decimal("0.1"), "reference_high": Decimal("0.2")}
    ranged = {"reference_low": Decimal(low), "reference_high": Decimal(high), "unit": unit}
    if canonical is not None:
        value, converted = canonical
        ranged |= {"value": Decimal(value), "canonical_value": Decimal(converted)}
        ranged |= {"canonical_unit": "mg/dL"}
    hour = timedelta(hours=1)
    await whose.results(
        [
            creatinine | older | {"observed_at": START},
            creatinine | ranged | {"observed_at": START + hour},
            creatinine | {"observed_at": START + 2 * hour},
            # No unit, so nobody knows what its range means.
            creatinine | older | {"unit": None, "observed_at": START + hour * 3 / 2},
        ]
    )
    found = await trend(whose, admin, LAB, code="2160-0")
    assert found["reference"] == {"low": "0.7", "high": "1.3", "at": spoken(START + hour)}
    before = await trend(whose, admin, LAB, code="2160-0", to=START + hour)
    assert before["reference"]["low"] == "0.1"


def years_before(years: int, at: datetime) -> Any:
    return at.date().replace(year=at.year - years)


@pytest.mark.parametrize(
    ("years", "bands"), [(16, 5), (15, 0), (80, 5), (None, 5)], ids=["16", "15", "80", "unknown"]
)
async def test_the_bands_of_the_score_are_for_those_it_is_for(
    hospital: Hospital, admin: Actor, years: int | None, bands: int
) -> None:
    born = None if years is None else years_before(years, START)
    whose = await person(hospital, birth_date=born)
    found = await trend(whose, admin, VITAL, parameter="SYSTOLIC", to=START)
    assert len(found["news2Bands"]) == bands
    assert (found["unit"], found["count"], found["buckets"]) == ("mm[Hg]", 0, [])
    assert found["plausible"] == {"low": "0", "high": "300"}
    day_before = await trend(
        whose, admin, VITAL, parameter="SYSTOLIC", to=START - timedelta(days=1)
    )
    assert len(day_before["news2Bands"]) == (0 if years in (15, 16) else 5)


async def test_the_bands_follow_the_scale_and_the_pregnancy(
    hospital: Hospital, admin: Actor
) -> None:
    whose = await person(hospital, birth_date=years_before(30, START))
    common = {"hospital_id": hospital.id, "patient_id": whose.id, "created_by": None}
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        await tx.insert(
            models.Spo2ScaleDecision,
            {"id": models.new_id(), "scale": "SCALE_2", "reason": "hypercapnic"}
            | {"decided_at": START, "ended_at": START + timedelta(days=1)}
            | common,
        )
        await tx.insert(
            models.Pregnancy,
            {"id": models.new_id(), "onset": START.date() + timedelta(days=10)}
            | {"abatement": START.date() + timedelta(days=20)}
            | common,
        )

    async def scales(**later: int) -> set[str]:
        at = START + timedelta(**later)
        found = await trend(whose, admin, VITAL, parameter="OXYGEN_SATURATION", to=at)
        return {one["scale"] for one in found["news2Bands"]}

    assert await scales(microseconds=-1) == {"SCALE_1"}
    assert await scales() == {"SCALE_2"}
    assert await scales(days=1) == {"SCALE_1"}
    assert await scales(days=9) == {"SCALE_1"}
    assert await scales(days=10) == set()
    assert await scales(days=20) == {"SCALE_1"}


def limits(found: Any) -> Counter[tuple[str, str]]:
    return Counter((one["side"], one["value"]) for one in found["criticalLimits"])


@pytest.mark.parametrize(
    ("born", "wanted"),
    [
        (years_before(40, START), {("LOW", "2.5"), ("HIGH", "6.5")}),
        (years_before(10, START), {("LOW", "3.0"), ("HIGH", "6.5")}),
        # Nobody knows: each that may be.
        (None, {("LOW", "2.5"), ("LOW", "3.0"), ("HIGH", "6.5"), ("HIGH", "7.0")}),
    ],
    ids=["adult", "child", "unknown"],
)
async def test_the_critical_limits_are_those_for_the_age(
    hospital: Hospital, admin: Actor, born: Any, wanted: set[tuple[str, str]]
) -> None:
    whose = await person(hospital, birth_date=born)
    row = {"observed_at": START - timedelta(hours=1), "value": Decimal(4), "unit": "mmol/L"}
    await whose.results([row])
    found = await trend(whose, admin, LAB, code="6298-4", to=START)
    assert {(side, str(Decimal(value))) for side, value in limits(found)} == {
        (side, value) for side, value in wanted
    }


async def test_the_limits_are_in_the_unit_of_the_trend(hospital: Hospital, admin: Actor) -> None:
    whose = await person(hospital, birth_date=years_before(40, START))
    row = {"observed_at": START, "value": Decimal(5), "unit": "mmol/L", "code": "15074-8"}
    await whose.results([row])
    found = await trend(whose, admin, LAB, code="2345-7")
    assert found["unit"] == "mmol/L"
    bounds = {one["side"]: Decimal(one["value"]) for one in found["criticalLimits"]}
    assert bounds == {
        "LOW": round(50 / Decimal("18.016"), 10),
        "HIGH": round(450 / Decimal("18.016"), 10),
    }
    assert not any(one["inclusive"] for one in found["criticalLimits"])
