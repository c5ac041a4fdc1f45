from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.critical_rules import ADULT, YEAR
from models.rules.critical_values import (
    STARTER_RULES,
    CriticalRule,
    NotJudged,
    Observation,
    Verdict,
    judge,
)
from models.rules.patients import Sex
from models.rules.results import CRITICAL, Interpretation

D = Decimal
I = Interpretation  # noqa: E741


def verdict(code: str, value: str | None, unit: str | None, age: int | None, **more) -> Verdict:  # noqa: ANN003
    number = None if value is None else D(value)
    return judge(STARTER_RULES, Observation(code, number, unit=unit, age_hours=age, **more))


AT_40 = 40 * YEAR


@pytest.mark.parametrize(
    ("code", "value", "unit", "canonical"),
    [
        ("718-7", "69.4", "g/L", "6.94"),
        ("6690-2", "0.54", "x10*9/L", "0.54"),
        ("2160-0", "885", "UMOLL", None),
        ("2339-0", "2.7", "mmol/L", None),
        ("2823-3", "6.9", "mEq/L", "6.9"),
        ("2703-7", "6", "kPa", None),
        ("15074-8", "2.7", "mmol/L", None),
    ],
)
def test_another_unit_is_judged_in_the_rules_own(
    code: str, value: str, unit: str, canonical: str | None
) -> None:
    found = verdict(code, value, unit, AT_40)
    assert found.critical
    assert found.rule is not None
    assert found.canonical_unit == found.rule.unit
    if canonical is not None:
        assert found.canonical_value == D(canonical)


@pytest.mark.parametrize("unit", [None, "", "bananas", "mg/dL"])
def test_a_unit_that_does_not_convert_is_not_judged_and_says_so(unit: str | None) -> None:
    found = verdict("2823-3", "9", unit, AT_40, reference_low=D(3), reference_high=D(5))
    assert (found.interpretation, found.reason_not_judged) == (I.NOT_JUDGED, NotJudged.UNIT)
    assert (found.critical, found.canonical_value) == (False, None)


def test_calcium_in_equivalents_is_not_judged() -> None:
    assert verdict("17861-6", "2", "mEq/L", AT_40).reason_not_judged is NotJudged.UNIT


@pytest.mark.parametrize(
    ("flag", "meaning"),
    [("HH", I.CRITICAL_HIGH), ("LL", I.CRITICAL_LOW), ("AA", I.CRITICAL_ABNORMAL)],
)
@pytest.mark.parametrize(
    ("code", "value", "unit", "comparator"),
    [
        ("2823-3", "9", "bananas", None),  # the unit
        ("2823-3", "4", "mmol/L", None),  # the rules find nothing
        ("2823-3", "4", "mmol/L", ">"),  # the comparator leaves it open
        ("2823-3", "4", "mmol/L", "~"),  # no comparator at all
        ("2823-3", "NaN", "mmol/L", None),  # no number
        ("2823-3", None, None, None),  # text
        ("1988-5", "4", "mg/L", None),  # no rule
    ],
)
def test_a_critical_flag_of_the_sender_always_counts(
    *, flag: str, meaning: I, code: str, value: str | None, unit: str | None, comparator: str | None
) -> None:
    found = verdict(
        code,
        value,
        unit,
        AT_40,
        comparator=comparator,
        sender_flag=flag,
        reference_low=D(3),
        reference_high=D(5),
    )
    assert (found.interpretation, found.critical, found.rule) == (meaning, True, None)
    assert found.reason_not_judged is None
    assert "flagged by the sender" in found.because


@pytest.mark.parametrize("flag", ["H", "L", "A", "N"])
def test_another_flag_does_not_stand_in_for_a_missing_unit(flag: str) -> None:
    found = verdict("2823-3", "9", None, AT_40, sender_flag=flag)
    assert found.reason_not_judged is NotJudged.UNIT


@pytest.mark.parametrize("flag", ["N", "L", None])
def test_a_flag_does_not_hide_a_critical_value(flag: str | None) -> None:
    assert verdict("2823-3", "6.9", "mmol/L", AT_40, sender_flag=flag).critical


