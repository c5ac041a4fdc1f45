"""The connections that processes may come to hold, and what PostgreSQL has for them."""

from __future__ import annotations

import gc
from urllib.parse import urlsplit

import asyncpg
import pytest
from asyncpg.pool import Pool

from app.cli.check import ready
from app.cli.mistakes import Mistake
from app.connections import of_one_process
from app.settings import load_settings
from tests.app.serving import running
from tests.conftest import FreshDatabase


def pools() -> list[Pool[asyncpg.Record]]:
    """All there are. By `type`: a weak proxy of what is gone can not be asked for its class."""
    return [one for one in gc.get_objects() if issubclass(type(one), Pool)]


async def test_they_are_counted_as_they_are_opened(database_url: str, redis_url: str) -> None:
    gc.unfreeze()  # what applications before this one froze
    before = {id(one) for one in pools()}
    async with running(database_url=database_url, redis_url=redis_url, pool_max_size=7):
        gc.unfreeze()  # the application froze what it made
        opened = [one for one in pools() if id(one) not in before]
        assert sum(one.get_max_size() for one in opened) == of_one_process(
            load_settings(pool_max_size=7)
        )


async def test_several_workers_do_not_start_where_they_do_not_fit(
    fresh_database: FreshDatabase, redis_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    url = await fresh_database()
    settings = load_settings(database_url=url, redis_url=redis_url, pool_max_size=10)
    three = 3 * of_one_process(settings)

    async def limit(connections: int) -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(
            f'ALTER DATABASE "{urlsplit(url).path[1:]}" CONNECTION LIMIT {connections}'
        )
        await connection.close()

    await limit(three)
    await ready(settings.model_copy(update={"workers": 2}))
    await limit(three - 1)
    with pytest.raises(Mistake, match=f"may open {three} connections.*gives {three - 1} .* by 1"):
        await ready(settings.model_copy(update={"workers": 2}))
    await ready(settings)
    assert "too large" not in caplog.text

    # One that might want more than there is does with what there is.
    await limit(of_one_process(settings) - 1)
    await ready(settings)
    assert "WARDLINE_POOL_MAX_SIZE is too large for this database" in caplog.text
