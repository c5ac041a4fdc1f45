"""What the oracle's tests share: an engine with a whole hospital, and hospitals by seed."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from resolvers.reading import plan
from tests.oracle.hospitals import House, build
from tests.resolvers.reading.hospital import Hospital, furnish, ids_of

HouseOf = Callable[[int], Awaitable[House]]


@pytest.fixture(autouse=True)
def no_limit_on_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits on size have tests of their own; here everything is asked of few rows."""
    monkeypatch.setattr(plan, "MAX_ROWS", 10**30)
    monkeypatch.setattr(plan, "MAX_RELATIONS", 10**4)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def whole(pool: asyncpg.Pool[Any]) -> Hospital:
    """A hospital in which nothing is null for want of data."""
    return await furnish(pool)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house_of(whole: Hospital) -> HouseOf:
    """The hospital of a seed, made when it is first asked for."""
    made: dict[int, House] = {}
    others = [public for name in whole.charts for public in ids_of(whole, name)]

    async def house(seed: int) -> House:
        if seed not in made:
            made[seed] = await build(whole.engine, whole.pool, seed)
            made[seed].others = others
        return made[seed]

    return house
