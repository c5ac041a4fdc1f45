"""Trials: random operations of random people, answered twice."""

from __future__ import annotations

import os
from collections import Counter
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import departures
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected
from tests.oracle.hospitals import House
from tests.oracle.operations import questions
from tests.oracle.sight import viewer_of
from tests.oracle.values import Facts

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many examples a longer run takes, by a seed of its own; 0: those of every test run."""
SHRINK = os.environ.get("FUZZ_SHRINK", "yes") == "yes"
"""Whether to look for the smallest operation that fails, which takes minutes."""
HOUSES = 10_000 if EXAMPLES else 12

SETTINGS = settings(
    max_examples=EXAMPLES or 100,
    phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK else [])],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)


async def trial(house: House, data: st.DataObject, counted: Counter[str]) -> None:
    """One to three operations, each of up to five people."""
    cursors = house.cursors.copy()
    for _ in range(data.draw(st.integers(1, 3), label="operations")):
        asked = data.draw(questions(Facts(house, cursors)), label="asked")
        counted["documents"] += 1
        places = st.integers(0, len(house.actors) - 1)
        for place in data.draw(st.lists(places, min_size=2, max_size=5, unique=True), label="who"):
            for question in asked:
                await compare(house, question, place, cursors, counted)


async def compare(
    house: House, question: Question, place: int, cursors: Cursors, counted: Counter[str]
) -> None:
    """One operation of one person, twice answered."""
    actor = house.actors[place]
    wanted = expected(question, house.held, viewer_of(actor, house.held), cursors)
    request = GraphQLRequest(question.text, question.operation, question.variables)
    raw = await house.hospital.engine.execute(request, actor)
    counted["operations"] += 1
    counted["refused as a whole"] += bool(wanted.refused)
    counted["with refused fields"] += bool(wanted.errors)
    found = departures(raw, wanted, cursors)
    assert found == [], report(question, actor, found)


def report(question: Question, actor: Any, found: list[str]) -> str:
    """What to look at: the operation, who asked, where the answers part."""
    who = f"{sorted(actor.roles)} on {len(actor.ward_ids)} wards"
    return "\n".join([question.text, str(question.variables), who, *found[:10]])
