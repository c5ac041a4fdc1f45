import pytest

from models.rules.loinc import is_loinc
from models.rules.starter_rules import STARTER_RULES


@pytest.mark.parametrize("code", ["2823-3", "1-8", "718-7", "24323-8", "58410-2", "100019-9"])
def test_a_code_with_its_check_digit(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize("code", ["2823-3", "718-7", "24323-8"])
def test_no_other_check_digit_and_no_neighbours_swapped(code: str) -> None:
    digits, check = code.split("-")
    assert [n for n in range(10) if is_loinc(f"{digits}-{n}")] == [int(check)]
    for at in range(len(digits) - 1):
        swapped = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
        assert swapped == digits or not is_loinc(f"{swapped}-{check}")


@pytest.mark.parametrize(
    "code",
    ["", "-", "2823", "2823-", "-3", "2823-33", "2823 -3", "K", "12345678-9", "٢823-3", "2823-3\n"],
)
def test_what_has_not_the_shape(code: str) -> None:
    assert not is_loinc(code)


def test_every_code_that_ships_is_one() -> None:
    assert [code for rule in STARTER_RULES for code in rule.codes if not is_loinc(code)] == []
