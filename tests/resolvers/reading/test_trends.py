"""Trends: what is drawn of a series is what an independent computation says."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import models
from resolvers.transaction import transaction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from resolvers.actors import Actor
    from tests.resolvers.reading.hospital import Hospital

START = datetime(2026, 3, 28, 22, tzinfo=UTC)
POINT = "{ at value comparator }"
BUCKETS = f"buckets {{ start end count minimum {POINT} maximum {POINT} }}"
ASKED = "from: $from, to: $to, points: $points"
HEAD = "$id: ID, $from: DateTime, $to: DateTime, $points: Int"
VITAL = f"""query ({HEAD}, $parameter: VitalParameter!)
{{ patient(id: $id) {{ vitalTrend(parameter: $parameter, {ASKED}) {{
  parameter unit start end count first {POINT} last {POINT} {BUCKETS}
  plausible {{ low high }} news2Bands {{ low high points scale onOxygen }} }} }} }}"""
LAB = f"""query ({HEAD}, $code: String!)
{{ patient(id: $id) {{ labTrend(code: $code, {ASKED}) {{
  codes unit start end count first {POINT} last {POINT} {BUCKETS}
  leftOut {{ reason unit count }} reference {{ low high at }}
  criticalLimits {{ side value inclusive key minAgeHours maxAgeHours sex }} }} }} }}"""


def read(text: str) -> datetime:
    return datetime.fromisoformat(text)


@dataclass
class Person:
    """A patient whose series a test writes."""

    hospital: Hospital
    id: UUID

    @property
    def public(self) -> str:
        return self.hospital.public(models.Patient, self.id)

    async def vitals(self, rows: Iterable[dict[str, Any]]) -> None:
        async with transaction(self.hospital.pool, self.hospital.id, datetime.now(UTC)) as tx:
            for row in rows:
                await tx.insert(models.VitalSigns, self._common() | {"news2_applies": True} | row)

    async def results(self, rows: Iterable[dict[str, Any]]) -> None:
        async with transaction(self.hospital.pool, self.hospital.id, datetime.now(UTC)) as tx:
            for row in rows:
                made = self._common()
                at = row["observed_at"]
                await tx.insert(
                    models.LabResult,
                    made
                    | {"root_id": made["id"], "code": "2823-3", "display": "Potassium"}
                    | {"issued_at": at, "sender": "laboratory", "status": "FINAL"}
                    | {"interpretation": "NORMAL", "version": 1}
                    | row,
                )

    def _common(self) -> dict[str, Any]:
        made = {"id": models.new_id(), "hospital_id": self.hospital.id, "patient_id": self.id}
        return made | {"created_by": None}


async def person(hospital: Hospital, **columns: Any) -> Person:
    """A new patient in no bed."""
    made = models.new_id()
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        await tx.insert(
            models.Patient,
            {"id": made, "hospital_id": hospital.id, "created_by": None, "mrn": made.hex}
            | {"given_name": "Series", "family_name": "Long", "sex": "FEMALE", "birth_date": None}
            | columns,
        )
    return Person(hospital, made)


async def trend(whose: Person, admin: Actor, text: str, **variables: Any) -> Any:
    sent = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in variables.items()
    }
    answered = await whose.hospital.ask(text, admin, {"id": whose.public, **sent})
    [found] = answered.data["patient"].values()
    return found


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


def spoken(at: datetime) -> str:
    return at.isoformat()


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
    assert refused["extensions"]["limit"] == "cost" or "cost" in str(refused)


async def test_a_trend_is_audited_as_reading_the_patient(hospital: Hospital, admin: Actor) -> None:
    text = '{ patient(mrn: "MRN-2") { labTrend(code: "2823-3") { buckets { count } } } }'
    [entry] = (await hospital.ask(text, admin)).audit
    assert entry["patient_ids"] == [hospital.charts["Ben"].patient]
    assert "lab:read" in entry["scopes"]
    assert "Patient.labTrend" in entry["fields"]
