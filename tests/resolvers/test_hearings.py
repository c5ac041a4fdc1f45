"""Hearings: beginnings and endings of stays, as the audit has them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import pytest_asyncio

import models
from models.rules import audit_chain
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers import hearings
from resolvers.actors import Actor
from resolvers.hearings import Hearing
from resolvers.reading.audit import Shared
from tests.conftest import FreshDatabase
from tests.resolvers.sealing import Pool, found, opened, seal

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PUSHES = audit_chain.Selection(
    "SUBSCRIPTION",
    "Alarms",
    "0" * 64,
    "DONE",
    roots=("Subscription.criticalResults",),
    scopes=("critical-result:read",),
    fields=("Patient.mrn",),
)


@pytest_asyncio.fixture(loop_scope="session")
async def pool(fresh_database: FreshDatabase) -> AsyncIterator[Pool]:
    """The application's pool on a database of the test's own."""
    async with opened(await fresh_database()) as pool:
        yield pool


def actor() -> Actor:
    """Somebody with a session."""
    return Actor(
        hospital_id=models.new_id(),
        user_id=models.new_id(),
        session_id=models.new_id(),
        username="nurse",
        roles=frozenset({Role.NURSE}),
        rights=rights(frozenset({Role.NURSE})),
        address="192.0.2.7",
    )


async def entries(pool: Pool) -> list[Any]:
    return await pool.fetch(
        "SELECT entry.*, operation, operation_name, roots, scopes, fields, outcome"
        " FROM audit_entries AS entry JOIN audit_selections AS shared ON shared.id = selection_id"
        " ORDER BY entry.id"
    )


def of(row: Any, *names: str) -> tuple[Any, ...]:
    return tuple(row[name] for name in names)


WHO = ("hospital_id", "user_id", "session_id", "address", "request_id", "audience_id", "stay_id")


async def test_a_stay_is_told_where_it_begins_and_where_it_ends(pool: Pool) -> None:
    shared, audience = Shared(PUSHES), models.new_id()
    one = Hearing(audience, actor(), shared, 7, "req-1")
    other = Hearing(audience, replace(actor(), session_id=None, address=None), shared, 8)
    await hearings.begin(pool, [one, other], NOW)
    await hearings.end(pool, [(one, 9)], NOW)
    first, second, ending = await entries(pool)
    assert of(first, *WHO) == of(ending, *WHO)
    assert of(first, *WHO) == (
        one.actor.hospital_id,
        one.actor.user_id,
        one.actor.session_id,
        "192.0.2.7",
        "req-1",
        audience,
        one.id,
    )
    assert of(second, *WHO) == (
        other.actor.hospital_id,
        other.actor.user_id,
        None,
        None,
        None,
        audience,
        other.id,
    )
    spans = [of(row, "first_position", "last_position") for row in (first, second, ending)]
    assert spans == [(8, None), (9, None), (8, 9)]
    kinds = [row["operation"] for row in (first, second, ending)]
    assert kinds == ["SUBSCRIBED", "SUBSCRIBED", "UNSUBSCRIBED"]
    for row in (first, second, ending):
        assert row["occurred_at"] == NOW
        assert row["patient_ids"] == []
        said = of(row, "operation_name", "roots", "scopes", "fields", "outcome")
        assert said == ("Alarms", list(PUSHES.roots), list(PUSHES.scopes), [], "DONE")


class Counting:
    """A connection that counts what goes over it."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self.statements = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def execute(self, *given: Any) -> Any:
        self.statements += 1
        return await self._connection.execute(*given)


async def test_any_number_of_stays_is_one_statement(pool: Pool) -> None:
    """And what they share one more, the first time alone."""
    feeds = [Shared(replace(PUSHES, operation_name=name)) for name in ("A", "B")]
    stays = [Hearing(models.new_id(), actor(), feeds[n % 2], n) for n in range(500)]
    async with pool.acquire() as connection:
        counting: Any = Counting(connection)
        counts = []
        works: list[Callable[[], Any]] = [
            lambda: hearings.begin(counting, stays, NOW),
            lambda: hearings.begin(counting, stays, NOW),
            lambda: hearings.end(counting, [(stay, 1000) for stay in stays], NOW),
            lambda: hearings.end(counting, [(stay, 1000) for stay in stays], NOW),
            lambda: hearings.begin(counting, [], NOW),
        ]
        for work in works:
            before = counting.statements
            await work()
            counts.append(counting.statements - before)
    assert counts == [3, 1, 3, 1, 0]
    assert len(await entries(pool)) == 2000


async def test_stays_are_in_the_chain_and_under_their_user(pool: Pool) -> None:
    stay = Hearing(models.new_id(), actor(), Shared(PUSHES), 7)
    await hearings.begin(pool, [stay], NOW)
    await hearings.end(pool, [(stay, 9)], NOW)
    written = [row["id"] for row in await entries(pool)]
    for _ in range(2):
        of_user = await pool.fetchval("SELECT audit_entries_of($1)", stay.actor.user_id)
        assert sorted(of_user) == written
        await seal(pool)
    findings, head = await found(pool)
    assert (findings, head.position) == ([], 2)


@pytest.mark.parametrize("within", [True, False])
async def test_what_is_rolled_back_is_kept_the_next_time(pool: Pool, within: bool) -> None:
    """A selection that was written in a transaction may not be there."""
    stay = Hearing(models.new_id(), actor(), Shared(PUSHES), 7)
    async with pool.acquire() as connection:
        undone = connection.transaction()
        await undone.start()
        await hearings.begin(connection, [stay], NOW)
        await undone.rollback()
        await hearings.begin(connection if within else pool, [stay], NOW)
    assert len(await entries(pool)) == 1
