"""All that beds tell, in hospitals by chance, is what the oracle tells, for everybody."""

from __future__ import annotations

import pytest

from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import departures
from tests.oracle.conftest import HouseOf
from tests.oracle.execution import Question, expected
from tests.oracle.rows import spoken
from tests.oracle.sight import viewer_of

CHANGE = """
    occurredAt kind fromStatus toStatus reason changedBy bed { code status isolationFor }
    admission { id status leaveSince leaveUntil cancelReason }"""
WAITS = "waiting waitingSince meanWaitingSince cleaned meanMinutes longestMinutes"
TEXT = """query ($from: DateTime, $to: DateTime, $ward: String) {
  wards {
    code
    occupancy {
      beds occupied available unavailable reserved onLeave cleaning isolated closed
    }
    cleaning { WAITS }
    then: cleaning(from: $from, to: $to) { WAITS }
    beds {
      status statusSince closedReason isolationFor
      history(first: 2, from: $from, to: $to) { totalCount nodes { CHANGE } }
    }
  }
  bedHistory(ward: $ward, last: 5) { totalCount nodes { CHANGE } }
  patients { nodes {
    isolations { kind reason since expectedEnd endedAt setBy endedBy patient { mrn } }
    admissions { nodes { leaveSince cancelReason stays { cancelledAt overrideReason
      bed { status statusSince closedReason isolationFor ward { cleaning { WAITS } } } } } }
  } }
}""".replace("WAITS", WAITS).replace("CHANGE", CHANGE)


@pytest.mark.parametrize("seed", range(4))
async def test_beds_of_a_hospital(house_of: HouseOf, seed: int) -> None:
    house = await house_of(seed)
    changes = sorted(row["occurred_at"] for row in house.held.all("BedTransition"))
    middle = changes[len(changes) // 3 : len(changes) // 3 * 2 + 1]
    wards = [ward["code"] for ward in house.held.all("Ward")]
    some = {"from": spoken(middle[0]), "to": spoken(middle[-1]), "ward": wards[0]}
    for variables in ({}, some):
        question = Question(TEXT, variables)
        for actor in house.actors:
            cursors = house.cursors.copy()
            wanted = expected(question, house.held, viewer_of(actor, house.held), cursors)
            raw = await house.hospital.engine.execute(GraphQLRequest(TEXT, None, variables), actor)
            assert departures(raw, wanted, cursors) == [], (sorted(actor.roles), variables)
