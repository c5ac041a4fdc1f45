"""Budgets: one account, several processes, a Redis that is there, slow, away, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import httpx
import pytest
from redis.asyncio import Redis

from app.budget import RedisBudget
from models.rules.roles import Role
from resolvers.errors import BudgetExhausted
from tests.app.serving import PASSWORD, account, client, running
from tests.resolvers.reading.hospital import furnish

NOWHERE = "redis://127.0.0.1:1/0"


def budget(
    url: str, limit: int = 100, *, window: float = 60.0, timeout: float = 0.5
) -> RedisBudget:
    return RedisBudget(
        url,
        per_minute=limit,
        strangers_per_minute=limit,
        window=window,
        settle_every=0.02,
        timeout=timeout,
    )


async def until(condition: Callable[[], bool | Awaitable[bool]], seconds: float = 10.0) -> None:
    """Wait until it holds."""
    async with asyncio.timeout(seconds):
        while True:
            held = condition()
            if held is True or (held is not False and await held):
                return
            await asyncio.sleep(0.01)


def known(one: RedisBudget, user: UUID | str) -> int:
    """What the process has heard that all have spent."""
    return one._purses[user].known


def spends(one: RedisBudget, user: UUID, cost: int) -> bool:
    """Whether it can be paid."""
    try:
        one.check(user)
        one.spend(user, cost)
    except BudgetExhausted:
        return False
    return True


async def test_two_processes_spend_from_one_budget(redis_url: str) -> None:
    user = uuid4()
    async with budget(redis_url) as here, budget(redis_url) as there:
        for _ in range(10):
            here.spend(user, 5)
        await until(lambda: known(here, user) == 50)
        balance = there.spend(user, 1)
        assert balance is not None
        assert balance.remaining == 99, "it has not heard yet: this is the slack"
        await until(lambda: known(there, user) == 51)
        with pytest.raises(BudgetExhausted) as caught:
            there.spend(user, 50)
        assert caught.value.code == "BUDGET_EXHAUSTED"
        assert 1 <= caught.value.retry_after <= 60
        assert caught.value.extensions["limit"] == "100"
        balance = there.spend(user, 49)
        assert balance is not None
        assert balance.remaining == 0
        with pytest.raises(BudgetExhausted):
            there.check(user)
        await until(lambda: known(there, user) == 100)
        here.spend(user, 1)
        await until(lambda: known(here, user) == 101)
        with pytest.raises(BudgetExhausted):
            here.check(user)


async def test_nothing_is_lost_and_nothing_counted_twice(redis_url: str) -> None:
    """Many accounts, two processes, spending while it is told."""
    users = [uuid4() for _ in range(40)]

    async def spend(one: RedisBudget) -> None:
        for n in range(200):
            for user in users[n % 4 :: 4]:
                one.spend(user, 3)
            if n % 10 == 0:
                await asyncio.sleep(0.005)

    async with (
        budget(redis_url, 10**6, timeout=20.0) as here,
        budget(redis_url, 10**6, timeout=20.0) as there,
    ):
        await asyncio.gather(spend(here), spend(there))
        await here.settle()
        await there.settle()
        await here.settle()
        redis = Redis.from_url(redis_url)
        try:
            for user in users:
                assert await redis.get(f"wardline:budget:{{{user}}}") == b"300"
                assert 0 < await redis.pttl(f"wardline:budget:{{{user}}}") <= 60_000
        finally:
            await redis.aclose()


async def test_a_window_ends(redis_url: str) -> None:
    user = uuid4()
    async with budget(redis_url, 10, window=0.4) as one:
        one.spend(user, 10)
        with pytest.raises(BudgetExhausted):
            one.spend(user, 1)

        await until(lambda: spends(one, user, 1))


async def test_users_and_addresses_are_apart(redis_url: str) -> None:
    async with budget(redis_url, 10) as one:
        one.spend("2001:db8:1:2:3::4", 10)
        with pytest.raises(BudgetExhausted):
            one.spend("2001:db8:1:2:ffff::1", 1)
        for account_ in (uuid4(), "2001:db8:1:3::4", "192.0.2.1", "192.0.2.2", "", "testclient"):
            one.spend(account_, 10)
        with pytest.raises(BudgetExhausted):
            one.spend("::ffff:192.0.2.1", 1)


async def test_work_that_is_done_is_paid_whatever_is_left(redis_url: str) -> None:
    user = uuid4()
    async with budget(redis_url, 10) as one:
        one.note(user, 25)
        with pytest.raises(BudgetExhausted):
            one.check(user)


async def test_no_limit_is_none() -> None:
    one = budget(NOWHERE, 0)
    assert one.spend(uuid4(), 10**9) is None
    one.note(uuid4(), 10**9)
    one.check(uuid4())
    assert not one._purses


async def test_it_remembers_no_more_accounts_than_it_may(
    monkeypatch: pytest.MonkeyPatch, redis_url: str
) -> None:
    monkeypatch.setattr("app.budget.MOST_PURSES", 50)
    one = budget(redis_url)
    for n in range(200):
        one.spend(f"192.0.2.{n}", 1)
    assert len(one._purses) == 50
    await one.settle()


# -- Redis away ------------------------------------------------------------------------------------


@asynccontextmanager
async def silent() -> AsyncIterator[str]:
    """A server that takes whatever comes and never answers."""
    held: list[asyncio.StreamWriter] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        held.append(writer)
        await reader.read()

    server = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}/0"
    finally:
        server.close()
        for writer in held:
            writer.close()


async def test_a_redis_that_is_away_is_not_waited_for() -> None:
    async with silent() as mute:
        await counts_alone(NOWHERE)
        await counts_alone(mute)


async def counts_alone(url: str) -> None:
    user = uuid4()
    async with budget(url, 10, timeout=0.1, window=0.6) as one:
        one.spend(user, 4)
        await until(lambda: one.away)
        assert spends(one, user, 6)
        assert not spends(one, user, 1)
        # It forgets what it could not tell when its window ends.
        await until(lambda: spends(one, user, 10))


async def test_it_counts_together_again_when_redis_is_back(redis_url: str) -> None:
    user = uuid4()
    async with budget(redis_url, 100) as one:
        real, one._redis = one._redis, Redis.from_url(NOWHERE)
        one.spend(user, 7)
        await until(lambda: one.away)
        one.spend(user, 8)
        away, one._redis = one._redis, real
        await until(lambda: not one.away and known(one, user) == 15)
        await away.aclose()


async def test_no_request_asks_redis(redis_url: str) -> None:
    """However often it spends: what is told is told at once."""
    user = uuid4()
    one = budget(redis_url, 10**9)
    for _ in range(10_000):
        one.check(user)
        one.spend(user, 3)
    assert one._purses[user].pending == 30_000
    redis = Redis.from_url(redis_url)
    try:
        key = f"wardline:budget:{{{user}}}"
        assert await redis.get(key) is None
        await one.settle()
        assert await redis.get(key) == b"30000"
    finally:
        await redis.aclose()


# -- from the outside ------------------------------------------------------------------------------

SIGN_IN = (
    "mutation($u: String!, $p: String!) { signIn(input: {username: $u, password: $p}) { token } }"
)
WARDS = "{ wards { id } }"


async def token(program: httpx.AsyncClient, username: str) -> str:
    variables = {"u": username, "p": PASSWORD}
    answered = await program.post("/graphql", json={"query": SIGN_IN, "variables": variables})
    found: str = answered.json()["data"]["signIn"]["token"]
    return found


async def test_over_budget_is_429_and_says_when(
    pool: asyncpg.Pool[Any], database_url: str, redis_url: str
) -> None:
    hospital = await furnish(pool)
    username = await account(hospital, Role.NURSE, wards=("MED1",))
    settings = {"budget_per_minute": 25, "stranger_budget_per_minute": 40}
    async with (
        running(database_url=database_url, redis_url=redis_url, **settings) as app,
        client(app) as program,
    ):
        bearer = {"authorization": f"Bearer {await token(program, username)}"}

        async def ask(accept: str, **more: object) -> httpx.Response:
            return await program.post(
                "/graphql",
                json={"query": WARDS, **more},
                headers=bearer | {"accept": accept},
            )

        first = await ask("application/json", extensions={"cost": True})
        told = first.json()["extensions"]["cost"]
        assert told["requested"] == 11
        assert (told["budget"], told["remaining"]) == (25, 14)
        assert 1 <= told["resetSeconds"] <= 60
        assert "extensions" not in (await ask("application/json")).json()
        for accept in ("application/json", "application/graphql-response+json"):
            refused = await ask(accept)
            assert refused.status_code == 429
            assert 1 <= int(refused.headers["retry-after"]) <= 60
            assert refused.headers["content-type"].startswith(accept)
            [error] = refused.json()["errors"]
            assert error["extensions"]["code"] == "BUDGET_EXHAUSTED"
            assert 1 <= error["extensions"]["retryAfter"] <= 60
            assert "data" not in refused.json()
        # Nobody else is the poorer for it, but whoever is nobody pays by the address.
        statuses = [
            (await program.post("/graphql", json={"query": "{ nothing }"})).status_code
            for _ in range(6)
        ]
        assert statuses[0] == 200
        assert statuses[-1] == 429
