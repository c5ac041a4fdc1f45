from decimal import Decimal

import pytest

from models.rules.critical_rules import ADULT, DAY, MONTH, YEAR
from models.rules.critical_values import STARTER_RULES, Observation, Side, Verdict, judge
from models.rules.results import Interpretation

AT_40 = 40 * YEAR


def verdict(code: str, value: str, unit: str, age: int) -> Verdict:
    return judge(STARTER_RULES, Observation(code, Decimal(value), unit=unit, age_hours=age))


# The clinical table: code, unit, age, the last value that is critical and the first that is not.
LOW = [
    ("2823-3", "mmol/L", AT_40, "2.5", "2.51"),
    ("6298-4", "mmol/L", ADULT, "2.5", "2.51"),
    ("2823-3", "mmol/L", ADULT - 1, "2.99", "3.0"),
    ("2823-3", "mmol/L", 0, "2.99", "3.0"),
    ("2951-2", "mmol/L", AT_40, "119.9", "120"),
    ("2947-0", "mmol/L", 0, "119.9", "120"),
    ("2345-7", "mg/dL", AT_40, "49.9", "50"),
    ("2339-0", "mg/dL", MONTH, "49.9", "50"),
    ("2345-7", "mg/dL", MONTH - 1, "39.9", "40"),
    ("17861-6", "mg/dL", AT_40, "5.99", "6.0"),
    ("49765-1", "mg/dL", 5 * YEAR, "5.99", "6.0"),
    ("1995-0", "mmol/L", AT_40, "0.75", "0.76"),
    ("2028-9", "mmol/L", AT_40, "9.9", "10"),
    ("20565-8", "mmol/L", AT_40, "9.9", "10"),
    ("19123-9", "mg/dL", AT_40, "0.99", "1.0"),
    ("718-7", "g/dL", AT_40, "7.0", "7.01"),
    ("6690-2", "10*3/uL", AT_40, "1.0", "1.01"),
    ("777-3", "10*3/uL", AT_40, "20", "20.1"),
    ("751-8", "10*3/uL", AT_40, "0.5", "0.51"),
    ("3255-7", "mg/dL", AT_40, "100", "100.1"),
    ("2744-1", "[pH]", AT_40, "7.20", "7.21"),
    ("2744-1", "[pH]", 0, "7.19", "7.20"),
    ("2019-8", "mm[Hg]", AT_40, "20", "20.1"),
    ("2019-8", "mm[Hg]", 0, "29.9", "30"),
    ("2703-7", "mm[Hg]", AT_40, "50", "50.1"),
    ("2703-7", "mm[Hg]", 0, "39.9", "40"),
]
HIGH = [
    ("2823-3", "mmol/L", AT_40, "6.5", "6.49"),
    ("2823-3", "mmol/L", ADULT, "6.5", "6.49"),
    ("2823-3", "mmol/L", ADULT - 1, "6.51", "6.5"),
    ("2823-3", "mmol/L", YEAR // 2, "6.51", "6.5"),
    ("2823-3", "mmol/L", YEAR // 2 - 1, "7.01", "7.0"),
    ("2951-2", "mmol/L", AT_40, "160.1", "160"),
    ("2345-7", "mg/dL", MONTH, "450.1", "450"),
    ("2345-7", "mg/dL", MONTH - 1, "300.1", "300"),
    ("17861-6", "mg/dL", AT_40, "13.1", "13.0"),
    ("1995-0", "mmol/L", AT_40, "1.50", "1.49"),
    ("2028-9", "mmol/L", AT_40, "50.1", "50"),
    ("19123-9", "mg/dL", AT_40, "4.71", "4.7"),
    ("2160-0", "mg/dL", AT_40, "10", "9.99"),
    ("38483-4", "mg/dL", ADULT, "10", "9.99"),
    ("2160-0", "mg/dL", ADULT - 1, "3", "2.99"),
    ("2160-0", "mg/dL", 12 * YEAR, "3", "2.99"),
    ("2160-0", "mg/dL", 12 * YEAR - 1, "2.5", "2.49"),
    ("2160-0", "mg/dL", 2 * YEAR, "2.5", "2.49"),
    ("2160-0", "mg/dL", 2 * YEAR - 1, "2", "1.99"),
    ("2160-0", "mg/dL", 35 * DAY, "2", "1.99"),
    ("2160-0", "mg/dL", 35 * DAY - 1, "1.5", "1.49"),
    ("2160-0", "mg/dL", 28 * DAY, "1.5", "1.49"),
    ("2160-0", "mg/dL", 0, "1.5", "1.49"),
    ("1975-2", "mg/dL", AT_40, "10", "9.99"),
    ("1975-2", "mg/dL", DAY - 1, "10.1", "10"),
    ("1975-2", "mg/dL", DAY, "13.1", "13"),
    ("1975-2", "mg/dL", 31 * DAY - 1, "13.1", "13"),
    ("1975-2", "mg/dL", 31 * DAY, "10", "9.99"),
    ("718-7", "g/dL", AT_40, "20", "19.9"),
    ("6690-2", "10*3/uL", AT_40, "50", "49.9"),
    ("777-3", "10*3/uL", AT_40, "1000", "999"),
    ("6301-6", "{INR}", AT_40, "5.0", "4.99"),
    ("14979-9", "s", AT_40, "85", "84.9"),
    ("10839-9", "ng/mL", AT_40, "0.3", "0.29"),
    ("2524-7", "mmol/L", AT_40, "3.5", "3.49"),
    ("2744-1", "[pH]", AT_40, "7.60", "7.59"),
    ("2019-8", "mm[Hg]", AT_40, "60", "59.9"),
    ("2019-8", "mm[Hg]", 0, "60.1", "60"),
    ("2703-7", "mm[Hg]", 0, "90.1", "90"),
]


@pytest.mark.parametrize(("code", "unit", "age", "critical", "not_yet"), LOW)
def test_each_low_limit_from_both_sides(
    code: str, unit: str, age: int, critical: str, not_yet: str
) -> None:
    beyond, within = verdict(code, critical, unit, age), verdict(code, not_yet, unit, age)
    assert (beyond.interpretation, beyond.critical, beyond.side) == (
        Interpretation.CRITICAL_LOW,
        True,
        Side.LOW,
    )
    assert (within.interpretation, within.critical, within.rule) == (
        Interpretation.NORMAL,
        False,
        None,
    )


@pytest.mark.parametrize(("code", "unit", "age", "critical", "not_yet"), HIGH)
def test_each_high_limit_from_both_sides(
    code: str, unit: str, age: int, critical: str, not_yet: str
) -> None:
    beyond, within = verdict(code, critical, unit, age), verdict(code, not_yet, unit, age)
    assert (beyond.interpretation, beyond.side) == (Interpretation.CRITICAL_HIGH, Side.HIGH)
    assert beyond.critical
    assert (within.interpretation, within.critical, within.rule) == (
        Interpretation.NORMAL,
        False,
        None,
    )


def test_the_tables_above_reach_every_limit_of_every_row() -> None:
    reached = {
        (found.rule.key, found.side)
        for code, unit, age, critical, _ in LOW + HIGH
        if (found := verdict(code, critical, unit, age)).rule is not None
    }
    shipped = {(rule.key, side) for rule in STARTER_RULES for side in Side if rule.limit(side)}
    assert shipped == reached


def test_every_row_names_its_source_once() -> None:
    assert all(rule.source and rule.codes for rule in STARTER_RULES)
    assert len({rule.key for rule in STARTER_RULES}) == len(STARTER_RULES)