@pytest.mark.parametrize(
    ("code", "comparator", "value", "expected"),
    [
        # inclusive limits (adult potassium <=2.5, >=6.5)
        ("2823-3", "<", "2.5", I.CRITICAL_LOW),
        ("2823-3", "<=", "2.5", I.CRITICAL_LOW),
        ("2823-3", "<", "2.6", I.NOT_JUDGED),
        ("2823-3", "<=", "2.6", I.NOT_JUDGED),
        ("2823-3", ">", "6.5", I.CRITICAL_HIGH),
        ("2823-3", ">=", "6.5", I.CRITICAL_HIGH),
        ("2823-3", ">", "6.4", I.NOT_JUDGED),
        ("2823-3", ">=", "6.4", I.NOT_JUDGED),
        # exclusive limits (sodium <120, >160)
        ("2951-2", "<", "120", I.CRITICAL_LOW),
        ("2951-2", "<=", "120", I.NOT_JUDGED),
        ("2951-2", "<=", "119", I.CRITICAL_LOW),
        ("2951-2", ">", "160", I.CRITICAL_HIGH),
        ("2951-2", ">=", "160", I.NOT_JUDGED),
        ("2951-2", ">=", "161", I.CRITICAL_HIGH),
        # one limit alone: troponin I >=0.3, fibrinogen <=100
        ("10839-9", "<", "0.01", I.NORMAL),
        ("10839-9", "<", "0.3", I.NORMAL),
        ("10839-9", "<=", "0.3", I.NOT_JUDGED),
        ("10839-9", "<", "0.4", I.NOT_JUDGED),
        ("3255-7", ">", "100", I.NORMAL),
        ("3255-7", ">=", "100", I.NOT_JUDGED),
        ("3255-7", ">", "900", I.NORMAL),
    ],
)
def test_a_comparator_is_judged_only_where_it_is_sure(
    code: str, comparator: str, value: str, expected: I
) -> None:
    unit = next(rule.unit for rule in STARTER_RULES if code in rule.codes)
    found = verdict(code, value, unit, AT_40, comparator=comparator)
    assert found.interpretation is expected
    reason = NotJudged.COMPARATOR if expected is I.NOT_JUDGED else None
    assert found.reason_not_judged is reason


@given(
    st.decimals(1, 12, places=2),
    st.sampled_from(["<", "<=", ">", ">="]),
    st.decimals("0.01", 5, places=2),
    st.sampled_from([0, YEAR, AT_40]),
)
def test_a_sure_comparator_holds_for_every_value_it_allows(
    bound: Decimal, comparator: str, off: Decimal, age: int
) -> None:
    said = judge(
        STARTER_RULES,
        Observation("2823-3", bound, comparator=comparator, unit="mmol/L", age_hours=age),
    )
    true = bound - off if comparator.startswith("<") else bound + off
    exact = judge(STARTER_RULES, Observation("2823-3", true, unit="mmol/L", age_hours=age))
    if said.interpretation is not I.NOT_JUDGED:
        assert said.interpretation is exact.interpretation


@pytest.mark.parametrize(
    ("value", "low", "high", "flag", "expected"),
    [
        # within the critical limits: the reference range, both ends within
        ("3.4", "3.5", "5.1", None, I.LOW),
        ("3.5", "3.5", "5.1", None, I.NORMAL),
        ("5.1", "3.5", "5.1", None, I.NORMAL),
        ("5.2", "3.5", "5.1", None, I.HIGH),
        ("5.2", None, "5.1", None, I.HIGH),
        ("5.1", None, "5.1", None, I.NORMAL),
        ("3.4", "3.5", None, None, I.LOW),
        ("4.0", "3.5", "5.1", "H", I.NORMAL),
        # no range: the flag, and normal without one
        ("4.0", None, None, None, I.NORMAL),
        ("4.0", None, None, "N", I.NORMAL),
        ("4.0", None, None, "H", I.HIGH),
        ("4.0", None, None, "L", I.LOW),
        ("4.0", None, None, "A", I.ABNORMAL),
        ("4.0", None, None, "??", I.NORMAL),
    ],
)
def test_within_the_critical_limits(
    value: str, low: str | None, high: str | None, flag: str | None, expected: I
) -> None:
    found = verdict(
        "2823-3",
        value,
        "mmol/L",
        AT_40,
        reference_low=None if low is None else D(low),
        reference_high=None if high is None else D(high),
        sender_flag=flag,
    )
    assert (found.interpretation, found.critical) == (expected, False)


