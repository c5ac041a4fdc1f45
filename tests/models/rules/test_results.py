import pytest

from models.rules.results import (
    CBC,
    CMP,
    CRITICAL,
    DIFFERENTIAL,
    INTERPRETATION_OF_FLAG,
    PANELS,
    STATUS_OF_OBX11,
    Interpretation,
)


@pytest.mark.parametrize(("panel", "members"), [("58410-2", 10), ("57021-8", 20), ("24323-8", 14)])
def test_panels_hold_each_member_once(panel: str, members: int) -> None:
    assert len(PANELS[panel]) == len(set(PANELS[panel])) == members


def test_the_differential_adds_to_the_count() -> None:
    assert set(PANELS["57021-8"]) - set(CBC) == {code for pair in DIFFERENTIAL for code in pair}
    assert {"2823-3", "2951-2", "17861-6"} <= set(CMP)


def test_codes_of_hl7() -> None:
    critical = {flag for flag, meaning in INTERPRETATION_OF_FLAG.items() if meaning in CRITICAL}
    assert critical == {"LL", "HH", "AA"}
    assert Interpretation.NOT_JUDGED not in INTERPRETATION_OF_FLAG.values()
    assert {code: status.value for code, status in STATUS_OF_OBX11.items()} == {
        "P": "PRELIMINARY",
        "F": "FINAL",
        "C": "CORRECTED",
        "X": "CANCELLED",
        "W": "ENTERED_IN_ERROR",
    }
