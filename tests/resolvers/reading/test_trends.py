"""Trends: what is drawn of a series is what an independent computation says."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.resolvers.reading.series import LAB, START, VITAL, person, read, spoken, trend

if TYPE_CHECKING:
    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital

Series = list[tuple[datetime, Decimal]]


def expected(
    series: Series, points: int, since: datetime | None, until: datetime | None
) -> list[dict[str, Any]]:
    """The buckets, by a plain walk over the series."""
    kept = sorted(
        (at, value)
        for at, value in series
        if (since is None or at >= since) and (until is None or at < until)
    )
    if not kept:
        return []
    tick = timedelta(microseconds=1)
    start, end = since or kept[0][0], until or kept[-1][0] + tick
    number = max(points // 2, 1)
    width = max(-(-((end - start) // tick) // number), 1)
    found = []
    for place in range(number):
        low, high = start + place * width * tick, start + (place + 1) * width * tick
        inside = [(at, value) for at, value in kept if low <= at < high]
        if inside:
            least = min(inside, key=lambda one: (one[1], one[0]))
            most = min(inside, key=lambda one: (-one[1], one[0]))
            found.append(
                {"start": low, "end": min(high, end), "count": len(inside)}
                | {"minimum": least, "maximum": most}
            )
    assert sum(one["count"] for one in found) == len(kept)
    return found


def told(buckets: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"start": read(one["start"]), "end": read(one["end"]), "count": one["count"]}
        | {
            side: (read(one[side]["at"]), Decimal(one[side]["value"]))
            for side in ("minimum", "maximum")
        }
        for one in buckets
    ]


MOMENTS = st.one_of(
    st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours)),
    st.integers(0, 10**10).map(lambda ticks: START + timedelta(microseconds=ticks)),
)
SERIES = st.lists(
    st.tuples(MOMENTS, st.one_of(st.integers(60, 63), st.integers(0, 300)).map(Decimal)),
    max_size=25,
)
QUIET = settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@QUIET
@given(
    series=SERIES,
    points=st.one_of(st.sampled_from([2, 3, 4, 200, 2000]), st.integers(2, 30)),
    since=st.none() | MOMENTS,
    span=st.none() | st.integers(1, 2 * 10**10),
)
async def test_every_bucket_of_any_series_keeps_its_least_and_its_greatest(  # noqa: PLR0917 (what hypothesis draws)
    hospital: Hospital,
    admin: Actor,
    series: Series,
    points: int,
    since: datetime | None,
    span: int | None,
) -> None:
    whose = await person(hospital)
    await whose.vitals({"recorded_at": at, "heart_rate": int(value)} for at, value in series)
    # Measured at the same times, and no part of it.
    await whose.vitals({"recorded_at": at, "systolic": 120} for at, _ in series[:3])
    until = None if span is None else (since or START) + timedelta(microseconds=span)
    found = await trend(
        whose,
        admin,
        VITAL,
        parameter="HEART_RATE",
        points=points,
        **{"from": since, "to": until},
    )
    wanted = expected(series, points, since, until)
    assert told(found["buckets"]) == wanted
    assert len(wanted) * 2 <= max(points, 2)
    kept = sum(one["count"] for one in wanted)
    assert found["count"] == kept
    inside = [at for at, _ in series if any(w["start"] <= at < w["end"] for w in wanted)]
    assert (found["first"] is None) == (found["last"] is None) == (not inside)
    if inside:
        ends = (read(found["first"]["at"]), read(found["last"]["at"]))
        assert ends == (min(inside), max(inside))


@QUIET
@given(series=SERIES, points=st.integers(2, 12))
async def test_results_in_any_unit_are_one_series(
    hospital: Hospital, admin: Actor, series: Series, points: int
) -> None:
    """Glucose, by turns in mg/dL, mmol/L and by another code; the last result says the unit."""
    whose = await person(hospital)
    rows = []
    for number, (at, value) in enumerate(series):
        unit, code = [("mg/dL", "2345-7"), ("mmol/L", "15074-8"), ("mg/dL", "2339-0")][number % 3]
        sent = value if unit == "mg/dL" else value / Decimal("18.016")
        rows.append(
            {"observed_at": at, "value": sent, "unit": unit, "code": code}
            | {"canonical_value": value, "canonical_unit": "mg/dL"}
            if number % 2
            else {"observed_at": at, "value": sent, "unit": unit, "code": code}
        )
    last = START + timedelta(days=30)
    rows.append({"observed_at": last, "value": Decimal(90), "unit": "mg/dL", "code": "2345-7"})
    await whose.results(rows)
    found = await trend(whose, admin, LAB, code="2339-0", points=points)
    assert found["unit"] == "mg/dL"
    assert told(found["buckets"]) == expected([*series, (last, Decimal(90))], points, None, None)
    assert found["leftOut"] == []


async def test_what_cannot_be_converted_is_counted_and_not_drawn(
    hospital: Hospital, admin: Actor
) -> None:
    whose = await person(hospital)
    tick = timedelta(minutes=1)
    await whose.results(
        {"observed_at": START + number * tick} | row
        for number, row in enumerate(
            [
                {"value": Decimal("4.0"), "unit": "mmol/L"},
                {"value": Decimal("4.4"), "unit": "meq/L"},  # of one charge: the same
                {"value": Decimal(99), "unit": "g/L"},
                {"value": Decimal(99), "unit": "bottles"},
                {"value": Decimal(99), "unit": None},
                {"value": None, "text": "haemolytic", "unit": "mmol/L"},
                {"value": Decimal(99), "unit": "mmol/L", "status": "CANCELLED"},
                {"value": Decimal(99), "unit": "mmol/L", "status": "ENTERED_IN_ERROR"},
                {"value": Decimal(99), "unit": "mmol/L", "superseded_at": START},
                {"value": Decimal("3.0"), "unit": "mmol/L", "code": "6298-4", "comparator": "<"},
            ]
        )
    )
    found = await trend(whose, admin, LAB, code="2823-3", points=2)
    assert {"2823-3", "6298-4"} == set(found["codes"])
    [bucket] = found["buckets"]
    assert (found["count"], bucket["count"]) == (3, 3)
    low = {"at": spoken(START + 9 * tick), "value": "3.0", "comparator": "<"}
    assert bucket["minimum"] == low == found["last"]
    assert (bucket["maximum"]["value"], bucket["maximum"]["comparator"]) == ("4.4", None)
    assert {(one["reason"], one["unit"]): one["count"] for one in found["leftOut"]} == {
        ("UNIT", "g/L"): 1,
        ("UNIT", "bottles"): 1,
        ("UNIT", None): 1,
        ("TEXT", "mmol/L"): 1,
    }


NEVER = f'from: "{START:%FT%TZ}", to: "{START:%FT%TZ}"'


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("vitalTrend(parameter: HEART_RATE, points: 1) { count }", "points"),
        ('labTrend(code: "2823-3", points: 2001) { count }', "points"),
        (f'labTrend(code: "2823-3", {NEVER}) {{ count }}', "to"),
        ("labPanels(panel: CMP, first: 0) { complete }", "first"),
        ("labPanels(panel: CMP, first: 51) { complete }", "first"),
    ],
)
async def test_what_cannot_be_drawn_is_refused_with_the_limit(
    hospital: Hospital, admin: Actor, text: str, field: str
) -> None:
    answered = await hospital.ask(f'{{ patient(mrn: "MRN-2") {{ {text} }} }}', admin)
    [error] = answered.errors
    extensions = error["extensions"]
    assert (extensions["code"], extensions["field"]) == ("BAD_USER_INPUT", field)
    assert extensions["limit"]


async def test_points_count_in_the_cost(served: Hospital, admin: Actor) -> None:
    series = "vitalTrend(parameter: HEART_RATE, points: %d) { count }"
    text = "{ patients(first: 200) { nodes { " + series + " } } }"
    assert (await served.ask(text % 10, admin)).errors == []
    [refused] = (await served.ask(text % 2000, admin)).errors
    assert refused["extensions"]["exceeded"] == "cost"


async def test_a_trend_is_audited_as_reading_the_patient(hospital: Hospital, admin: Actor) -> None:
    text = '{ patient(mrn: "MRN-2") { labTrend(code: "2823-3") { buckets { count } } } }'
    [entry] = (await hospital.ask(text, admin)).audit
    assert entry["patient_ids"] == [hospital.charts["Ben"].patient]
    assert "lab:read" in entry["scopes"]
    assert "Patient.labTrend" in entry["fields"]
