"""What an alert tells of its finding: of vital signs it tells those alone who read vital signs.

A laboratory reads critical results of the whole hospital and vital signs nowhere, and the alert of
somebody who deteriorates has the score in its words and in what was read back.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

import models
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import visible
from resolvers.actors import Actor
from resolvers.errors import NotFound
from resolvers.reading.documents import GraphQLRequest
from resolvers.transaction import transaction
from schema.feeds import FeedEvent
from subscriptions.audience import row_scope
from tests.resolvers.reading.hospital import MRNS, PLACES, Hospital

ROLES: dict[str, tuple[tuple[Role, ...], tuple[str, ...]]] = {
    "laboratory": ((Role.LAB,), ()),
    "laboratory and nurse of MED1": ((Role.LAB, Role.NURSE), ("MED1",)),
    "laboratory and pharmacist": ((Role.LAB, Role.PHARMACIST), ()),
    "administrator": ((Role.ADMIN,), ()),
    "laboratory and administrator": ((Role.LAB, Role.ADMIN), ()),
    "nurse of MED1": ((Role.NURSE,), ("MED1",)),
}
WATCHED = {
    "laboratory": set[str](),
    "laboratory and nurse of MED1": {"Ada"},
    "laboratory and pharmacist": set[str](),
    "administrator": set(PLACES),
    "laboratory and administrator": set(PLACES),
    "nurse of MED1": {"Ada"},
}
"""Of whom each hears that they deteriorate."""
TESTED = {name: {"Ada"} if name == "nurse of MED1" else set(PLACES) for name in WATCHED}
"""Whose critical results of the laboratory each sees."""

WHO = pytest.mark.parametrize("who", WATCHED)
ALERT = "id kind rule readBack patient { givenName } steps { kind rule readBack note }"
FEED = f"subscription {{ criticalResults {{ events {{ cursor criticalResult {{ {ALERT} }} }} }} }}"

REPORT = """query ($a: DateTime!, $b: DateTime!) { criticalResultReport(from: $a, to: $b) {
  byRule { name episodes } episodes { kind ward rule outcome endedBy station
    steps { number kind occurredAt level audience called by station ward readBackGiven } }
} }"""

SignIn = Callable[[str], Awaitable[Actor]]


@pytest.fixture
def somebody(hospital: Hospital) -> SignIn:
    async def made(who: str) -> Actor:
        roles, wards = ROLES[who]
        return await hospital.user(*roles, wards=wards)

    return made


async def _alerts(hospital: Hospital, kind: str) -> dict[UUID, str]:
    """The alerts of that kind, each with the name of its patient."""
    rows = await hospital.pool.fetch(
        "SELECT c.id, given_name FROM critical_results c JOIN patients p ON p.id = c.patient_id"
        " WHERE c.hospital_id = $1 AND kind = $2",
        *(hospital.id, kind),
    )
    assert {row["given_name"] for row in rows} == set(PLACES)
    return {row["id"]: row["given_name"] for row in rows}


@WHO
async def test_lists_and_counts(hospital: Hospital, somebody: SignIn, who: str) -> None:
    actor, deteriorations = await somebody(who), await _alerts(hospital, "DETERIORATION")
    for kind, seen in (("DETERIORATION", WATCHED[who]), ("LABORATORY", TESTED[who])):
        text = f"{{ criticalResults(kind: {kind}) {{ totalCount nodes {{ {ALERT} }} }} }}"
        page = (await hospital.ask(text, actor)).data["criticalResults"]
        assert {node["patient"]["givenName"] for node in page["nodes"]} == seen
        assert page["totalCount"] == len(page["nodes"])
    both = "{ criticalResults { totalCount edges { node { kind } } } }"
    page = (await hospital.ask(both, actor)).data["criticalResults"]
    kinds = [edge["node"]["kind"] for edge in page["edges"]]
    assert page["totalCount"] == len(kinds)
    told = [name for name in deteriorations.values() if name in WATCHED[who]]
    assert kinds.count("DETERIORATION") == len(told)


@WHO
async def test_a_node(hospital: Hospital, somebody: SignIn, who: str) -> None:
    actor = await somebody(who)
    for kind, seen in (("DETERIORATION", WATCHED[who]), ("LABORATORY", TESTED[who])):
        for row_id, name in (await _alerts(hospital, kind)).items():
            text = f"query ($id: ID!) {{ node(id: $id) {{ ... on CriticalResult {{ {ALERT} }} }} }}"
            given = {"id": hospital.public(models.CriticalResult, row_id)}
            found = (await hospital.ask(text, actor, given)).data["node"]
            assert (found is not None) == (name in seen), (kind, name)


@WHO
async def test_who_acts_on_an_alert_sees_it(hospital: Hospital, somebody: SignIn, who: str) -> None:
    actor = await somebody(who)
    scopes = [Scope.CRITICAL_RESULT_READ, Scope.CRITICAL_RESULT_ACKNOWLEDGE]
    for scope in (one for one in scopes if actor.rights.reaches(one)):
        mine = set(PLACES) if scope is scopes[0] or "admin" in who else {"Ada"}
        for kind, seen in (("DETERIORATION", WATCHED[who]), ("LABORATORY", TESTED[who])):
            for row_id, name in (await _alerts(hospital, kind)).items():
                found = await _loaded(hospital, actor, scope, row_id)
                assert found == (name in seen & mine), (scope, kind, name)


async def _loaded(hospital: Hospital, actor: Actor, scope: Scope, row_id: UUID) -> bool:
    public_id = hospital.public(models.CriticalResult, row_id)
    async with transaction(hospital.pool, hospital.id, datetime.now(UTC)) as tx:
        try:
            row = await visible.row(
                tx, actor, scope, models.CriticalResult, public_id, field="id", lock=True
            )
        except NotFound:
            return False
    assert row["id"] == row_id
    return True


@WHO
async def test_an_event_is_heard_without_what_may_not_be_read(
    hospital: Hospital, somebody: SignIn, who: str
) -> None:
    actor = await somebody(who)
    deteriorations = await _alerts(hospital, "DETERIORATION")
    plan = hospital.engine.subscription(GraphQLRequest(FEED), actor)
    events = [
        FeedEvent(f"c{number}", number, datetime.now(UTC), "RAISED", row_id, None)
        for number, row_id in enumerate(deteriorations)
    ]
    async with hospital.pool.acquire() as connection:
        raw = await plan.frame(
            connection, actor, cursor="c", live=True, resync=False, events=events
        )
    heard = orjson.loads(raw)["data"]["criticalResults"]["events"]
    assert [event["cursor"] for event in heard] == [event.cursor for event in events]
    for event, name in zip(heard, deteriorations.values(), strict=True):
        alert: dict[str, Any] | None = event["criticalResult"]
        assert (alert is not None) == (name in WATCHED[who])
        assert alert is None or alert["patient"]["givenName"] == name


@pytest.mark.parametrize("role", [Role.LAB, Role.AUDITOR])
async def test_a_report_tells_who_waited_for_whom_and_nothing_of_what_was_found(
    hospital: Hospital, role: Role
) -> None:
    score = "NEWS2 7, of which 3 in one parameter"
    await hospital.pool.execute(
        "UPDATE critical_result_steps SET rule = $2, read_back = 7, note = $3"
        " WHERE critical_result_id = ANY($1)",
        *([*await _alerts(hospital, "DETERIORATION")], f"{score}: emergency", "pale, sweating"),
    )
    now = datetime.now(UTC)
    given = {name: (now + timedelta(days=by)).isoformat() for name, by in (("a", -90), ("b", 1))}
    answered = await hospital.ask(REPORT, await hospital.user(role), given)
    report = answered.data["criticalResultReport"]
    told = [one for one in report["episodes"] if one["kind"] == "DETERIORATION"]
    assert {one["rule"] for one in told} == {"NEWS2: emergency"}
    assert {step["by"] for one in told for step in one["steps"]} >= {"Some Body"}
    assert [one["episodes"] for one in report["byRule"] if "NEWS2" in one["name"]] == [len(told)]
    for secret in (score, "sweating", *MRNS, *MRNS.values()):
        assert secret not in answered.raw.decode()


async def test_an_inspector_reads_what_the_readme_says(hospital: Hospital) -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text()
    found = re.search(r"query Inspector.*?\n}\n", readme, re.DOTALL)
    assert found is not None
    now = datetime.now(UTC)
    given = {"from": (now - timedelta(days=90)).isoformat(), "to": now.isoformat()}
    answered = await hospital.ask(found[0], await hospital.user(Role.AUDITOR), given)
    assert any(one["steps"] for one in answered.data["criticalResultReport"]["episodes"])


async def test_who_hears_different_alerts_is_not_given_the_same_frame(hospital: Hospital) -> None:
    """Both hear the whole hospital, and each the deteriorations of another ward."""
    rows = []
    for ward in ("MED1", "ICU"):
        actor = await hospital.user(Role.LAB, Role.NURSE, wards=[ward])
        plan = hospital.engine.subscription(GraphQLRequest(FEED), actor)
        rows.append(row_scope(plan, actor))
    assert rows[0] != rows[1]
