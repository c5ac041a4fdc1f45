from decimal import Decimal

import pytest

from models.rules.critical_rules import ADULT, DAY, MONTH, YEAR, CriticalRule, rival
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


# The clinical table a second time, cell by cell: the unit, the source, the critical range of each
# column as the table prints it. U Univ. of Iowa, H Houston Methodist, W WakeMed, S Starling,
# A ansari.egpnl.com, C citilab, R RCPA-AACB. Hours: a day has 24, a year 8766, the month of a
# newborn 730.
TABLE = """
2823-3 6298-4   mmol/L   16y-        W <=2.5 >=6.5
2823-3 6298-4   mmol/L   0-16y       U <3.0 >6.5
2823-3 6298-4   mmol/L   0-6mo       R >7.0
2951-2 2947-0   mmol/L   0-          U <120 >160
2345-7 2339-0   mg/dL    1mo-        U <50 >450
2345-7 2339-0   mg/dL    0-1mo       U <40 >300
17861-6 49765-1 mg/dL    1mo-        U <6.0 >13.0
1995-0          mmol/L   16y-        H <=0.75 >=1.50
2028-9 20565-8  mmol/L   16y-        U <10 >50
19123-9         mg/dL    16y-        U <1.0 >4.7
2160-0 38483-4  mg/dL    16y-        A >=10
2160-0 38483-4  mg/dL    5wk-2y      A >=2
2160-0 38483-4  mg/dL    2y-12y      A >=2.5
2160-0 38483-4  mg/dL    12y-16y     A >=3
2160-0 38483-4  mg/dL    1d-29d      A >=1.5
1975-2          mg/dL    16y-        S >=10
1975-2          mg/dL    0-1d        U >10
1975-2          mg/dL    1d-31d      U >13
718-7           g/dL     16y-        H <=7.0
718-7           g/dL     16y-        A >=20
6690-2          10*3/uL  16y-        W <=1.0 >=50
777-3           10*3/uL  16y-        S <=20 >=1000
751-8           10*3/uL  16y-        C <=0.5
6301-6          {INR}    16y-        W >=5.0
14979-9         s        16y-        W >=85
3255-7          mg/dL    16y-        H <=100
10839-9         ng/mL    16y-        C >=0.3
2524-7          mmol/L   16y-        H >=3.5
2744-1          [pH]     16y-        H <=7.20 >=7.60
2744-1          [pH]     0-1mo       W <7.20
2019-8          mm[Hg]   16y-        H <=20 >=60
2019-8          mm[Hg]   0-1mo       W <30 >60
2703-7          mm[Hg]   16y-        H <=50
2703-7          mm[Hg]   0-1mo       W <40 >90
"""
CARRIED = "creatinine-first-weeks"
"""A limit of ours where the source leaves a gap: it is in no cell."""
LETTERS = {
    "Univ. of Iowa": "U",
    "Houston Methodist": "H",
    "WakeMed": "W",
    "Starling": "S",
    "ansari.egpnl.com": "A",
    "citilab": "C",
    "RCPA-AACB, doi 10.1515/cclm-2017-1114": "R",
}
HOURS = {"": 1, "d": 24, "wk": 168, "mo": 730, "y": 8766}


def hours(edge: str) -> int:
    number = edge.rstrip("dwkmoy")
    # Half a year of completed hours is half of 8766, and not six months of 730.
    return 4383 if edge == "6mo" else int(number) * HOURS[edge[len(number) :]]


def cells() -> list[tuple[str, str, str, int, int | None, list[str]]]:
    found = []
    for line in TABLE.strip().splitlines():
        *codes, unit, ages, source = [word for word in line.split() if word[0] not in "<>"]
        limits = [word for word in line.split() if word[0] in "<>"]
        young, old = ages.split("-")
        for code in codes:
            before = hours(old) if old else None
            found.append((code, unit, source, hours(young), before, limits))
    return found


def test_the_rules_are_the_table_and_the_table_is_the_rules() -> None:
    shipped = [rule for rule in STARTER_RULES if rule.key != CARRIED]
    found = set()
    for code, unit, source, young, before, limits in cells():
        [rule] = [
            one
            for one in shipped
            if code in one.codes
            and (one.min_age_hours or 0, one.max_age_hours) == (young, before)
            and LETTERS[one.source] == source
        ]
        assert rule.unit == unit
        assert printed(rule) == limits, rule.key
        found.add(rule.key)
    assert found == {rule.key for rule in shipped}


def printed(rule: CriticalRule) -> list[str]:
    low, high = rule.limit(Side.LOW), rule.limit(Side.HIGH)
    return [
        *([] if low is None else [f"<{'=' * low[1]}{low[0]}"]),
        *([] if high is None else [f">{'=' * high[1]}{high[0]}"]),
    ]


def test_the_codes_beside_those_of_the_table_are_siblings_of_one_test() -> None:
    """No code is in the rules of two tests, and every rule of a test has all of its codes."""
    of_test: dict[str, set[tuple[str, ...]]] = {}
    for rule in STARTER_RULES:
        of_test.setdefault(rule.test, set()).add(rule.codes)
    assert all(len(codes) == 1 for codes in of_test.values())
    every = [code for codes in of_test.values() for those in codes for code in those]
    assert len(every) == len(set(every))


def test_of_two_rules_that_ship_one_is_always_the_more_specific() -> None:
    for rule in STARTER_RULES:
        assert rival(rule, [other for other in STARTER_RULES if other is not rule]) is None


def test_the_window_of_repeats_that_ships_is_ours() -> None:
    assert {rule.repeat_window for rule in STARTER_RULES} == {240}
