"""Passwords: what is taken, what is the same, and the time it takes."""

from __future__ import annotations

import asyncio
import time

import pytest
from argon2 import PasswordHasher

from resolvers import passwords
from resolvers.errors import BadInput


async def test_a_password_is_its_own_and_no_other() -> None:
    made = await passwords.hash_password("wardline")
    assert made.startswith("$argon2id$")
    assert made != await passwords.hash_password("wardline")
    assert await passwords.verify(made, "wardline")
    assert not await passwords.verify(made, "Wardline")
    assert not await passwords.verify(made, "")


async def test_two_spellings_of_one_password_are_the_same() -> None:
    composed, decomposed = "Zürich-Ärzte", "Zu\u0308rich-A\u0308rzte"
    assert composed != decomposed
    assert await passwords.verify(await passwords.hash_password(composed), decomposed)


async def test_half_a_surrogate_pair_is_a_password_like_another() -> None:
    made = await passwords.hash_password("pass\ud800word")
    assert await passwords.verify(made, "pass\ud800word")
    assert not await passwords.verify(made, "pass\ud801word")


@pytest.mark.parametrize("length", [0, 7, 1025])
async def test_lengths_that_are_not_taken(length: int) -> None:
    with pytest.raises(BadInput) as refused:
        await passwords.hash_password("x" * length)
    assert refused.value.extensions["limit"] == "8 to 1024 characters"


@pytest.mark.parametrize("length", [8, 1024])
async def test_lengths_that_are(length: int) -> None:
    made = await passwords.hash_password("x" * length)
    assert await passwords.verify(made, "x" * length)
    assert not await passwords.verify(made, "x" * 2_000)


async def test_nobody_takes_as_long_as_somebody() -> None:
    somebody = await passwords.hash_password("wardline")

    async def fastest(password_hash: str | None) -> float:
        taken = []
        for _ in range(3):
            start = time.perf_counter()
            assert not await passwords.verify(password_hash, "not this one")
            taken.append(time.perf_counter() - start)
        return min(taken)

    await passwords.verify(None, "the dummy hash of the process is made by now")
    known, unknown = await fastest(somebody), await fastest(None)
    # A lookup without a hash is a hundred times faster; the factor leaves room for a busy machine.
    assert unknown > known / 4


async def test_what_is_no_hash_is_nobodys() -> None:
    assert not await passwords.verify("!", "wardline")


async def test_a_hash_of_other_parameters_is_outdated() -> None:
    weak = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(b"wardline")
    assert passwords.outdated(weak)
    assert await passwords.verify(weak, "wardline")
    renewed = await passwords.rehash("wardline")
    assert not passwords.outdated(renewed)
    assert await passwords.verify(renewed, "wardline")


async def test_the_loop_goes_on_while_passwords_are_hashed() -> None:
    hashing = asyncio.gather(*(passwords.hash_password("wardline") for _ in range(4)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert len(await hashing) == 4
    assert turns > 10


async def test_a_password_of_megabytes_is_refused_without_being_spelled_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spelled: list[int] = []
    encoded = passwords._encoded
    monkeypatch.setattr(
        passwords, "_encoded", lambda text: spelled.append(len(text)) or encoded(text)
    )
    assert not await passwords.verify(None, "\ufdfa" * 1_000_000)
    assert max(spelled) <= passwords.LONGEST
