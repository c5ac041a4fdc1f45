from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.news2 import News2Risk, Spo2Scale, not_applicable, score
from models.rules.patients import age_in_years
from models.rules.vitals import Consciousness, VitalSet

WELL = VitalSet(16, 97, False, 120, 70, Consciousness.ALERT, Decimal("36.8"))


def points(parameter: str, vitals: VitalSet, *, scale: Spo2Scale = Spo2Scale.SCALE_1) -> int:
    scored = score(vitals, 50, scale=scale)
    assert scored is not None
    return scored.parts[parameter]


@pytest.mark.parametrize(
    ("rate", "expected"),
    [(0, 3), (8, 3), (9, 1), (11, 1), (12, 0), (20, 0), (21, 2), (24, 2), (25, 3), (60, 3)],
)
def test_respiration(rate: int, expected: int) -> None:
    assert points("respiratoryRate", replace(WELL, respiratory_rate=rate)) == expected


@pytest.mark.parametrize(
    ("spo2", "expected"), [(91, 3), (92, 2), (93, 2), (94, 1), (95, 1), (96, 0), (100, 0)]
)
@pytest.mark.parametrize("oxygen", [False, True])
def test_saturation_scale_1(spo2: int, expected: int, oxygen: bool) -> None:
    vitals = replace(WELL, oxygen_saturation=spo2, on_oxygen=oxygen)
    assert points("oxygenSaturation", vitals) == expected


@pytest.mark.parametrize(
    ("spo2", "air", "oxygen"),
    [
        (83, 3, 3),
        (84, 2, 2),
        (85, 2, 2),
        (86, 1, 1),
        (87, 1, 1),
        (88, 0, 0),
        (92, 0, 0),
        (93, 0, 1),
        (94, 0, 1),
        (95, 0, 2),
        (96, 0, 2),
        (97, 0, 3),
        (100, 0, 3),
    ],
)
def test_saturation_scale_2(spo2: int, air: int, oxygen: int) -> None:
    on_air = replace(WELL, oxygen_saturation=spo2)
    assert points("oxygenSaturation", on_air, scale=Spo2Scale.SCALE_2) == air
    on_oxygen = replace(on_air, on_oxygen=True)
    assert points("oxygenSaturation", on_oxygen, scale=Spo2Scale.SCALE_2) == oxygen


@pytest.mark.parametrize(("oxygen", "expected"), [(False, 0), (True, 2)])
def test_air_or_oxygen(oxygen: bool, expected: int) -> None:
    assert points("onOxygen", replace(WELL, on_oxygen=oxygen)) == expected


@pytest.mark.parametrize(
    ("systolic", "expected"),
    [(90, 3), (91, 2), (100, 2), (101, 1), (110, 1), (111, 0), (219, 0), (220, 3)],
)
def test_systolic(systolic: int, expected: int) -> None:
    assert points("systolic", replace(WELL, systolic=systolic)) == expected


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (40, 3),
        (41, 1),
        (50, 1),
        (51, 0),
        (90, 0),
        (91, 1),
        (110, 1),
        (111, 2),
        (130, 2),
        (131, 3),
    ],
)
def test_pulse(rate: int, expected: int) -> None:
    assert points("heartRate", replace(WELL, heart_rate=rate)) == expected


@pytest.mark.parametrize("state", Consciousness)
def test_consciousness(state: Consciousness) -> None:
    expected = 0 if state == "ALERT" else 3
    assert points("consciousness", replace(WELL, consciousness=state)) == expected


@pytest.mark.parametrize(
    ("celsius", "expected"),
    [
        ("35.0", 3),
        ("35.04", 3),
        ("35.05", 1),
        ("35.1", 1),
        ("36.0", 1),
        ("36.1", 0),
        ("38.0", 0),
        ("38.04", 0),
        ("38.05", 1),
        ("38.1", 1),
        ("39.0", 1),
        ("39.1", 2),
    ],
)
def test_temperature(celsius: str, expected: int) -> None:
    assert points("temperature", replace(WELL, temperature=Decimal(celsius))) == expected


