"""Random operations: the one statement answers what field-by-field execution answers."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import departures
from tests.oracle.conftest import HouseOf
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected
from tests.oracle.hospitals import House
from tests.oracle.operations import questions
from tests.oracle.sight import viewer_of
from tests.oracle.values import Facts

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many examples a longer run takes, by a seed of its own; 0: those of every test run."""
HOUSES = 10_000 if EXAMPLES else 12

SHRINK = os.environ.get("FUZZ_SHRINK", "yes") == "yes"
"""Whether to look for the smallest operation that fails, which takes minutes."""

SETTINGS = settings(
    max_examples=EXAMPLES or 300,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)

COUNTED: Counter[str] = Counter()


@SETTINGS
@given(data=st.data())
async def test_any_operation_is_answered_as_the_oracle_answers_it(
    house_of: HouseOf, data: st.DataObject
) -> None:
    house = await house_of(data.draw(st.integers(0, HOUSES - 1), label="hospital"))
    cursors = house.cursors.copy()
    for _ in range(data.draw(st.integers(1, 3), label="operations")):
        asked = data.draw(questions(Facts(house, cursors)), label="asked")
        COUNTED["documents"] += 1
        places = st.integers(0, len(house.actors) - 1)
        for place in data.draw(st.lists(places, min_size=1, max_size=4, unique=True), label="who"):
            for question in asked:
                await compare(house, question, place, cursors)


async def compare(house: House, question: Question, place: int, cursors: Cursors) -> None:
    """One operation of one person, twice answered."""
    actor = house.actors[place]
    wanted = expected(question, house.held, viewer_of(actor, house.held), cursors)
    request = GraphQLRequest(question.text, question.operation, question.variables)
    raw = await house.hospital.engine.execute(request, actor)
    COUNTED["operations"] += 1
    COUNTED["refused as a whole"] += bool(wanted.refused)
    COUNTED["with refused fields"] += bool(wanted.errors)
    found = departures(raw, wanted, cursors)
    assert found == [], report(question, actor, found)


def report(question: Question, actor: Any, found: list[str]) -> str:
    who = f"{sorted(actor.roles)} on {len(actor.ward_ids)} wards"
    return "\n".join([question.text, str(question.variables), who, *found[:10]])


def test_most_of_them_were_legal(capsys: pytest.CaptureFixture[str]) -> None:
    if not COUNTED:
        pytest.skip("no random operation ran in this process")
    with capsys.disabled():
        sys.stdout.write(f"\n{dict(COUNTED)}\n")
    assert COUNTED["refused as a whole"] < COUNTED["operations"] / 5
