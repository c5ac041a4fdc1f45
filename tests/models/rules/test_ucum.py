import subprocess
import sys
from decimal import Decimal
from fractions import Fraction
from itertools import combinations

import pytest
from ucumvert import PintUcumRegistry

from models.rules.ucum import LONGEST, measure
from models.rules.units import UNITS, convert

NO_MULTIPLE = {"Cel", "[degF]", "[pH]"}
"""On scales of their own."""
KNOWN = sorted(set(UNITS) - NO_MULTIPLE)


def test_each_unit_of_our_table_is_worth_what_ucum_says_over_all_pairs() -> None:
    pairs = 0
    for one, other in combinations(KNOWN, 2):
        (kind, size), (its_kind, its_size) = UNITS[one], UNITS[other]
        mine, its = measure(one), measure(other)
        assert mine is not None
        assert its is not None
        if kind == its_kind:
            pairs += 1
            assert mine.dimension == its.dimension, (one, other)
            assert mine.factor / its.factor == Fraction(size) / Fraction(its_size), (one, other)
        else:
            assert mine.dimension != its.dimension, (one, other)
    assert pairs > 100


def test_the_library_converts_alike_as_far_as_it_is_exact() -> None:
    registry = PintUcumRegistry()
    seen = 0
    for one, other in combinations(KNOWN, 2):
        if UNITS[one][0] != UNITS[other][0] or "{" in one + other:
            continue
        seen += 1
        ours = convert(Decimal(1), one, "", other)
        assert ours is not None
        # Its mm[Hg] differs from UCUM's in the sixth digit.
        its = registry.from_ucum(one).to(registry.from_ucum(other)).magnitude
        assert float(ours) == pytest.approx(its, rel=1e-5 if "[Hg]" in one + other else 1e-12)
    assert seen > 100


@pytest.mark.parametrize("unit", sorted(NO_MULTIPLE))
def test_a_scale_of_its_own_is_no_multiple(unit: str) -> None:
    assert measure(unit) is None


@pytest.mark.parametrize(
    ("value", "unit", "code", "target", "expected"),
    [
        ("1", "nmol/mL", "2823-3", "mmol/L", "0.001"),
        ("6", "kPa", "2019-8", "Pa", "6000"),
        ("5", "umol/mL", "2345-7", "mg/dL", "90.08"),
        ("0.5", "cg/L", "2160-0", "umol/L", "44.21"),
        ("3", "10*3.{cells}/uL", "6690-2", "10*3/uL", "3"),
        ("7", "g%", "718-7", "g/dL", "7"),
        ("90", "ms", "14979-9", "s", "0.09"),
        ("1", "[psi]", "2019-8", "kPa", "6.894757293168361336722673445"),
        ("6", "µmol/mL", "2823-3", "mmol/L", "6"),
        # kept apart
        ("6", "mosm/L", "2823-3", "mmol/L", None),
        ("5", "eq/m3", "17861-6", "mmol/L", None),
        ("6", "m[IU]/L", "2823-3", "U/L", None),
        ("6", "10*21/L", "2823-3", "mmol/L", None),
        ("6", "MG/mL", "3255-7", "mg/dL", "600"),  # a spelling of ours: milligrams
        ("6", "MG/cL", "3255-7", "mg/dL", None),
        ("6", "mg/dL{x}", "3255-7", "mg/dL", None),
        ("6", "mL/min", "33914-3", "mL/min/{1.73_m2}", None),
    ],
)
def test_a_unit_that_only_ucum_knows(
    value: str, unit: str, code: str, target: str, expected: str | None
) -> None:
    converted = convert(Decimal(value), unit, code, target)
    assert converted == (None if expected is None else Decimal(expected))


def test_equivalents_of_one_charge_are_moles_also_where_ucum_is_asked() -> None:
    assert convert(Decimal(5), "neq/mL", "2823-3", "mmol/L") == Decimal("0.005")
    assert convert(Decimal(5), "neq/mL", "17861-6", "mmol/L") is None


@pytest.mark.parametrize(
    "written",
    [
        *("", " ", "bananas", "mg/", "/", "(", "10*31", "m31", "Mmol/L", "GPa", "µ", "mg/dL\n"),
        *("m" * (LONGEST + 1), "m\N{SUPERSCRIPT TWO}x"),
    ],
)
def test_what_is_no_unit(written: str) -> None:
    assert measure(written) is None


def test_the_longest_and_steepest_units_are_worked_out() -> None:
    long, steep = measure("m." * (LONGEST // 2 - 1) + "m"), measure("10*30")
    assert long is not None
    assert long.dimension == {("m", LONGEST // 2)}
    assert steep is not None
    assert steep.factor == 10**30


def test_the_library_is_loaded_for_an_odd_unit_alone() -> None:
    program = (
        "import sys; from decimal import Decimal; from models.rules.units import convert;"
        "[convert(Decimal(1), unit, '2345-7', 'mmol/L') for unit in ('mg/dL', 'MG%', 'g/l', None)];"
        "before = 'ucumvert' in sys.modules;"
        "convert(Decimal(1), 'mg/cL', '2345-7', 'mmol/L');"
        "print(before, 'ucumvert' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "True"]
