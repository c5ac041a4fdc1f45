"""Behind nginx, by the example in docs/: what it must let through, and what it must not do."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pytest
import pytest_asyncio
import yaml

from tests.faults.figures import LONG
from tests.faults.nginx import EXAMPLE, nginx
from tests.faults.witness.journal import witness
from tests.faults.witness.presence import heard_all, seated
from tests.faults.witness.scene import STATIONS, scene
from tests.faults.witness.verdict import done_though_refused, faults, heard
from tests.first_light.api import Api
from tests.first_light.hospital import demo_template, demo_url
from tests.first_light.process import Server, free_port, serving
from tests.subscriptions.event_source import feed, opened

__all__ = ["demo_template", "demo_url"]

SHORT = 6.0
"""nginx's patience with a silent connection, in seconds: a little more than the pings of the live
channel are apart."""
QUIET_FOR = 1.25 * SHORT
SECRET = "Featherstonehaugh"
QUIET = {"proxy_read_timeout 60s;": f"proxy_read_timeout {SHORT:.0f}s;"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def servers(
    demo_url: str, redis_url: str, tmp_path_factory: Any
) -> AsyncIterator[tuple[Server, Server]]:
    """Two on one database, as two containers are."""
    folder, given = (
        tmp_path_factory.mktemp("servers"),
        {"database_url": demo_url, "redis_url": redis_url},
    )
    async with serving(folder, "serve", **given) as one, serving(folder, "serve", **given) as other:
        yield one, other


@pytest.mark.skipif(not LONG, reason="as without a proxy; make faults runs both")
async def test_stations_and_writers_go_through_a_rolling_restart(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    one, other = servers
    async with nginx(tmp_path, one.url, other.url, changes=QUIET) as proxy:
        async with httpx.AsyncClient(base_url=proxy.url, timeout=20) as client:
            found = await scene(client)
        through = Server((), {}, proxy.url, proxy.output, one.process)
        sitting = [found.station(f"{name} {side}", through) for name in STATIONS for side in "ab"]
        writers = found.writers(through, labs=4, vitals=2, beds=1, every=0.1)
        async with witness("stations", tmp_path, "stations", stations=sitting) as stations:
            await stations.until(seated(sitting), "every feed is live")
            began = time.monotonic()

            # Nothing happens but the heartbeat, for longer than nginx waits.
            await stations.until(lambda _: time.monotonic() > began + QUIET_FOR, "time went by")
            assert not [line for line in stations.lines if line.get("what") == "lost"]

            async with witness("writers", tmp_path, "writers", writers=writers) as writing:
                async with visitors(proxy.url) as answers:
                    for server in servers:
                        asked = len(writing.lines)
                        server.process.terminate()
                        await server.process.wait()
                        await server.start_again()
                        await writing.until(
                            lambda lines, asked=asked: len(lines) > asked + 30, "written on"
                        )
                assert Counter(answers).keys() == {200}, Counter(answers)
                written = await writing.finish()
            await heard_all(stations, found.feeds(sitting), written)
            seen = await stations.finish()
        told = heard(seen, found.feeds(sitting))
        wrong = faults(written, told) + done_though_refused(written, told)
        assert not wrong, "\n".join(wrong)
        codes = {line["code"] for line in seen if line.get("what") == "lost"}
        assert codes == {1012}, "the close code of the server comes through"


async def test_an_event_stream_comes_through_as_it_is_sent(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    async with (
        nginx(tmp_path, *(server.url for server in servers), changes=QUIET) as proxy,
        httpx.AsyncClient(base_url=proxy.url, timeout=20) as client,
    ):
        nurse = await Api(client).sign_in("nurse")
        patient = (await nurse.patients("MED1"))[0]["id"]
        async with opened(f"{proxy.url}/graphql", feed(ward="MED1"), token=nurse.token) as stream:
            assert (await stream.feed(20))["live"]
            coming, began = asyncio.create_task(stream.events(1, 60)), time.monotonic()
            # Silent for longer than nginx waits, but for comments.
            while time.monotonic() < began + QUIET_FOR:
                assert not coming.done(), coming
                await asyncio.sleep(0.1)
            assert stream.known.comments
            await nurse.record_pulse(patient, 93)
            (event,) = await coming
            assert event["patient"]["mrn"]


@asynccontextmanager
async def visitors(url: str) -> AsyncIterator[list[int]]:
    """Somebody reads again and again."""
    answers: list[int] = []

    async def come() -> None:
        while True:
            async with httpx.AsyncClient(timeout=20) as client:
                answers.append((await client.get(f"{url}/livez")).status_code)

    coming = [asyncio.create_task(come()) for _ in range(2)]
    try:
        yield answers
        assert [task.exception() for task in coming if task.done()] == []
    finally:
        for task in coming:
            task.cancel()
        await asyncio.gather(*coming, return_exceptions=True)


async def test_the_address_of_the_client_is_its_own(
    servers: tuple[Server, Server], demo_url: str, tmp_path: Path
) -> None:
    transport = httpx.AsyncHTTPTransport(local_address="127.0.0.9")
    async with (
        nginx(tmp_path, *(server.url for server in servers)) as proxy,
        httpx.AsyncClient(
            base_url=proxy.url,
            transport=transport,
            headers={"x-forwarded-for": "203.0.113.7"},
            timeout=20,
        ) as client,
    ):
        await Api(client).sign_in("doctor")
    connection = await asyncpg.connect(demo_url)
    try:
        addresses = {
            str(row["address"])
            for row in await connection.fetch("SELECT address FROM audit_entries")
        }
    finally:
        await connection.close()
    assert "127.0.0.9" in addresses
    assert "203.0.113.7" not in addresses


async def test_no_log_of_nginx_repeats_a_query_string(
    servers: tuple[Server, Server], tmp_path: Path
) -> None:
    asked = {
        "query": "query ($name: String!) { __typename }",
        "variables": json.dumps({"name": SECRET}),
    }
    async with (
        nginx(tmp_path, *(server.url for server in servers)) as proxy,
        httpx.AsyncClient(base_url=proxy.url, timeout=20) as client,
    ):
        assert (await client.get("/graphql", params=asked)).status_code == 200
        await logged(proxy.output, "/graphql", 1)
        assert SECRET not in proxy.wrote
    gone = f"http://127.0.0.1:{free_port()}"
    async with (
        nginx(tmp_path, gone, gone) as proxy,
        httpx.AsyncClient(base_url=proxy.url, timeout=20) as client,
    ):
        assert (await client.get("/graphql", params=asked)).status_code == 502
        await logged(proxy.output, "/graphql", 1)
        assert SECRET not in proxy.wrote


async def logged(path: Path, words: str, times: int) -> None:
    deadline = time.monotonic() + 20
    while path.read_text().count(words) < times:
        assert time.monotonic() < deadline, path.read_text()
        await asyncio.sleep(0.02)


async def test_a_mutation_that_was_begun_is_not_sent_to_another(tmp_path: Path) -> None:
    taken: Counter[bytes] = Counter()

    async def hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            taken[head.split(b" ")[0]] += 1
        writer.close()

    async with (
        await asyncio.start_server(hangs_up, "127.0.0.1", 0) as one,
        await asyncio.start_server(hangs_up, "127.0.0.1", 0) as other,
    ):
        urls = [f"http://127.0.0.1:{each.sockets[0].getsockname()[1]}" for each in (one, other)]
        # One nginx for each, because it knows afterwards that both have failed.
        async with through(tmp_path, urls) as client:
            assert (await client.get("/graphql")).status_code == 502
            assert taken == {b"GET": 2}, "whoever only reads is read for by the other"
        taken.clear()
        async with through(tmp_path, urls) as client:
            answer = await client.post("/graphql", json={"query": "mutation { signOut { ok } }"})
            assert answer.status_code == 502
            assert taken == {b"POST": 1}


@asynccontextmanager
async def through(folder: Path, urls: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    """A client of nginx before these two."""
    async with (
        nginx(folder, *urls) as proxy,
        httpx.AsyncClient(base_url=proxy.url, timeout=20) as client,
    ):
        yield client


class OnceEach(yaml.SafeLoader):
    """YAML as Compose reads it, which takes no key twice."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        assert sorted(names) == sorted(set(names)), f"twice in {node.start_mark}"
        return super().construct_mapping(node, deep)


def test_compose_runs_what_nginx_looks_for() -> None:
    text = (EXAMPLE.parents[1] / "compose.yaml").read_text()
    found = yaml.load(text, OnceEach)["services"]
    proxy = found["proxy"]
    example = EXAMPLE.read_text()
    assert [name for name, one in found.items() if "ports" in one] == ["proxy"]
    assert found["app-1"] == found["app-2"]
    for name in ("app-1", "app-2"):
        assert f"server {name}:8000 " in example
        assert "ports" not in found[name], "nobody comes in beside the proxy"
        assert proxy["depends_on"][name] == {"condition": "service_healthy"}
    (mounted,) = proxy["volumes"]
    assert mounted == "./docs/nginx.conf:/etc/nginx/nginx.conf:ro"
    (published,) = proxy["ports"]
    assert f"listen {published.rpartition(':')[2]};" in example
