"""Event streams of the application as `wardline serve` has it."""

from __future__ import annotations

import asyncio
import json
import signal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg

from models.rules.roles import Role
from tests.app.serving import PASSWORD, account
from tests.first_light.process import STOPS_WITHIN, serving
from tests.http.served import served
from tests.resolvers.reading.hospital import furnish
from tests.subscriptions.event_source import feed, opened


def sign_in(username: str) -> str:
    given = f'username: "{username}", password: "{PASSWORD}"'
    return f"mutation {{ signIn(input: {{ {given} }}) {{ token viewer {{ username }} }} }}"


async def test_a_browser_signs_in_and_listens_with_its_cookie(
    pool: asyncpg.Pool[Any], database_url: str, redis_url: str
) -> None:
    """And is told when it has spent its budget, and when to come back."""
    username = await account(await furnish(pool), Role.NURSE, wards=("MED1",))
    async with served(
        database_url=database_url, redis_url=redis_url, budget_per_minute=20
    ) as address:
        url = f"{address}/graphql"
        own = {"origin": f"http://{urlsplit(url).netloc}"}
        async with opened(url, post={"query": sign_in(username)}, **own) as stream:
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


async def test_a_process_that_is_told_to_stop_ends_its_streams(
    pool: asyncpg.Pool[Any], database_url: str, redis_url: str, tmp_path: Path
) -> None:
    """It would wait for the end of these answers, which have none, for as long as it may."""
    username = await account(await furnish(pool), Role.NURSE, wards=("MED1",))
    async with serving(tmp_path, "serve", database_url=database_url, redis_url=redis_url) as server:
        url = f"{server.url}/graphql"
        async with opened(url, post={"query": sign_in(username)}) as stream:
            answer, _ = await stream.end()
            token = answer.result["data"]["signIn"]["token"]
        async with (
            opened(url, feed(), token=token) as one,
            opened(url, token=token, post={"query": feed()}) as other,
        ):
            assert (await one.feed())["live"]
            assert (await other.feed())["live"]
            server.process.send_signal(signal.SIGTERM)
            assert await one.end() == await other.end() == []
            async with asyncio.timeout(STOPS_WITHIN):
                assert await server.process.wait() == 0
        assert "Traceback" not in server.said
        assert "without completing" not in server.said