@pytest.mark.parametrize(
    ("value", "comparator", "low", "high", "flag", "expected", "reason"),
    [
        ("4", None, "0", "5", None, I.NORMAL, None),
        ("6", None, "0", "5", None, I.HIGH, None),
        ("-1", None, "0", "5", None, I.LOW, None),
        ("-3", None, "-2", "2", None, I.LOW, None),
        ("0.01", "<", "0", "5", None, I.NORMAL, None),
        ("0.01", "<", "0.4", "4", None, I.LOW, None),
        ("90", ">", "60", "120", None, I.NOT_JUDGED, NotJudged.COMPARATOR),
        ("90", ">", "60", "120", "N", I.NORMAL, None),
        ("90", ">", "60", None, None, I.NORMAL, None),
        ("120", ">", "60", "120", None, I.HIGH, None),
        ("4", None, None, None, "HH", I.CRITICAL_HIGH, None),
        ("4", None, None, None, " h ", I.HIGH, None),
        ("4", None, None, None, None, I.NOT_JUDGED, NotJudged.NO_RULE),
        ("4", None, None, None, "POS", I.NOT_JUDGED, NotJudged.NO_RULE),
        ("4", "~", None, None, None, I.NOT_JUDGED, NotJudged.COMPARATOR),
        ("Infinity", None, "0", "5", None, I.NOT_JUDGED, NotJudged.VALUE),
        ("1E+99", None, "0", "5", None, I.NOT_JUDGED, NotJudged.VALUE),
        (None, None, "0", "5", None, I.NOT_JUDGED, NotJudged.TEXT),
        (None, None, None, None, "A", I.ABNORMAL, None),
    ],
)
def test_a_code_without_a_rule(
    *,
    value: str | None,
    comparator: str | None,
    low: str | None,
    high: str | None,
    flag: str | None,
    expected: I,
    reason: NotJudged | None,
) -> None:
    found = verdict(
        "1988-5",
        value,
        "mg/L",
        AT_40,
        comparator=comparator,
        reference_low=None if low is None else D(low),
        reference_high=None if high is None else D(high),
        sender_flag=flag,
    )
    assert (found.interpretation, found.reason_not_judged) == (expected, reason)
    assert found.critical is (expected in CRITICAL)


def test_an_age_without_limits_takes_the_adult_ones_and_says_so() -> None:
    child = verdict("718-7", "6.9", "g/dL", 5 * YEAR)
    assert child.critical
    assert child.assumption == "no limits for this age: adult limits applied"
    assert verdict("718-7", "6.9", "g/dL", AT_40).assumption is None


def test_a_side_without_a_limit_for_the_age_takes_the_adult_one() -> None:
    newborn = verdict("2744-1", "7.61", None, 0)
    assert newborn.rule is not None
    assert newborn.rule.key == "arterial-ph-adult"
    assert newborn.assumption == "no limits for this age: adult limits applied"


def test_an_unknown_age_takes_the_most_severe_of_all_bands() -> None:
    adult_only = verdict("2823-3", "2.9", "mmol/L", None)  # critical in a child alone
    assert (adult_only.critical, adult_only.assumption) == (
        True,
        "age not known: every limit tried",
    )
    assert not verdict("2823-3", "4", "mmol/L", None).critical
    assert verdict("2951-2", "119", "mmol/L", None).assumption is None  # one band for all


def test_an_unknown_hour_of_birth_tries_the_bands_it_may_lie_in() -> None:
    born_yesterday = verdict("1975-2", "12", "mg/dL", 10, age_hours_oldest=34)
    assert born_yesterday.critical  # over 10 on the first day, not over 13 on the second
    assert born_yesterday.assumption == "hour of birth not known: every limit tried"
    assert not verdict("1975-2", "12", "mg/dL", 24, age_hours_oldest=48).critical
    # a band counts from the very hour that may have been reached
    assert verdict("2823-3", "6.5", "mmol/L", ADULT - 24, age_hours_oldest=ADULT).critical
    assert not verdict("2823-3", "6.5", "mmol/L", ADULT - 24, age_hours_oldest=ADULT - 1).critical


