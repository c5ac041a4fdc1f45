import pytest

from models.rules import ucum
from models.rules.dose_units import COMMON, SPELLINGS, unit
from models.rules.refusals import Refusal


@pytest.mark.parametrize("code", sorted(COMMON))
def test_each_common_unit_is_one_of_ucum(code: str) -> None:
    assert ucum.measure(code) is not None
    assert unit(code) == code


@pytest.mark.parametrize("said", sorted(SPELLINGS))
def test_every_spelling_is_a_common_unit(said: str) -> None:
    assert SPELLINGS[said] in COMMON
    assert unit(said) == SPELLINGS[said]


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("mg", "mg"),
        ("MCG", "ug"),
        ("Units", "[iU]"),
        ("tablets", "{tablet}"),
        ("{lozenge}", "{lozenge}"),
        ("ng/kg/min", "ng/kg/min"),
        ("mg/{tablet}", "mg/{tablet}"),
        ("m[iU]/min", "m[iU]/min"),
    ],
)
def test_as_people_write_it(said: str, code: str) -> None:
    assert unit(said) == code


@pytest.mark.parametrize("said", ["", "1", "{}", "lots", "mg per day", "{two words", "m g", "MG/"])
def test_what_is_no_unit(said: str) -> None:
    assert isinstance(unit(said), Refusal)