@pytest.mark.parametrize(
    ("vitals", "total", "highest", "risk"),
    [
        (WELL, 0, 0, News2Risk.LOW),
        (replace(WELL, on_oxygen=True, heart_rate=120), 4, 2, News2Risk.LOW),
        (replace(WELL, heart_rate=131), 3, 3, News2Risk.LOW_MEDIUM),
        (replace(WELL, heart_rate=131, temperature=Decimal(36)), 4, 3, News2Risk.LOW_MEDIUM),
        (replace(WELL, heart_rate=131, on_oxygen=True), 5, 3, News2Risk.MEDIUM),
        (replace(WELL, heart_rate=131, systolic=90), 6, 3, News2Risk.MEDIUM),
        (
            replace(WELL, heart_rate=131, systolic=90, temperature=Decimal(36)),
            7,
            3,
            News2Risk.HIGH,
        ),
        (
            VitalSet(25, 91, True, 90, 131, Consciousness.VOICE, Decimal(35)),
            20,
            3,
            News2Risk.HIGH,
        ),
    ],
)
def test_totals_and_risk(vitals: VitalSet, total: int, highest: int, risk: News2Risk) -> None:
    scored = score(vitals, 50)
    assert scored is not None
    assert (scored.total, scored.highest_single, scored.risk) == (total, highest, risk)
    assert scored.missing == ()


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ("respiratory_rate", "respiratoryRate"),
        ("oxygen_saturation", "oxygenSaturation"),
        ("on_oxygen", "onOxygen"),
        ("systolic", "systolic"),
        ("heart_rate", "heartRate"),
        ("consciousness", "consciousness"),
        ("temperature", "temperature"),
    ],
)
@pytest.mark.parametrize("scale", Spo2Scale)
def test_a_missing_parameter_is_named(attribute: str, field: str, scale: Spo2Scale) -> None:
    scored = score(replace(WELL, **{attribute: None}), 50, scale=scale)
    assert scored is not None
    assert (scored.total, scored.risk, scored.missing) == (None, None, (field,))


def test_a_single_three_is_seen_though_the_rest_is_missing() -> None:
    scored = score(VitalSet(heart_rate=140), 50)
    assert scored is not None
    assert (scored.total, scored.highest_single, len(scored.missing)) == (None, 3, 6)


def test_nothing_recorded() -> None:
    scored = score(VitalSet(), 50)
    assert scored is not None
    assert (scored.highest_single, len(scored.missing)) == (None, 7)


@pytest.mark.parametrize(
    ("age", "pregnant", "reason"),
    [
        (15, False, "AGE"),
        (15, True, "AGE"),
        (16, False, None),
        (None, False, None),
        (30, True, "PREGNANCY"),
        (None, True, "PREGNANCY"),
    ],
)
def test_where_it_does_not_apply(age: int | None, pregnant: bool, reason: str | None) -> None:
    assert not_applicable(age, pregnant=pregnant) == reason
    assert (score(WELL, age, pregnant=pregnant) is None) is (reason is not None)


@pytest.mark.parametrize(
    ("day", "applies"), [(date(2026, 5, 16), False), (date(2026, 5, 17), True)]
)
def test_the_sixteenth_birthday(day: date, applies: bool) -> None:
    for moment in (time.min, time.max):
        at = datetime.combine(day, moment, UTC)
        scored = score(WELL, age_in_years(date(2010, 5, 17), at))
        assert (scored is not None) is applies


vital_sets = st.builds(
    VitalSet,
    st.integers(0, 100),
    st.integers(0, 100),
    st.booleans(),
    st.integers(0, 300),
    st.integers(0, 300),
    st.sampled_from(Consciousness),
    st.decimals(25, 45, places=1),
)


