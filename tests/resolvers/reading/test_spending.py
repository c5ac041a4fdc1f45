"""What an operation costs is told and paid, and what takes too long is stopped."""

from __future__ import annotations

from dataclasses import replace

import orjson
import pytest

from models.rules.roles import Role
from resolvers.actors import Actor
from resolvers.budgets import Account, Balance
from resolvers.database import open_pool
from resolvers.errors import BudgetExhausted
from resolvers.policy import DEFAULT_POLICY
from resolvers.reading.documents import GraphQLRequest
from resolvers.reading.limits import DEFAULT_LIMITS, Limits
from resolvers.reading.request_errors import RequestError
from schema.execution import Engine
from tests.resolvers.reading.hospital import Hospital


class Purse:
    """A budget with so much in it."""

    def __init__(self, left: int) -> None:
        self.left = left
        self.accounts: set[Account] = set()

    def check(self, account: Account, /) -> None:
        self.accounts.add(account)
        if self.left <= 0:
            raise BudgetExhausted("spent", limit=0, retry_after=9)

    def spend(self, account: Account, cost: int, /) -> Balance | None:
        self.accounts.add(account)
        if cost > self.left:
            raise BudgetExhausted("spent", limit=0, retry_after=9)
        self.left -= cost
        return Balance(1_000, self.left, 42)

    def note(self, account: Account, cost: int, /) -> None:
        self.accounts.add(account)
        self.left -= cost


def engine_of(hospital: Hospital, budget: Purse | None, **limits: float) -> Engine:
    return Engine(
        hospital.pool,
        hospital.pool,
        DEFAULT_POLICY,
        hospital.rung.append,
        limits=Limits(**limits),  # type: ignore[arg-type]
        budget=budget,
    )


async def test_an_answer_tells_its_cost_when_asked(hospital: Hospital, admin: Actor) -> None:
    engine = engine_of(hospital, Purse(1_000))
    for text, requested in (
        ("{ wards { beds { id } } }", 261),
        ("{ __typename }", 1),
    ):
        raw = await engine.execute(GraphQLRequest(text, cost=True), admin)
        told = orjson.loads(raw)["extensions"]["cost"]
        assert told["requested"] == requested
        assert told["limit"] == DEFAULT_LIMITS.cost
        assert told["budget"] == 1_000
        assert told["resetSeconds"] == 42
        silent = orjson.loads(await engine.execute(GraphQLRequest(text), admin))
        assert "extensions" not in silent
        assert silent["data"] == orjson.loads(raw)["data"]
    without = await engine_of(hospital, None).execute(GraphQLRequest(text, cost=True), admin)
    told = orjson.loads(without)["extensions"]["cost"]
    assert set(told) == {"requested", "limit"}


async def test_what_is_spent_is_spent(hospital: Hospital, admin: Actor) -> None:
    purse = Purse(300)
    engine = engine_of(hospital, purse)
    request = GraphQLRequest("{ wards { beds { id } } }")
    first = await engine.answer(request, admin, "192.0.2.1")
    assert first.refused is None
    second = await engine.answer(request, admin, "192.0.2.1")
    assert (second.refused, second.retry_after) == ("BUDGET_EXHAUSTED", 9)
    assert purse.left == 300 - 261
    assert purse.accounts == {admin.user_id}
    # What is no document costs what it took to find that out, and a stranger pays by address.
    await engine.answer(GraphQLRequest("{ nothing }"), None, "192.0.2.1")
    assert purse.left == 300 - 261 - len("{ nothing }")
    assert purse.accounts == {admin.user_id, "192.0.2.1"}
    await engine.answer(GraphQLRequest("{ nothing }" * 10), None, "192.0.2.1")
    with pytest.raises(BudgetExhausted):
        purse.check("192.0.2.1")
    third = await engine.answer(GraphQLRequest("{"), None, "192.0.2.1")
    assert third.refused == "BUDGET_EXHAUSTED"
    with pytest.raises(RequestError) as caught:
        engine.subscription(GraphQLRequest("subscription { bedChanges { cursor } }"), admin)
    assert caught.value.errors[0]["extensions"]["code"] == "BUDGET_EXHAUSTED"


