from decimal import Decimal

import pytest

from models.rules.vital_limits import LIMITS, implausible, impossible, pressures_cross


@pytest.mark.parametrize("field", sorted(LIMITS))
def test_both_ends_are_plausible_and_what_lies_beyond_is_not(field: str) -> None:
    limit = LIMITS[field]
    step = Decimal(1) if limit.integer else Decimal("0.01")
    assert implausible(field, limit.low) is None
    assert implausible(field, limit.high) is None
    assert implausible(field, limit.low - step) is limit
    assert implausible(field, limit.high + step) is limit
    assert limit.source


@pytest.mark.parametrize(
    ("field", "low", "high"),
    [
        ("temperature", "25", "45"),
        ("heartRate", "0", "300"),
        ("respiratoryRate", "0", "100"),
        ("oxygenSaturation", "0", "100"),
        ("systolic", "0", "300"),
        ("diastolic", "0", "200"),
        ("weightKg", "0.2", "500"),
        ("heightCm", "15", "272"),
        ("painScore", "0", "10"),
    ],
)
def test_the_table(field: str, low: str, high: str) -> None:
    assert (LIMITS[field].low, LIMITS[field].high) == (Decimal(low), Decimal(high))


@pytest.mark.parametrize(
    ("field", "lowest", "highest"),
    [
        ("temperature", "0", "50"),
        ("heartRate", "0", "999"),
        ("respiratoryRate", "0", "999"),
        ("systolic", "0", "999"),
        ("diastolic", "0", "999"),
        ("weightKg", "0.1", "999"),
        ("heightCm", "1", "300"),
        ("oxygenSaturation", "0", "100"),
        ("painScore", "0", "10"),
    ],
)
def test_what_may_be_confirmed(field: str, lowest: str, highest: str) -> None:
    limit = LIMITS[field]
    step = Decimal(1) if limit.integer else Decimal("0.01")
    for end, beyond in ((Decimal(lowest), -step), (Decimal(highest), step)):
        assert impossible(field, end) is None
        assert impossible(field, end + beyond) is limit
    assert limit.lowest <= limit.low <= limit.high <= limit.highest
    assert limit.confirmable is (field not in {"oxygenSaturation", "painScore"})
    assert limit.possible


def test_a_fraction_of_a_whole_number_is_impossible() -> None:
    assert impossible("heartRate", Decimal("310.5")) is LIMITS["heartRate"]


def test_a_temperature_in_fahrenheit_is_impossible() -> None:
    assert impossible("temperature", Decimal("96.8")) is LIMITS["temperature"]


def test_whole_numbers() -> None:
    assert implausible("heartRate", Decimal("70.5")) is LIMITS["heartRate"]
    assert implausible("heartRate", Decimal("70.0")) is None
    assert implausible("temperature", Decimal("36.65")) is None


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_what_is_no_number_is_implausible(value: str) -> None:
    assert implausible("temperature", Decimal(value)) is LIMITS["temperature"]


def test_a_field_without_a_limit_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(KeyError):
        implausible("shoeSize", 43)


def test_the_limit_in_words() -> None:
    assert str(LIMITS["temperature"]) == "25 to 45 Cel"
    assert LIMITS["temperature"].outermost == "0 to 50 Cel"
    assert str(LIMITS["heartRate"]) == "0 to 300 /min, whole numbers"


@pytest.mark.parametrize(
    ("systolic", "diastolic", "cross"),
    [(120, 80, False), (80, 80, False), (80, 81, True), (None, 80, False), (80, None, False)],
)
def test_pressures(systolic: int | None, diastolic: int | None, cross: bool) -> None:
    assert pressures_cross(systolic, diastolic) is cross