# The chart of the RCP once more, as it is printed: each cell with its first and last value.
CHART: dict[str, dict[int, list[tuple[str, str]]]] = {
    "respiratoryRate": {
        3: [("0", "8"), ("25", "100")],
        1: [("9", "11")],
        0: [("12", "20")],
        2: [("21", "24")],
    },
    "oxygenSaturation": {
        3: [("0", "91")],
        2: [("92", "93")],
        1: [("94", "95")],
        0: [("96", "100")],
    },
    "oxygenSaturation, scale 2, air": {
        3: [("0", "83")],
        2: [("84", "85")],
        1: [("86", "87")],
        0: [("88", "92"), ("93", "100")],
    },
    "oxygenSaturation, scale 2, oxygen": {
        3: [("0", "83"), ("97", "100")],
        2: [("84", "85"), ("95", "96")],
        1: [("86", "87"), ("93", "94")],
        0: [("88", "92")],
    },
    "systolic": {
        3: [("0", "90"), ("220", "300")],
        2: [("91", "100")],
        1: [("101", "110")],
        0: [("111", "219")],
    },
    "heartRate": {
        3: [("0", "40"), ("131", "300")],
        1: [("41", "50"), ("91", "110")],
        0: [("51", "90")],
        2: [("111", "130")],
    },
    "temperature": {
        3: [("25", "35.0")],
        1: [("35.1", "36.0"), ("38.1", "39.0")],
        0: [("36.1", "38.0")],
        2: [("39.1", "45")],
    },
}


def on_the_chart(row: str, value: Decimal | int | None) -> int:
    assert value is not None
    [found] = [
        given
        for given, cells in CHART[row].items()
        if any(Decimal(low) <= value <= Decimal(high) for low, high in cells)
    ]
    return found


def charted(vitals: VitalSet, scale: Spo2Scale) -> dict[str, int]:
    row = "oxygenSaturation"
    if scale is Spo2Scale.SCALE_2:
        row += f", scale 2, {'oxygen' if vitals.on_oxygen else 'air'}"
    return {
        "respiratoryRate": on_the_chart("respiratoryRate", vitals.respiratory_rate),
        "oxygenSaturation": on_the_chart(row, vitals.oxygen_saturation),
        "onOxygen": 2 if vitals.on_oxygen else 0,
        "systolic": on_the_chart("systolic", vitals.systolic),
        "heartRate": on_the_chart("heartRate", vitals.heart_rate),
        "consciousness": 0 if vitals.consciousness == "ALERT" else 3,
        "temperature": on_the_chart("temperature", vitals.temperature),
    }


@given(vital_sets, st.sampled_from(Spo2Scale))
def test_any_set_scores_as_the_printed_chart_says(vitals: VitalSet, scale: Spo2Scale) -> None:
    scored = score(vitals, None, scale=scale)
    assert scored is not None
    expected = charted(vitals, scale)
    assert dict(scored.parts) == expected
    assert scored.total == sum(expected.values())
    assert scored.highest_single == max(expected.values())
    assert scored.scale is scale
    assert 0 <= scored.total <= 20


@pytest.mark.parametrize("row", [row for row in CHART if row != "temperature"])
def test_every_value_of_a_row(row: str) -> None:
    """All of them, so each cell at its borders and on both sides of them."""
    parameter, *second = row.split(", ")
    column = "".join(f"_{c.lower()}" if c.isupper() else c for c in parameter)
    base = replace(WELL, on_oxygen="oxygen" in second)
    scale = Spo2Scale.SCALE_2 if second else Spo2Scale.SCALE_1
    for value in range(101 if column in {"respiratory_rate", "oxygen_saturation"} else 301):
        vitals = replace(base, **{column: value})
        assert points(parameter, vitals, scale=scale) == on_the_chart(row, value), value


def test_every_tenth_of_a_degree() -> None:
    for tenths in range(250, 451):
        celsius = Decimal(tenths) / 10
        given = points("temperature", replace(WELL, temperature=celsius))
        assert given == on_the_chart("temperature", celsius)


@given(vital_sets, st.integers(1, 50))
def test_farther_from_normal_never_scores_less(vitals: VitalSet, step: int) -> None:
    assert vitals.heart_rate is not None
    away = step if vitals.heart_rate >= 70 else -step
    worse = score(replace(vitals, heart_rate=vitals.heart_rate + away), 50)
    before = score(vitals, 50)
    assert worse is not None
    assert before is not None
    assert worse.parts["heartRate"] >= before.parts["heartRate"]