async def test_what_is_no_document_is_paid_for_wherever_it_is_looked_at(
    hospital: Hospital, admin: Actor
) -> None:
    """By a socket, which asks for the kind first, and where one is registered."""
    purse = Purse(30)
    engine = engine_of(hospital, purse)
    wrong = GraphQLRequest("{ nothing }")
    with pytest.raises(RequestError):
        engine.operation_kind(wrong, admin)
    assert purse.left == 30 - 11
    with pytest.raises(RequestError):
        engine.check(wrong.query, admin)
    assert purse.left == 30 - 22
    assert engine.operation_kind(GraphQLRequest("{ __typename }"), admin) == "query"
    assert engine.check("{ __typename }", admin)
    assert purse.left == 30 - 22, "what is valid is paid for when it is executed"
    with pytest.raises(RequestError):
        engine.check(wrong.query, admin)
    with pytest.raises(RequestError) as caught:
        engine.operation_kind(wrong, admin)
    assert caught.value.errors[0]["extensions"]["code"] == "BUDGET_EXHAUSTED"
    assert not engine.check(wrong.query, admin)
    assert purse.left == 30 - 33
    assert purse.accounts == {admin.user_id}


async def test_to_be_told_that_nothing_has_changed_is_paid_for(hospital: Hospital) -> None:
    purse = Purse(1_000)
    engine = engine_of(hospital, purse)
    nurse = await hospital.user(Role.NURSE, wards=["MED1"])
    version = "SELECT rights_version FROM users WHERE id = $1"
    now = await hospital.pool.fetchval(version, nurse.user_id)
    nurse = replace(nurse, rights_version=now)
    request = GraphQLRequest('{ ward(code: "MED1") { beds { id } } }')
    assert await engine.tag(request, nurse) is not None
    assert 0 < 1_000 - purse.left < 20
    purse.left = 0
    assert await engine.tag(request, nurse) is None


# -- what takes too long ---------------------------------------------------------------------------


async def test_a_slow_statement_is_stopped_and_said_to_be(
    hospital: Hospital, admin: Actor, database_url: str
) -> None:
    """Its table is locked by somebody else, for longer than it may take."""
    slow = await open_pool(database_url, max_size=1, statement_timeout="150")
    hasty = await open_pool(database_url, max_size=1, lock_timeout="150")
    engine = Engine(hasty, slow, DEFAULT_POLICY, hospital.rung.append, limits=Limits())
    text = """mutation($id: ID!) {
      a: recordVitals(input: {
        patientId: $id, recordedAt: "2026-02-01T00:00:00Z", heartRate: 81
      }) { vitals { heartRate } }
    }"""
    variables = {"id": hospital.patient("Ada")}
    try:
        async with hospital.pool.acquire() as other, other.transaction():
            await other.execute("LOCK TABLE vital_signs IN ACCESS EXCLUSIVE MODE")
            read = await engine.execute(
                GraphQLRequest("{ patients { nodes { vitals { nodes { id } } } } }"), admin
            )
            nurse = await hospital.user(Role.NURSE, wards=["MED1"])
            written = await engine.execute(GraphQLRequest(text, None, variables), nurse)
        [error] = orjson.loads(read)["errors"]
        assert error["extensions"] == {"code": "TIMEOUT", "limit": "10 s"}
        assert orjson.loads(read)["data"] is None
        [error] = orjson.loads(written)["errors"]
        assert error["extensions"] == {"code": "TIMEOUT", "limit": "5 s"}
        assert error["path"] == ["a"]
        again = orjson.loads(await engine.execute(GraphQLRequest(text, None, variables), nurse))
        assert again["data"] == {"a": {"vitals": {"heartRate": 81}}}, "nothing was written before"
    finally:
        await slow.close()
        await hasty.close()
