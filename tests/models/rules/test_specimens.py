"""Rules for one specimen alone, and flags that say nothing of danger."""

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

import pytest

from models.rules.critical_rules import YEAR
from models.rules.critical_values import (
    STARTER_RULES,
    CriticalRule,
    NotJudged,
    Observation,
    judge,
)
from models.rules.patients import Sex

D = Decimal
AT_40 = 40 * YEAR

BLOOD_GAS = CriticalRule(
    "gas", "potassium", ("2823-3",), "mmol/L", "ours", high=D("5.5"), specimen="BldA"
)


@pytest.mark.parametrize(
    ("specimen", "value", "critical"),
    [
        ("BldA", "5.5", True),
        ("blda", "5.5", True),
        ("BldA", "5.49", False),
        # Of another specimen the rule for any judges.
        ("Ser", "5.5", False),
        ("Ser", "6.5", True),
        ("Ser", "6.49", False),
        # Not said: it may be either.
        (None, "5.5", True),
        (None, "5.49", False),
        (None, "2.5", True),
        (None, "2.51", False),
    ],
)
def test_a_rule_for_one_specimen(specimen: str | None, value: str, critical: bool) -> None:
    found = judge(
        (*STARTER_RULES, BLOOD_GAS),
        Observation("2823-3", D(value), unit="mmol/L", age_hours=AT_40, specimen=specimen),
    )
    assert found.critical is critical
    said = found.assumption or ""
    assert ("specimen not known: every limit tried" in said) is (specimen is None)


def test_a_rule_for_a_specimen_says_so_in_words() -> None:
    observation = Observation("2823-3", D(6), unit="mmol/L", age_hours=AT_40, specimen="BldA")
    found = judge((*STARTER_RULES, BLOOD_GAS), observation)
    assert found.because == "potassium in BldA >= 5.5 mmol/L, all ages (ours), v1"


def test_a_rule_for_another_specimen_alone_judges_nothing() -> None:
    observation = Observation("2823-3", D(9), unit="mmol/L", age_hours=AT_40, specimen="Urine")
    assert judge([BLOOD_GAS], observation).reason_not_judged is NotJudged.NO_RULE
    unsaid = replace(observation, specimen=None)
    assert judge([BLOOD_GAS], unsaid).critical


def test_the_ward_stands_before_the_specimen_and_the_specimen_before_the_sex() -> None:
    ward = UUID(int=1)
    of_ward = replace(BLOOD_GAS, key="ward", specimen=None, ward=ward, high=D(9))
    of_woman = replace(BLOOD_GAS, key="sex", specimen=None, sex=Sex.FEMALE, high=D(8))
    rules = [of_woman, BLOOD_GAS, of_ward]
    observation = Observation(
        "2823-3", D(6), unit="mmol/L", age_hours=AT_40, sex=Sex.FEMALE, specimen="BldA"
    )
    assert judge(rules, observation).rule == BLOOD_GAS
    assert not judge(rules, replace(observation, ward=ward)).critical
    assert judge(rules, replace(observation, ward=ward, value=D(9))).rule == of_ward
    assert judge(rules, replace(observation, specimen="Ser", value=D(8))).rule == of_woman


@pytest.mark.parametrize("flag", ["HU", "LU", "POS", "IND", "R", "<"])
def test_a_flag_that_is_not_critical_raises_nothing(flag: str) -> None:
    assert not judge(
        STARTER_RULES, Observation("2823-3", age_hours=AT_40, sender_flag=flag)
    ).critical
