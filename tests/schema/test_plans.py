"""The cache of plans: bounded in number and in memory, so that no client fills it."""

from __future__ import annotations

import pytest

from resolvers.errors import BadInput
from resolvers.reading.documents import Documents
from schema.catalogue import CORE
from schema.plans import OF_DOCUMENT, OF_STATEMENT, Plans

DOCUMENT = Documents(CORE).read("{ viewer { username } }")
OF_ONE = OF_DOCUMENT * DOCUMENT.characters


def test_what_is_asked_for_again_is_made_once() -> None:
    plans: Plans[str] = Plans(str, kept=2)
    assert plans.get(DOCUMENT, 1, lambda: "one") == "one"
    assert plans.get(DOCUMENT, 2, lambda: "two") == "two"
    assert plans.get(DOCUMENT, 1, lambda: "another") == "one"
    assert plans.get(DOCUMENT, 3, lambda: "three") == "three"
    assert plans.get(DOCUMENT, 2, lambda: "another") == "another", "asked for longest ago"


def test_long_statements_and_documents_leave_room_for_fewer() -> None:
    plans: Plans[str] = Plans(str, most_bytes=10 * (OF_ONE + OF_STATEMENT * 100))
    for number in range(100):
        plans.get(DOCUMENT, number, lambda: "." * 100)
    assert len(plans._plans) == 10
    plans.get(DOCUMENT, "long", lambda: "." * 500)
    assert len(plans._plans) < 10
    for number in range(100):
        plans.get(DOCUMENT, number, lambda: "." * 100)
    assert len(plans._plans) == 10
    long = Documents(CORE).read("{ viewer { username } } #" + "." * 40_000)
    assert plans.get(long, 1, lambda: "larger than all") == "larger than all"
    assert plans._plans.keys() == plans._sizes.keys() == set()
    assert plans._bytes == 0


def test_what_cannot_be_planned_is_not_kept() -> None:
    def too_deep() -> str:
        raise RecursionError

    plans: Plans[str] = Plans(str)
    with pytest.raises(BadInput):
        plans.get(DOCUMENT, 1, too_deep)
    assert plans.get(DOCUMENT, 1, lambda: "one") == "one"
