from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.units import MOLAR, UNITS, canonical, convert

D = Decimal
values = st.decimals(min_value="0.001", max_value="100000", places=3)


@pytest.mark.parametrize(
    ("written", "ucum"),
    [
        ("mmol/L", "mmol/L"),
        ("mmol/l", "mmol/L"),
        ("MMOLL", "mmol/L"),
        ("UMOLL", "umol/L"),
        ("µmol/L", "umol/L"),
        ("μmol/L", "umol/L"),
        ("MLMIN", "mL/min"),
        ("MG/DL", "mg/dL"),
        ("gm/dL", "g/dL"),
        ("K/uL", "10*3/uL"),
        ("x10^3/µL", "10*3/uL"),
        ("x10*9/L", "10*9/L"),
        ("x10*12/L", "10*12/L"),
        ("10⁹/L", "10*9/L"),
        ("x10³/µL", "10*3/uL"),
        ("10¹²/L", "10*12/L"),
        ("M/uL", "10*6/uL"),
        ("/mm³", "/uL"),
        ("mEq/L", "meq/L"),
        ("mm Hg", "mm[Hg]"),
        ("MDC_DIM_MMHG", "mm[Hg]"),
        ("MDC_DIM_DEGC", "Cel"),
        ("MDC_DIM_PERCENT", "%"),
        ("PERCENT", "%"),
        ("IU/L", "U/L"),
        ("/10", "{score}"),
        ("lbs", "[lb_av]"),
        ("furlong", None),
        ("", None),
        (None, None),
    ],
)
def test_what_senders_write(written: str | None, ucum: str | None) -> None:
    assert canonical(written) == ucum


@pytest.mark.parametrize("unit", sorted(UNITS))
def test_every_unit_is_its_own_canonical_spelling(unit: str) -> None:
    assert canonical(unit) == unit


@pytest.mark.parametrize(
    ("value", "unit", "code", "target", "expected"),
    [
        # the factors of the clinical table, each from both sides
        ("18.016", "mg/dL", "2345-7", "mmol/L", "1"),
        ("5.5", "mmol/L", "2339-0", "mg/dL", "99.088"),
        ("1", "mg/dL", "2160-0", "umol/L", "88.42"),
        ("884.2", "UMOLL", "38483-4", "mg/dL", "10"),
        ("10", "mg/dL", "3094-0", "mmol/L", "3.57"),
        ("3.57", "mmol/L", "3094-0", "mg/dL", "10"),
        ("10", "mg/dL", "17861-6", "mmol/L", "2.495"),
        ("2.495", "mmol/L", "49765-1", "mg/dL", "10"),
        ("10", "mg/dL", "1975-2", "umol/L", "171"),
        ("171", "umol/L", "1975-2", "mg/dL", "10"),
        ("7", "g/dL", "718-7", "g/L", "70"),
        ("69.4", "g/L", "718-7", "g/dL", "6.94"),
        ("1", "mg/dL", "19123-9", "mmol/L", "0.4114"),
        ("0.4114", "mmol/L", "19123-9", "mg/dL", "1"),
        # the same dimension
        ("0.54", "10*9/L", "6690-2", "10*3/uL", "0.54"),
        ("540", "/mm3", "6690-2", "10*3/uL", "0.54"),
        ("0.02", "10*6/uL", "777-3", "10*3/uL", "20"),
        ("300", "ng/L", "10839-9", "ng/mL", "0.3"),
        ("1", "g/L", "3255-7", "mg/dL", "100"),
        ("1", "kPa", "2019-8", "Pa", "1000"),
        ("133.322", "kPa", "2019-8", "mm[Hg]", "1000"),
        ("60", "mm[Hg]", "2019-8", "kPa", "7.99932"),
        ("2", "min", "14979-9", "s", "120"),
        # equivalents: one charge alone
        ("6.5", "mEq/L", "2823-3", "mmol/L", "6.5"),
        ("6.5", "mmol/L", "2823-3", "mEq/L", "6.5"),
        ("140", "mEq/L", "2947-0", "mmol/L", "140"),
        ("100", "mEq/L", "2075-0", "mmol/L", "100"),
        ("5", "mEq/L", "17861-6", "mmol/L", None),
        ("5", "mEq/L", "17861-6", "mg/dL", None),
        ("2", "mEq/L", "19123-9", "mg/dL", None),
        ("2", "mEq/L", "2028-9", "mmol/L", None),
        # a mass is no amount of substance without the analyte
        ("5", "mmol/L", "718-7", "g/dL", None),
        ("5", "mg/dL", "2823-3", "mmol/L", None),
        # temperature, weight, height
        ("98.6", "[degF]", "8331-1", "Cel", "37"),
        ("37", "Cel", "8331-1", "[degF]", "98.6"),
        ("310.15", "K", "8331-1", "Cel", "37"),
        ("-40", "F", "8331-1", "C", "-40"),
        ("100", "lb", "29463-7", "kg", "45.359237"),
        ("10", "in", "8302-2", "cm", "25.4"),
        ("6", "ft", "8302-2", "cm", "182.88"),
        # nothing to go by
        ("5", None, "2823-3", "mmol/L", None),
        ("5", "", "2823-3", "mmol/L", None),
        ("5", "bananas", "2823-3", "mmol/L", None),
        ("5", "mmol/L", "2823-3", "bananas", None),
        ("5", "g/dL", "2823-3", "s", None),
        # a quantity of one unit alone
        ("5.1", None, "6301-6", "{INR}", "5.1"),
        ("5.1", " ", "6301-6", "{INR}", "5.1"),
        ("7.1", None, "2744-1", "[pH]", "7.1"),
        ("7.1", "mmol/L", "2744-1", "[pH]", None),
        # what is no measurement
        ("NaN", "mmol/L", "2823-3", "mmol/L", None),
        ("Infinity", "mmol/L", "2823-3", "mmol/L", None),
        ("1E+999999", "mg/dL", "2345-7", "mmol/L", None),
    ],
)
def test_conversion(
    value: str, unit: str | None, code: str, target: str, expected: str | None
) -> None:
    converted = convert(D(value), unit, code, target)
    assert converted == (None if expected is None else D(expected))


def test_a_whole_number_keeps_no_exponent() -> None:
    assert str(convert(D("1"), "g/L", "3255-7", "mg/dL")) == "100"


def pairs_of_one_dimension() -> list[tuple[str, str]]:
    return [(a, b) for a in UNITS for b in UNITS if UNITS[a][0] == UNITS[b][0] and a != b]


@given(value=values, pair=st.sampled_from(pairs_of_one_dimension()))
def test_there_and_back_is_the_same(value: Decimal, pair: tuple[str, str]) -> None:
    there = convert(value, pair[0], "", pair[1])
    assert there is not None
    back = convert(there, pair[1], "", pair[0])
    assert back is not None
    assert abs(back - value) <= D("1E-17")


@given(value=values, code=st.sampled_from(sorted(MOLAR)), unit=st.sampled_from(["mg/dL", "g/L"]))
def test_mass_to_moles_and_back_is_the_same(value: Decimal, code: str, unit: str) -> None:
    there = convert(value, unit, code, "umol/L")
    assert there is not None
    back = convert(there, "umol/L", code, unit)
    assert back is not None
    assert abs(back - value) <= D("1E-17")


@given(a=values, b=values, pair=st.sampled_from(pairs_of_one_dimension()))
def test_conversion_keeps_the_order(a: Decimal, b: Decimal, pair: tuple[str, str]) -> None:
    low, high = (convert(value, pair[0], "", pair[1]) for value in sorted((a, b)))
    assert low is not None
    assert high is not None
    assert low <= high
