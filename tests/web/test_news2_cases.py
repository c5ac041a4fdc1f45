"""The page counts NEWS2 along by the server's rules, and by no older ones."""

from __future__ import annotations

from tests.web import news2_cases


def test_the_cases_of_the_page_are_those_of_the_rules() -> None:
    assert news2_cases.FILE.read_text() == news2_cases.cases(), (
        "run python -m tests.web.news2_cases"
    )
