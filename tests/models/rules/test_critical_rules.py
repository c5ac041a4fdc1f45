from decimal import Decimal

import pytest

from models.rules.critical_rules import ADULT, DAY, MONTH, YEAR, CriticalRule, Side, describe
from models.rules.critical_rules import age_band as band
from models.rules.patients import Sex
from models.rules.starter_rules import STARTER_RULES

BY_KEY = {rule.key: rule for rule in STARTER_RULES}


@pytest.mark.parametrize(
    ("key", "side", "words"),
    [
        ("potassium-adult", Side.HIGH, "potassium >= 6.5 mmol/L, adult (WakeMed), v1"),
        ("potassium-adult", Side.LOW, "potassium <= 2.5 mmol/L, adult (WakeMed), v1"),
        ("potassium-child", Side.LOW, "potassium < 3.0 mmol/L, under 16 y (Univ. of Iowa), v1"),
        ("sodium", Side.HIGH, "sodium > 160 mmol/L, all ages (Univ. of Iowa), v1"),
        ("glucose", Side.LOW, "glucose < 50 mg/dL, from 1 mo (Univ. of Iowa), v1"),
        ("inr-adult", Side.HIGH, "INR >= 5.0, adult (WakeMed), v1"),
        (
            "creatinine-infant",
            Side.HIGH,
            "creatinine >= 2 mg/dL, 35 d to under 2 y (ansari.egpnl.com), v1",
        ),
    ],
)
def test_a_rule_in_words(key: str, side: Side, words: str) -> None:
    assert describe(BY_KEY[key], side) == words


def test_sex_and_version_in_words() -> None:
    rule = CriticalRule(
        "k", "ferritin", ("2276-4",), "ug/L", "ours", high=Decimal(1), sex=Sex.FEMALE, version=3
    )
    assert describe(rule, Side.HIGH) == "ferritin >= 1 ug/L, female, all ages (ours), v3"


def test_a_side_without_a_limit_has_no_words() -> None:
    with pytest.raises(ValueError, match="no low limit"):
        describe(BY_KEY["inr-adult"], Side.LOW)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [
        (None, None, "all ages"),
        (0, None, "all ages"),
        (ADULT, None, "adult"),
        (MONTH, None, "from 1 mo"),
        (0, YEAR // 2, "under 6 mo"),
        (DAY, 29 * DAY, "1 d to under 29 d"),
        (36, 40, "36 h to under 40 h"),
        (12 * YEAR, ADULT, "12 y to under 16 y"),
    ],
)
def test_an_age_band_in_words(low: int | None, high: int | None, words: str) -> None:
    rule = CriticalRule("k", "t", ("c",), "g/L", "s", min_age_hours=low, max_age_hours=high)
    assert band(rule) == words


def test_a_band_holds_its_first_hour_and_not_its_last() -> None:
    infant = BY_KEY["creatinine-infant"]
    assert not infant.covers(35 * DAY - 1)
    assert infant.covers(35 * DAY)
    assert infant.covers(2 * YEAR - 1)
    assert not infant.covers(2 * YEAR)
