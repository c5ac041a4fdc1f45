from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.news2 import News2Risk, applies, score
from models.rules.vitals import Consciousness, VitalSet

WELL = VitalSet(16, 97, False, 120, 70, Consciousness.ALERT, Decimal("36.8"))


def points(parameter: str, vitals: VitalSet, *, scale2: bool = False) -> int:
    scored = score(vitals, 50, scale2=scale2)
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
    assert points("oxygenSaturation", on_air, scale2=True) == air
    on_oxygen = replace(on_air, on_oxygen=True)
    assert points("oxygenSaturation", on_oxygen, scale2=True) == oxygen


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
@pytest.mark.parametrize("scale2", [False, True])
def test_a_missing_parameter_is_named(attribute: str, field: str, scale2: bool) -> None:
    scored = score(replace(WELL, **{attribute: None}), 50, scale2=scale2)
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
    ("age", "pregnant", "expected"),
    [(15, False, False), (16, False, True), (None, False, True), (30, True, False)],
)
def test_where_it_applies(age: int | None, pregnant: bool, expected: bool) -> None:
    assert applies(age, pregnant=pregnant) is expected
    assert (score(WELL, age, pregnant=pregnant) is not None) is expected


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


@given(vital_sets, st.booleans())
def test_the_total_is_the_sum_and_within_the_chart(vitals: VitalSet, scale2: bool) -> None:
    scored = score(vitals, None, scale2=scale2)
    assert scored is not None
    assert scored.total is not None
    assert scored.total == sum(scored.parts.values())
    assert 0 <= scored.total <= 20


@given(vital_sets, st.integers(1, 50))
def test_farther_from_normal_never_scores_less(vitals: VitalSet, step: int) -> None:
    assert vitals.heart_rate is not None
    away = step if vitals.heart_rate >= 70 else -step
    worse = score(replace(vitals, heart_rate=vitals.heart_rate + away), 50)
    before = score(vitals, 50)
    assert worse is not None
    assert before is not None
    assert worse.parts["heartRate"] >= before.parts["heartRate"]
