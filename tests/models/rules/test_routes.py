import pytest

from models.rules.refusals import Refusal
from models.rules.routes import ROUTES, known, route


@pytest.mark.parametrize("code", ROUTES)
def test_every_word_leads_to_its_code(code: str) -> None:
    one = ROUTES[code]
    for word in (one.code, one.name, *one.words):
        assert route(word) == code
        assert route(f" {word.upper()} ") == code
    if one.snomed is not None:
        assert route(one.snomed) == code


def test_no_word_means_two_routes() -> None:
    words = [
        word.casefold()
        for one in ROUTES.values()
        for word in {one.code.casefold(), one.name.casefold(), *one.words}
    ]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(
    ("said", "code"),
    [("p.o.", "PO"), ("I.V.", "IV"), ("by  mouth", "PO"), ("26643006", "PO"), ("INH", "IH")],
)
def test_as_people_write_it(said: str, code: str) -> None:
    assert route(said) == code


@pytest.mark.parametrize("said", ["", "somehow", "POO", "intraocular"])
def test_what_is_no_route_says_which_there_are(said: str) -> None:
    found = route(said)
    assert isinstance(found, Refusal)
    assert found.allowed == tuple(ROUTES)
    assert known(said) is None
