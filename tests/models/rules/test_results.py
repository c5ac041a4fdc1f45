import pytest

from models.rules.results import (
    CRITICAL,
    INTERPRETATION_OF_FLAG,
    STATUS_OF_OBX11,
    Interpretation,
    gravest,
)


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


@pytest.mark.parametrize(
    ("flags", "counts"),
    [
        ([], None),
        ([None, ""], None),
        (["N"], "N"),
        (["A", "H"], "A"),
        (["H", "HH"], "HH"),
        (["A", "ll", "HH"], "ll"),
        ([None, "POS", "AA"], "AA"),
    ],
)
def test_of_several_flags_a_critical_one_counts(
    flags: list[str | None], counts: str | None
) -> None:
    assert gravest(flags) == counts
