"""Signing in and out, who a token is, and how guessing is slowed down."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from argon2 import PasswordHasher

import models
from models.rules.roles import Role
from models.rules.scopes import Reach, Scope
from resolvers import attempts, sessions, users
from resolvers.actors import Actor
from resolvers.errors import Throttled, Unauthenticated
from resolvers.policy import Policy
from resolvers.sessions import SignedIn
from tests.resolvers.conftest import PASSWORD, House

HERE = "192.0.2.1"
IMPATIENT = Policy(sign_in_patience=timedelta(0))
"""Refuses one too many at once, where it would wait for those under way."""


async def sign_in(
    house: House, username: str, password: str = PASSWORD, address: str = HERE
) -> SignedIn:
    return await sessions.sign_in(
        house.pool,
        username=username,
        password=password,
        address=address,
        now=house.now,
        policy=house.policy,
    )


async def who(house: House, token: str, *, touch: bool = True) -> Actor | None:
    async with house.pool.acquire() as connection:
        return await sessions.actor_of(
            connection, token, address=HERE, now=house.now, policy=house.policy, touch=touch
        )


async def guesses(house: House, username: str, count: int, address: str = HERE) -> list[Any]:
    async with asyncio.timeout(60):
        return await asyncio.gather(
            *(sign_in(house, username, "wrong one", address) for _ in range(count)),
            return_exceptions=True,
        )


def kinds(ended: list[Any]) -> dict[type, int]:
    return {kind: [type(each) for each in ended].count(kind) for kind in {*map(type, ended)}}


async def test_a_session_is_the_users_with_roles_and_wards(house: House, nurse: str) -> None:
    signed_in = await sign_in(house, f"  {nurse.upper()} ")
    assert signed_in.expires_at == house.now + timedelta(hours=12)
    assert len(signed_in.token) == 43
    actor = await who(house, signed_in.token)
    assert actor == signed_in.actor
    assert actor is not None
    assert (actor.username, actor.roles) == (nurse, {Role.NURSE})
    assert actor.ward_ids == (house.wards["med"],)
    assert actor.reaches(Scope.VITALS_READ) == {Reach.WARDS}
    assert actor.address == HERE


async def test_the_token_itself_is_not_stored(house: House, nurse: str) -> None:
    signed_in = await sign_in(house, nurse)
    row = await house.pool.fetchrow(
        "SELECT s::text AS row, token_hash FROM sessions s WHERE id = $1",
        signed_in.actor.session_id,
    )
    assert row is not None
    assert signed_in.token not in row["row"]
    assert len(row["token_hash"]) == 32


@pytest.mark.parametrize("token", ["", "x" * 43, "ü", "\ud800", "a\x00b"])
async def test_a_token_that_is_none(house: House, token: str) -> None:
    assert await who(house, token) is None


async def test_who_is_refused_does_not_learn_why(house: House, nurse: str) -> None:
    said = set()
    for username, password in (
        (nurse, "wrong one"),
        ("nobody-of-this-name", PASSWORD),
        ("no name at all\x00", PASSWORD),
        ("\ud800", PASSWORD),
        ("", ""),
        (nurse, "x" * 5_000),
    ):
        with pytest.raises(Unauthenticated) as refused:
            await sign_in(house, username, password)
        said.add((refused.value.message, str(refused.value.extensions)))
    await house.pool.execute("UPDATE users SET disabled_at = now() WHERE username = $1", nurse)
    with pytest.raises(Unauthenticated) as refused:
        await sign_in(house, nurse)
    said.add((refused.value.message, str(refused.value.extensions)))
    assert len(said) == 1


async def test_silence_ends_a_session_and_activity_keeps_it(house: House, nurse: str) -> None:
    token = (await sign_in(house, nurse)).token
    for _ in range(3):
        house.later(minutes=10)
        assert await who(house, token) is not None
    house.later(minutes=15)
    assert await who(house, token) is None


async def test_a_look_that_is_no_activity_does_not_keep_it(house: House, nurse: str) -> None:
    signed_in = await sign_in(house, nurse)
    house.later(minutes=10)
    session = signed_in.actor.session_id
    assert session is not None
    async with house.pool.acquire() as connection:
        assert await sessions.actors_of(connection, [session], now=house.now)
        assert await who(house, signed_in.token, touch=False) is not None
        house.later(minutes=5)
        assert await sessions.actors_of(connection, [session], now=house.now) == {}
    assert await who(house, signed_in.token) is None


async def test_a_session_is_noted_as_seen_at_most_once_a_minute(house: House, nurse: str) -> None:
    signed_in = await sign_in(house, nurse)
    start = house.now
    seen = []
    for _ in range(5):
        house.later(seconds=25)
        await who(house, signed_in.token)
        row = await house.row(models.Session, signed_in.actor.session_id or models.new_id())
        seen.append((row["last_seen_at"] - start).total_seconds())
    assert seen == [0, 0, 75, 75, 75]


async def test_age_ends_a_session_however_busy(house: House, nurse: str) -> None:
    house.policy = replace(house.policy, session_lifetime=timedelta(minutes=20))
    token = (await sign_in(house, nurse)).token
    house.later(minutes=10)
    assert await who(house, token) is not None
    house.later(minutes=10)
    assert await who(house, token) is None


async def test_signing_out_ends_this_session_at_once(house: House, nurse: str) -> None:
    mine, other = await sign_in(house, nurse), await sign_in(house, nurse)
    async with house.begin() as tx:
        assert await sessions.sign_out(tx, mine.actor) == {"signed_out": True}
    assert await who(house, mine.token) is None
    assert await who(house, other.token) is not None


async def test_a_user_who_is_disabled_has_no_session(house: House, nurse: str) -> None:
    token = (await sign_in(house, nurse)).token
    await house.pool.execute("UPDATE users SET disabled_at = now() WHERE username = $1", nurse)
    assert await who(house, token) is None


async def test_rights_are_those_of_now(house: House, nurse: str) -> None:
    signed_in = await sign_in(house, nurse)
    user = signed_in.actor.user_id
    await house.pool.execute("DELETE FROM role_memberships WHERE user_id = $1", user)
    await house.pool.execute("DELETE FROM ward_memberships WHERE user_id = $1", user)
    actor = await who(house, signed_in.token)
    assert actor is not None
    assert (actor.roles, actor.ward_ids, actor.rights.scopes) == (frozenset(), (), ())


async def test_a_new_password_ends_every_session(house: House, nurse: str) -> None:
    token = (await sign_in(house, nurse)).token
    async with house.pool.acquire() as connection:
        await users.set_password(connection, username=nurse, password="another one", now=house.now)
    assert await who(house, token) is None
    with pytest.raises(Unauthenticated):
        await sign_in(house, nurse)
    assert await sign_in(house, nurse, "another one")


async def test_a_hash_of_old_parameters_is_renewed_on_sign_in(house: House, nurse: str) -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD.encode())
    await house.pool.execute("UPDATE users SET password_hash = $2 WHERE username = $1", nurse, weak)
    assert await sign_in(house, nurse)
    renewed = await house.pool.fetchval(
        "SELECT password_hash FROM users WHERE username = $1", nurse
    )
    assert renewed != weak
    assert await sign_in(house, nurse)


async def test_guesses_at_once_are_not_more_than_the_limit(house: House, nurse: str) -> None:
    house.policy = replace(IMPATIENT, sign_in_attempts_per_account=4)
    ended = await guesses(house, nurse, 20)
    assert kinds(ended) == {Unauthenticated: 4, Throttled: 16}
    with pytest.raises(Throttled) as refused:
        await sign_in(house, nurse)
    # The attempts were made in the seconds after the house's now.
    assert 900 <= refused.value.extensions["retryAfter"] <= 930
    house.later(minutes=5)
    with pytest.raises(Throttled) as refused:
        await sign_in(house, nurse, address="192.0.2.2")
    assert 600 <= refused.value.extensions["retryAfter"] <= 630
    house.later(minutes=11)
    assert await sign_in(house, nurse)


async def test_guesses_are_refused_also_when_they_wait(house: House, nurse: str) -> None:
    house.policy = Policy(
        sign_in_patience=timedelta(milliseconds=400), sign_in_attempts_per_account=2
    )
    assert kinds(await guesses(house, nurse, 8)) == {Unauthenticated: 2, Throttled: 6}


async def test_stations_that_sign_in_at_once_are_not_guessing(house: House, nurse: str) -> None:
    house.policy = replace(house.policy, sign_in_attempts_per_account=3)
    async with asyncio.timeout(60):
        taken = await asyncio.gather(*(sign_in(house, nurse) for _ in range(20)))
    assert len({each.token for each in taken}) == 20


async def test_an_account_that_is_not_there_is_throttled_like_one(house: House, nurse: str) -> None:
    house.policy = replace(IMPATIENT, sign_in_attempts_per_account=2)
    assert kinds(await guesses(house, "nobody-here", 3)) == {Unauthenticated: 2, Throttled: 1}
    assert await sign_in(house, nurse)


async def test_an_address_is_throttled_over_all_accounts(house: House, nurse: str) -> None:
    house.policy = replace(IMPATIENT, sign_in_attempts_per_address=3)
    for number in range(3):
        await guesses(house, f"guess-{number}", 1)
    with pytest.raises(Throttled):
        await sign_in(house, nurse)
    assert await sign_in(house, nurse, address="192.0.2.99")


async def test_the_right_password_clears_the_account_alone(house: House, nurse: str) -> None:
    house.policy = replace(IMPATIENT, sign_in_attempts_per_account=3)
    await guesses(house, nurse, 2)
    await guesses(house, "somebody-else", 2)
    assert await sign_in(house, nurse)
    left = await house.pool.fetch("SELECT account_hash FROM sign_in_attempts")
    assert [row["account_hash"] for row in left] == [attempts.account("somebody-else")] * 2
    assert kinds(await guesses(house, nurse, 3)) == {Unauthenticated: 3}


async def test_no_connection_is_held_while_a_password_is_hashed(house: House, nurse: str) -> None:
    """More sign-ins than connections: a pool held through the hashing would never serve this."""
    size = house.pool.get_max_size()
    signing_in = asyncio.gather(*(sign_in(house, nurse) for _ in range(size + 4)))
    async with asyncio.timeout(60):
        waited = 0.0
        while not signing_in.done():
            start = asyncio.get_running_loop().time()
            await house.pool.fetchval("SELECT 1")
            waited = max(waited, asyncio.get_running_loop().time() - start)
            await asyncio.sleep(0.005)
        taken = await signing_in
    assert len(taken) == size + 4
    assert len({each.token for each in taken}) == size + 4
