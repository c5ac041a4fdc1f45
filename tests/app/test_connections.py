"""The connections that one process may come to hold are those of its pools."""

from __future__ import annotations

import gc

from asyncpg.pool import Pool

from app.connections import of_one_process
from app.settings import load_settings
from tests.app.serving import running


async def test_they_are_counted_as_they_are_opened(database_url: str, redis_url: str) -> None:
    before = {id(one) for one in gc.get_objects() if isinstance(one, Pool)}
    async with running(database_url=database_url, redis_url=redis_url, pool_max_size=7):
        gc.unfreeze()  # the application froze what it made
        opened = [
            one for one in gc.get_objects() if isinstance(one, Pool) and id(one) not in before
        ]
        assert sum(one.get_max_size() for one in opened) == of_one_process(
            load_settings(pool_max_size=7)
        )
