"""Event streams of the application as `wardline serve` has it."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from models.rules.roles import Role
from tests.app.serving import PASSWORD, account
from tests.http.served import served
from tests.resolvers.reading.hospital import furnish
from tests.subscriptions.event_source import feed, opened


async def test_a_browser_signs_in_and_listens_with_its_cookie(
    pool: asyncpg.Pool[Any], database_url: str, redis_url: str
) -> None:
    """And is told when it has spent its budget, and when to come back."""
    username = await account(await furnish(pool), Role.NURSE, wards=("MED1",))
    sign_in = (
        f'mutation {{ signIn(input: {{ username: "{username}", password: "{PASSWORD}" }})'
        " { viewer { username } } }"
    )
    async with served(
        database_url=database_url, redis_url=redis_url, budget_per_minute=20
    ) as address:
        url = f"{address}/graphql"
        own = {"origin": f"http://{urlsplit(url).netloc}"}
        async with opened(url, post={"query": sign_in}, **own) as stream:
            assert stream.status == 200
            answer, complete = await stream.end()
            assert answer.result["data"]["signIn"]["viewer"]["username"] == username
            assert complete.type == "complete"
            cookie = stream.headers["set-cookie"].partition(";")[0]
        opening = {"cookie": cookie, "sec_fetch_site": "same-origin"}
        for _ in range(20):
            async with opened(url, feed(), **opening) as stream:
                if stream.status != 200:
                    break
                assert (await stream.feed())["live"]
        assert stream.status == 429
        assert 0 < int(stream.headers["retry-after"]) <= 60
        async with opened(url, feed(), **opening) as stream:
            assert stream.status == 429
            (error,) = json.loads(await stream.body())["errors"]
            assert error["extensions"]["code"] == "BUDGET_EXHAUSTED"