def rule(key: str, high: str, **more) -> CriticalRule:  # noqa: ANN003
    return CriticalRule(key, "test", ("1-8",), "g/L", "a test", high=D(high), **more)


@pytest.mark.parametrize(
    ("sex", "value", "critical"),
    [
        (Sex.FEMALE, "6", True),
        (Sex.FEMALE, "4", False),
        (Sex.MALE, "6", False),
        (Sex.MALE, "9", True),
        (Sex.UNKNOWN, "6", True),
        (Sex.OTHER, "6", True),
        (None, "6", True),
        (None, "4", False),
    ],
)
def test_a_rule_for_one_sex(sex: Sex | None, value: str, critical: bool) -> None:
    rules = [rule("all", "8"), rule("women", "5", sex=Sex.FEMALE)]
    found = judge(rules, Observation("1-8", D(value), unit="g/L", age_hours=AT_40, sex=sex))
    assert found.critical is critical
    unknown = sex not in {Sex.FEMALE, Sex.MALE}
    assert found.assumption == ("sex not known: every limit tried" if unknown else None)


def test_a_rule_of_the_ward_stands_before_those_of_the_hospital() -> None:
    ward, other = UUID(int=1), UUID(int=2)
    rules = [rule("hospital", "5", max_age_hours=10), rule("ward", "8", ward=ward)]
    observation = Observation("1-8", D(6), unit="g/L", age_hours=1)
    assert not judge(rules, replace(observation, ward=ward)).critical
    assert judge(rules, replace(observation, ward=other)).critical
    assert judge(rules, observation).critical


def test_a_rule_whose_unit_does_not_convert_is_not_passed_over() -> None:
    rules = [rule("one", "5"), replace(rule("two", "5"), unit="s", max_age_hours=10)]
    found = judge(rules, Observation("1-8", D(9), unit="g/L", age_hours=1))
    assert found.reason_not_judged is NotJudged.UNIT


def test_because_names_the_rule_and_not_the_value() -> None:
    found = verdict("2823-3", "6.97", "mmol/L", AT_40)
    assert found.because == "potassium >= 6.5 mmol/L, adult (WakeMed), v1"


observations = st.builds(
    Observation,
    code=st.sampled_from(["2823-3", "718-7", "2160-0", "1988-5", ""]),
    value=st.none() | st.decimals(),
    comparator=st.none() | st.sampled_from(["<", "<=", ">", ">=", "~"]),
    unit=st.none() | st.sampled_from(["mmol/L", "g/dL", "mg/dL", "UMOLL", "?"]),
    age_hours=st.none() | st.integers(0, 10**6),
    age_hours_oldest=st.none() | st.integers(0, 10**6),
    sex=st.none() | st.sampled_from(Sex),
    reference_low=st.none() | st.decimals(),
    reference_high=st.none() | st.decimals(),
    sender_flag=st.none() | st.sampled_from(["N", "L", "H", "LL", "HH", "A", "AA", "x"]),
)


@given(observations)
def test_every_input_has_a_verdict_that_says_why(observation: Observation) -> None:
    found = judge(STARTER_RULES, observation)
    assert (found.interpretation is I.NOT_JUDGED) == (found.reason_not_judged is not None)
    assert found.critical == (found.interpretation in CRITICAL)
    assert (found.rule is None) == (found.side is None)
    assert found.because
    if observation.sender_flag in {"LL", "HH", "AA"}:
        assert found.critical


@given(st.decimals("0.1", 12, places=2), st.decimals(0, 3, places=2), st.integers(0, 10**6))
def test_worse_is_never_less_critical(value: Decimal, more: Decimal, age: int) -> None:
    here = verdict("2823-3", str(value), "mmol/L", age)
    if here.interpretation is I.CRITICAL_HIGH:
        worse = verdict("2823-3", str(value + more), "mmol/L", age)
        assert worse.interpretation is I.CRITICAL_HIGH
    if here.interpretation is I.CRITICAL_LOW:
        worse = verdict("2823-3", str(value - more), "mmol/L", age)
        assert worse.interpretation is I.CRITICAL_LOW
