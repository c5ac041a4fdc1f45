"""Trends: bands read off the score, sizes of units, and which codes mean one test."""

from __future__ import annotations

from decimal import Decimal

import pytest

from models.rules.critical_values import Observation, judge
from models.rules.news2 import Spo2Scale
from models.rules.panels import LOINC, PANELS, LabPanel
from models.rules.trends import FIELDS, PLAUSIBLE, ScoreBand, same_test, score_bands, sizes
from models.rules.units import convert
from models.rules.vital_limits import LIMITS
from models.rules.vitals import VitalParameter

# The chart of the Royal College of Physicians, 2017, row by row: highest value, points.
CHART = {
    (VitalParameter.RESPIRATORY_RATE, None, None): "8:3 11:1 20:0 24:2 -:3",
    (VitalParameter.OXYGEN_SATURATION, Spo2Scale.SCALE_1, None): "91:3 93:2 95:1 -:0",
    (VitalParameter.OXYGEN_SATURATION, Spo2Scale.SCALE_2, False): "83:3 85:2 87:1 -:0",
    (VitalParameter.OXYGEN_SATURATION, Spo2Scale.SCALE_2, True): (
        "83:3 85:2 87:1 92:0 94:1 96:2 -:3"
    ),
    (VitalParameter.SYSTOLIC, None, None): "90:3 100:2 110:1 219:0 -:3",
    (VitalParameter.HEART_RATE, None, None): "40:3 50:1 90:0 110:1 130:2 -:3",
    (VitalParameter.TEMPERATURE, None, None): "35.0:3 36.0:1 38.0:0 39.0:1 -:2",
}


def test_the_bands_are_those_of_the_chart() -> None:
    found: dict[tuple[object, ...], list[ScoreBand]] = {}
    for band in score_bands():
        found.setdefault((band.parameter, band.scale, band.on_oxygen), []).append(band)
    written = {
        key: " ".join(f"{'-' if band.high is None else band.high}:{band.points}" for band in bands)
        for key, bands in found.items()
    }
    assert written == CHART


def test_the_bands_of_a_parameter_leave_nothing_out() -> None:
    for below, above in zip(score_bands(), score_bands()[1:], strict=False):
        if below.high is None:
            assert above.low is None
        else:
            assert above.low is not None
            step = Decimal("0.1") if below.parameter is VitalParameter.TEMPERATURE else 1
            assert above.low - below.high == step


def test_every_parameter_has_its_limits() -> None:
    assert set(PLAUSIBLE) == set(VitalParameter)
    assert set(FIELDS.values()) == set(LIMITS)


@pytest.mark.parametrize("code", ["2345-7", "2160-0", "2823-3", "17861-6", "any"])
def test_sizes_convert_as_the_rules_do(code: str) -> None:
    """Every pair of units: convertible or not, and to the same number."""
    known = sizes(code)
    value = Decimal("7.3")
    for unit, kind, size in known:
        for other, other_kind, other_size in known:
            wanted = convert(value, unit, code, other)
            assert (wanted is not None) == (kind == other_kind), (unit, other)
            if wanted is not None:
                assert abs(value * size / other_size - wanted) <= abs(wanted) * Decimal("1e-20")


@pytest.mark.parametrize(
    ("unit", "kept"), [("M/uL", "10*6/uL"), ("10^12/L", "10*12/L"), ("bottles", None), (None, None)]
)
def test_a_test_without_rules_is_kept_in_ucum(unit: str | None, kept: str | None) -> None:
    verdict = judge((), Observation(code="789-8", value=Decimal("4.5"), unit=unit))
    value = None if kept is None else Decimal("4.5")
    assert (verdict.canonical_unit, verdict.canonical_value) == (kept, value)


def test_a_temperature_has_no_size() -> None:
    assert not {"Cel", "[degF]", "K"} & {unit for unit, _, _ in sizes("any")}
    assert {"mg/dL", "mmol/L", "10*9/L"} <= {unit for unit, _, _ in sizes("any")}


@pytest.mark.parametrize(
    ("codes", "apart"),
    [
        ({"2823-3", "6298-4"}, "2951-2"),
        ({"2345-7", "2339-0", "15074-8"}, "3094-0"),
        # The cells per volume and per cent are one member of a panel, and two quantities.
        ({"751-8", "26499-4"}, "770-8"),
    ],
)
def test_codes_that_mean_one_test(codes: set[str], apart: str) -> None:
    for code in codes:
        found = same_test(code)
        assert found[0] == code
        assert codes <= set(found)
        assert apart not in found
        assert len(found) == len(set(found))
    assert same_test("X-1") == ("X-1",)


# Source: the hospital's clinical table.
TABLE = {
    LabPanel.CBC: "6690-2 789-8 718-7 4544-3 787-2 785-6 786-4 788-0 777-3 32623-1",
    LabPanel.CMP: (
        "2345-7 3094-0 2160-0 2951-2 2823-3 2075-0 2028-9 17861-6 2885-2 1751-7 1975-2 6768-6"
        " 1742-6 1920-8"
    ),
}
DIFFERENTIAL = "751-8/770-8 731-0/736-9 742-7/5905-5 711-2/713-8 704-7/706-2"


@pytest.mark.parametrize("panel", [LabPanel.CBC, LabPanel.CMP])
def test_panels_are_those_of_the_table(panel: LabPanel) -> None:
    assert " ".join(member.code for member in PANELS[panel]) == TABLE[panel]


def test_the_differential_adds_each_test_once() -> None:
    plain, more = PANELS[LabPanel.CBC], PANELS[LabPanel.CBC_WITH_DIFFERENTIAL]
    assert more[: len(plain)] == plain
    added = [f"{member.code}/{'/'.join(member.instead)}" for member in more[len(plain) :]]
    assert " ".join(added) == DIFFERENTIAL
    assert LOINC == {
        LabPanel.CBC: "58410-2",
        LabPanel.CBC_WITH_DIFFERENTIAL: "57021-8",
        LabPanel.CMP: "24323-8",
    }
