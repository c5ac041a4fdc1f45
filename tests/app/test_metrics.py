"""Metrics: what they tell is what happened, and only to whom they are for."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
import pytest_asyncio
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse
from starlette.applications import Starlette

from app import asgi
from app.metrics import FORWARDED
from app.settings import load_settings
from models import new_id
from models.rules.roles import Role
from resolvers.database import open_pool
from tests.app.serving import PASSWORD, account, client, running
from tests.conftest import FreshDatabase
from tests.resolvers.reading.hospital import furnish

TOKEN = "a-token-of-the-operator"
NOWHERE = "redis://127.0.0.1:1/0"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def app(database_url: str, redis_url: str) -> AsyncIterator[Starlette]:
    async with running(database_url=database_url, redis_url=redis_url) as app:
        yield app


async def scrape(caller: httpx.AsyncClient, **headers: str) -> dict[str, float]:
    """Each sample by its name and labels."""
    response = await caller.get("/metrics", headers=headers)
    assert response.status_code == 200, response.text
    return {
        sample.name + "".join(f" {k}={v}" for k, v in sorted(sample.labels.items())): sample.value
        for family in parse(response.text)
        for sample in family.samples
    }


def at(app: Starlette, address: str) -> httpx.AsyncClient:
    """A client that comes from an address."""
    transport = httpx.ASGITransport(app=app, client=(address, 1), raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://board.example")


async def test_what_happened_is_counted(app: Starlette) -> None:
    async with client(app) as caller:
        before = await scrape(caller)
        assert (await caller.get("/nothing")).status_code == 404
        assert (await caller.get("/livez")).status_code == 200
        after = await scrape(caller)

    def grown(name: str) -> float:
        return after[name] - before.get(name, 0)

    assert grown("wardline_http_responses_total status=4xx") == 1
    assert grown("wardline_http_responses_total status=2xx") == 2  # with the first look itself
    assert grown("wardline_http_response_seconds_count") == 3
    assert after["wardline_http_response_seconds_sum"] > 0
    pool = "wardline_database_connections pool=reading state="
    assert after[f"{pool}used"] + after[f"{pool}idle"] >= 2, "so many are kept open"
    assert after["wardline_database_connections_max pool=reading"] == 10
    assert after["wardline_connections transport=websocket"] == 0
    assert after["process_resident_memory_bytes"] > 1_000_000


async def test_the_bell_is_told_as_it_stands(app: Starlette, database_url: str) -> None:
    async def until(caller: httpx.AsyncClient, name: str, least: float) -> dict[str, float]:
        async with asyncio.timeout(20):
            while (found := await scrape(caller))[name] < least:
                await asyncio.sleep(0.02)
        return found

    async with client(app) as caller:
        there = await until(caller, "wardline_bell_connected", 1)
        assert there["wardline_bell_down_since_seconds"] == 0
        assert there["wardline_bell_connections_total"] >= 1
        assert there["wardline_bell_gaps_total"] >= 1
    async with (
        running(database_url=database_url, redis_url=NOWHERE) as mute,
        client(mute) as caller,
    ):
        away = await until(caller, "wardline_bell_failures_total", 2)
        assert away["wardline_bell_connected"] == 0
        assert away["wardline_bell_down_since_seconds"] > 1.7e9
        assert away["wardline_bell_connections_total"] == 0


async def test_every_number_of_the_live_channel_is_told(app: Starlette) -> None:
    """A counter that nobody reads would be one too many, and so would one that is not there."""
    counters = app.state.metrics._parts.live.counters
    names = [name for name in type(counters).__slots__ if isinstance(getattr(counters, name), int)]
    assert len(names) > 20
    async with client(app) as caller:
        for name in names:
            kept = getattr(counters, name)
            setattr(counters, name, 123_456_789)
            told = await scrape(caller)
            setattr(counters, name, kept)
            assert 123_456_789 in told.values(), name
        counters.opened["sse"] += 2
        counters.closed[1013] += 3
        counters.refused["sockets"] += 4
        counters.fan_out.note(0.02)
        counters.fan_out.note(60.0)
        told = await scrape(caller)
    assert told["wardline_connections_opened_total transport=sse"] == 2
    assert told["wardline_connections_closed_total code=1013"] == 3
    assert told["wardline_live_refused_total limit=sockets"] == 4
    assert told["wardline_fan_out_seconds_bucket le=0.01"] == 0
    assert told["wardline_fan_out_seconds_bucket le=0.025"] == 1
    assert told["wardline_fan_out_seconds_bucket le=10.0"] == 1
    assert told["wardline_fan_out_seconds_bucket le=+Inf"] == 2
    assert told["wardline_fan_out_seconds_count"] == 2
    assert told["wardline_fan_out_seconds_sum"] == pytest.approx(60.02)


async def test_the_age_of_what_has_no_seal_is_told(
    app: Starlette, database_url: str, pool: Any
) -> None:
    async with client(app) as caller:
        await pool.execute("SELECT seal_audit(100000)")
        assert (await scrape(caller))["wardline_audit_unsealed_seconds"] == 0
        hospital = await furnish(pool)
        username = await account(hospital, Role.NURSE)
        query = "mutation($i: SignInInput!) { signIn(input: $i) { token } }"
        variables = {"i": {"username": username, "password": "x" + PASSWORD}}
        await caller.post("/graphql", json={"query": query, "variables": variables})
        async with asyncio.timeout(20):
            while (await scrape(caller))["wardline_audit_unsealed_seconds"] < 3_600:
                # The clock may seal it at any moment: then there is another.
                await pool.execute(
                    "INSERT INTO audit_entries (hospital_id, occurred_at, selection_id,"
                    " patient_ids) SELECT hospital_id, now() - interval '1 hour', selection_id,"
                    " patient_ids FROM audit_entries LIMIT 1"
                )


async def test_critical_results_are_counted_and_a_clock_that_stands_still_is_seen(
    fresh_database: FreshDatabase,
) -> None:
    """Nobody escalates here: what is due stays due."""
    url = await fresh_database()
    pool = await open_pool(url, max_size=2)
    names = ("open", "escalated", "unacknowledged_seconds", "overdue_seconds")
    async with running(database_url=url, redis_url=NOWHERE) as app, client(app) as caller:

        async def told() -> list[float]:
            found = await scrape(caller)
            return [found[f"wardline_critical_results_{name}"] for name in names]

        assert await told() == [0, 0, 0, 0]
        await furnish(pool)
        late = (
            "UPDATE critical_results SET raised_at = now() - interval '2 hours', told_at = now(),"
            " escalation_level = 1, next_escalation_at = now() - interval '1 hour'"
            " WHERE status = 'OPEN' RETURNING id"
        )
        async with asyncio.timeout(20):
            while True:
                # The clock may take them at any moment: then they are late again.
                rows = await pool.fetch(late)
                count, escalated, oldest, overdue = await told()
                if overdue >= 3_600:
                    break
        assert (count, escalated) == (len(rows), len(rows))
        assert oldest >= 7_200
    await pool.close()


async def test_both_formats_of_prometheus_are_valid(app: Starlette) -> None:
    async with client(app) as caller:
        plain = await caller.get("/metrics")
        modern = await caller.get(
            "/metrics", headers={"accept": "application/openmetrics-text; version=1.0.0"}
        )
    assert plain.headers["content-type"].startswith("text/plain; version=")
    assert plain.headers["cache-control"] == "no-store"
    assert plain.headers["connection"] == "close"
    assert modern.headers["content-type"].startswith("application/openmetrics-text; version=1.0.0")
    told = {family.name for family in parse(plain.text)}
    assert {family.name for family in openmetrics(modern.text)} == told
    assert all(re.fullmatch(r"(wardline|process)_[a-z_]+", name) for name in told)


async def test_no_label_is_about_somebody(app: Starlette, redis_url: str, pool: Any) -> None:
    """Whatever has been asked, labels are those that are named here, and no id is in the text."""
    hospital = await furnish(pool)
    username = await account(hospital, Role.NURSE, wards=("MED1",))
    async with client(app) as caller:
        query = "mutation($i: SignInInput!) { signIn(input: $i) { token } }"
        variables = {"i": {"username": username, "password": PASSWORD}}
        answer = await caller.post("/graphql", json={"query": query, "variables": variables})
        token = answer.json()["data"]["signIn"]["token"]
        await caller.post(
            "/graphql",
            json={"query": f'{{ ward(code: "MED1") {{ id }} a{new_id().hex}: viewer {{ id }} }}'},
            headers={"authorization": f"Bearer {token}"},
        )
        text = (await caller.get("/metrics")).text
    labels = {
        label for family in parse(text) for sample in family.samples for label in sample.labels
    }
    assert labels <= {
        *("le", "pool", "state", "status", "transport", "code", "reason"),
        *("limit", "purpose", "result", "by", "source"),
    }
    for secret in (username, token, "MED1", str(hospital.id), hospital.id.hex, redis_url):
        assert secret not in text


async def test_without_a_token_it_is_for_the_same_machine(app: Starlette) -> None:
    async with at(app, "127.0.0.1") as near, at(app, "::1") as near6, at(app, "10.0.0.7") as far:
        assert (await near.get("/metrics")).status_code == 200
        assert (await near6.get("/metrics")).status_code == 200
        refused = await far.get("/metrics")
        assert refused.status_code == 403
        assert "wardline_" not in refused.text
        for name in FORWARDED:
            proxied = await near.get("/metrics", headers={name: "127.0.0.1"})
            assert proxied.status_code == 403, name
        assert (await near.post("/metrics")).status_code == 405


async def test_with_a_token_it_is_for_who_brings_it(database_url: str) -> None:
    async with (
        running(database_url=database_url, redis_url=NOWHERE, metrics_token=TOKEN) as app,
        at(app, "10.0.0.7") as far,
        at(app, "127.0.0.1") as near,
    ):
        for caller in (far, near):
            for given in ({}, {"authorization": f"Bearer {TOKEN}x"}, {"authorization": TOKEN}):
                refused = await caller.get("/metrics", headers=given)
                assert refused.status_code == 401
                assert refused.headers["www-authenticate"] == "Bearer"
                assert json.loads(refused.text)["errors"]
                assert "wardline_" not in refused.text
            assert await scrape(caller, authorization=f"Bearer {TOKEN}")


async def test_it_can_be_switched_off(database_url: str) -> None:
    async with (
        running(database_url=database_url, redis_url=NOWHERE, metrics=False) as app,
        client(app) as caller,
    ):
        assert (await caller.get("/metrics")).status_code == 404


async def test_without_the_database_the_rest_is_told(fresh_database: FreshDatabase) -> None:
    url = await fresh_database()
    async with running(database_url=url, redis_url=NOWHERE) as app, client(app) as caller:
        assert "wardline_audit_unsealed_seconds" in await scrape(caller)
        await app.state.health._pool.close()
        told = await scrape(caller)
        assert "wardline_audit_unsealed_seconds" not in told
        assert "wardline_bell_connected" in told


async def test_one_of_several_workers_says_which_it_is(database_url: str) -> None:
    """Their counters are not each other's: added up, or taken for one, they would tell nothing."""
    settings = load_settings(simulator=False, database_url=database_url, redis_url=NOWHERE)
    app = asgi.create(settings, worker=3)
    async with app.router.lifespan_context(app), client(app) as caller:
        told = await scrape(caller)
    assert told
    assert all(" worker=3" in name for name in told)
