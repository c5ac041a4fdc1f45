"""The hospital's table of critical values, read a second time by hand; nothing of ours is imported.

A limit is (sign, bound) in the unit of the table. Where the table says nothing for a child, the
limits of the adult hold, on the safe side. Ages are in days.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

YEAR = 365.25
ADULT = 16 * YEAR

SIGNS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<": lambda value, bound: value < bound,
    "<=": lambda value, bound: value <= bound,
    ">": lambda value, bound: value > bound,
    ">=": lambda value, bound: value >= bound,
}

Limits = tuple[tuple[str, str], ...]


def _potassium(age: float) -> Limits:
    if age >= ADULT:
        return (("<=", "2.5"), (">=", "6.5"))
    return (("<", "3.0"), (">", "7.0" if age < YEAR / 2 else "6.5"))


def _glucose(age: float) -> Limits:
    return (("<", "40"), (">", "300")) if age < 30 else (("<", "50"), (">", "450"))


def _creatinine(age: float) -> Limits:
    if age >= ADULT:
        return ((">=", "10"),)
    if age >= 12 * YEAR:
        return ((">=", "3"),)
    if age >= 2 * YEAR:
        return ((">=", "2.5"),)
    return ((">=", "2" if age >= 35 else "1.5"),)


def _bilirubin(age: float) -> Limits:
    if age < 1:
        return ((">", "10"),)
    return ((">", "13"),) if age < 31 else ((">=", "10"),)


def _always(*limits: tuple[str, str]) -> Callable[[float], Limits]:
    return lambda _age: limits


TABLE: dict[str, tuple[tuple[str, ...], dict[str, str], Callable[[float], Limits]]] = {
    "potassium": (("2823-3", "6298-4"), {"mmol/L": "1", "MMOLL": "1"}, _potassium),
    "sodium": (
        ("2951-2", "2947-0"),
        {"mmol/L": "1", "MMOLL": "1"},
        _always(("<", "120"), (">", "160")),
    ),
    "glucose": (("2345-7", "2339-0"), {"mg/dL": "1"}, _glucose),
    "calcium": (("17861-6", "49765-1"), {"mg/dL": "1"}, _always(("<", "6.0"), (">", "13.0"))),
    "CO2": (("2028-9", "20565-8"), {"mmol/L": "1"}, _always(("<", "10"), (">", "50"))),
    # 14682-9 is creatinine in umol/L, 88.42 of which are 1 mg/dL.
    "creatinine": (
        ("2160-0", "38483-4", "14682-9"),
        {"mg/dL": "1", "UMOLL": "88.42"},
        _creatinine,
    ),
    "bilirubin": (("1975-2", "42719-5"), {"mg/dL": "1"}, _bilirubin),
    "haemoglobin": (
        ("718-7",),
        {"g/dL": "1", "g/L": "10"},
        _always(("<=", "7.0"), (">=", "20")),
    ),
    "leucocytes": (
        ("6690-2", "26464-8"),
        {"10*3/uL": "1", "K/uL": "1", "x10*9/L": "1"},
        _always(("<=", "1.0"), (">=", "50")),
    ),
    "platelets": (
        ("777-3", "26515-7"),
        {"10*3/uL": "1", "K/uL": "1", "x10*9/L": "1"},
        _always(("<=", "20"), (">=", "1000")),
    ),
    "neutrophils": (("751-8",), {"x10*9/L": "1"}, _always(("<=", "0.5"))),
}
"""By test: the codes that mean it, how many of a unit are one of the table's, and the limits."""

NAMES = {
    "Creatinine": "14682-9",
    "Potassium": "2823-3",
    "Sodium": "2951-2",
    "Haemoglobin": "718-7",
    "White Cell Count": "6690-2",
    "Platelet Count": "777-3",
    "Neutrophils": "751-8",
}
"""What the laboratory of the HL7 feed calls them."""

Told = tuple[str, str, Any, Decimal]
"""Whose (the MRN), which code, when, and the value as sent."""


def of_code(code: str) -> str | None:
    """The test of a code; None: the table has no such test."""
    return next((test for test, (codes, *_) in TABLE.items() if code in codes), None)


def critical(code: str, value: Decimal, unit: str, age_days: float) -> bool:
    """Whether the table has the value for critical. Raises KeyError for a unit that it cannot be
    turned from."""
    test = of_code(code)
    if test is None:
        return False
    _, units, limits = TABLE[test]
    amount = value / Decimal(units[unit])
    return any(SIGNS[sign](amount, Decimal(bound)) for sign, bound in limits(age_days))
