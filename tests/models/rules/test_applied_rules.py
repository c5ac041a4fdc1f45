"""Every verdict names the rules that gave it, also one that finds nothing critical."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.critical_rules import ADULT
from models.rules.critical_values import (
    STARTER_RULES,
    CriticalRule,
    NotJudged,
    Observation,
    judge,
)
from models.rules.patients import Sex
from models.rules.results import Interpretation
from tests.models.rules.test_critical_values import AT_40, D, rule, verdict

LOW, HIGH = replace(rule("low", "1"), low=D(2), high=None), rule("high", "8")
WOMEN = rule("women", "5", sex=Sex.FEMALE)


def applied(*rules: CriticalRule, value: str = "4", **more: Any) -> set[str]:
    observation = Observation("1-8", D(value), unit="g/L", age_hours=AT_40, **more)
    return {one.key for one in judge(rules, observation).applied}


@pytest.mark.parametrize("value", ["1", "4", "9"])
def test_a_verdict_names_the_rule_of_each_side(value: str) -> None:
    assert applied(LOW, HIGH, value=value) == {"low", "high"}


def test_one_rule_for_both_sides_is_named_once() -> None:
    found = verdict("2823-3", "4.1", "mmol/L", AT_40)
    assert [one.key for one in found.applied] == ["potassium-adult"]
    assert (found.interpretation, found.rule) == (Interpretation.NORMAL, None)


def test_the_rule_that_found_it_critical_is_among_them() -> None:
    found = judge((LOW, HIGH), Observation("1-8", D(9), unit="g/L", age_hours=AT_40))
    assert found.rule == HIGH
    assert HIGH in found.applied


def test_only_the_most_specific_rule_is_applied() -> None:
    assert applied(HIGH, WOMEN, sex=Sex.FEMALE) == {"women"}
    assert applied(HIGH, WOMEN, sex=Sex.MALE) == {"high"}
    assert applied(HIGH, WOMEN, sex=Sex.UNKNOWN) == {"high", "women"}


def test_a_rule_that_leaves_it_open_was_applied() -> None:
    found = verdict("2823-3", "2.6", "mmol/L", AT_40, comparator="<")
    assert found.reason_not_judged is NotJudged.COMPARATOR
    assert [one.key for one in found.applied] == ["potassium-adult"]


@pytest.mark.parametrize(
    ("value", "unit"), [("4", "bananas"), ("4", None), ("NaN", "mmol/L"), (None, None)]
)
def test_what_was_held_against_no_rule_names_none(value: str | None, unit: str | None) -> None:
    assert verdict("2823-3", value, unit, AT_40, sender_flag="HH").applied == ()


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Interpretation.NOT_JUDGED),
        ({"sender_flag": "H"}, Interpretation.HIGH),
        ({"reference_high": D(5)}, Interpretation.NORMAL),
    ],
)
def test_without_a_rule_for_this_patient_nothing_of_ours_says_normal(
    more: dict[str, Any], expected: Interpretation
) -> None:
    observation = Observation(
        "1-8",
        D(4),
        unit="g/L",
        age_hours=AT_40,
        sex=Sex.MALE,
        **more,
    )
    found = judge((WOMEN,), observation)
    assert (found.interpretation, found.applied) == (expected, ())
    is_open = expected is Interpretation.NOT_JUDGED
    assert found.reason_not_judged is (NotJudged.NO_RULE if is_open else None)


@given(
    st.sampled_from(STARTER_RULES),
    st.decimals("0.01", 1000, places=2),
    st.none() | st.sampled_from(["<", "<=", ">", ">="]),
    st.none() | st.sampled_from([0, 30, 200, ADULT - 1, ADULT]),
    st.sampled_from(Sex),
)
def test_the_rules_named_are_all_that_the_verdict_takes(
    one: CriticalRule, value: Decimal, comparator: str | None, age: int | None, sex: Sex
) -> None:
    observation = Observation(
        one.codes[0],
        value,
        comparator=comparator,
        unit=one.unit,
        age_hours=age,
        sex=sex,
    )
    found = judge(STARTER_RULES, observation)
    assert found.applied
    assert found.rule is None or found.rule in found.applied
    again = judge(found.applied, observation)
    assert (again.interpretation, again.rule) == (found.interpretation, found.rule)
    assert set(again.applied) == set(found.applied)
