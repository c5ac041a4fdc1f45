"""The process: its pages, its health, its port, and how it goes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import psutil

from tests.first_light.api import Api
from tests.first_light.process import Server, port_of, serving, spawn
from tests.first_light.station import CRITICAL, station

BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


async def test_it_says_how_it_is(server: Server) -> None:
    async with httpx.AsyncClient(base_url=server.url) as client:
        assert (await client.get("/livez")).status_code == 200
        ready = await client.get("/readyz")
        assert ready.status_code == 200
        found = ready.json()
        assert (found["database"], found["migrations"]) == ("ok", "head")
        assert found["bell"]["state"] == "connected"


async def test_a_browser_gets_the_board_and_graphiql(server: Server, built: Path) -> None:
    async with httpx.AsyncClient(base_url=server.url, headers=BROWSER) as client:
        for path, page in (("/", "index.html"), ("/wards/MED1", "index.html")):
            answer = await client.get(path)
            assert answer.status_code == 200
            assert answer.headers["content-type"].startswith("text/html")
            assert answer.text == (built / page).read_text()
        graphiql = await client.get("/graphql")
        assert graphiql.text == (built / "graphiql.html").read_text()
        assert "://" not in graphiql.headers["content-security-policy"]
        for name in (path.name for path in (built / "assets").iterdir()):
            if name in graphiql.text:
                assert (await client.get(f"/assets/{name}")).status_code == 200


async def test_a_program_gets_answers_at_the_same_address(server: Server, api: Api) -> None:
    nurse = await api.sign_in("nurse")
    async with httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.get(
            "/graphql",
            params={"query": "{ viewer { username } }"},
            headers={"authorization": f"Bearer {nurse.token}", "accept": "application/json"},
        )
        assert answer.json() == {"data": {"viewer": {"username": "nurse"}}}
        nobody = await client.post("/graphql", json={"query": "{ wards { code } }"})
        (error,) = nobody.json()["errors"]
        assert error["extensions"]["code"] == "UNAUTHENTICATED"


async def test_started_twice_the_second_says_why_not(server: Server, tmp_path: Path) -> None:
    settings = dict(server.settings) | {"PORT": port_of(server)}
    output = tmp_path / "output"
    second = await spawn(("serve",), settings, output)
    assert await asyncio.wait_for(second.wait(), 30) != 0
    said = output.read_text()
    assert f"port {port_of(server)} is in use" in said
    assert "Traceback" not in said


async def test_ctrl_c_leaves_no_process_behind(tmp_path: Path) -> None:
    """With servers of its own and a station that listens, as a developer would stop it."""
    async with serving(tmp_path, "dev", "--quiet") as own:
        async with httpx.AsyncClient(base_url=own.url) as client:
            nurse = await Api(client).sign_in("nurse")
        async with station(own.sockets, nurse.token) as board:
            await board.feed(CRITICAL)
            family = own.family()
            assert len(family) > 2, "it started no servers"

            output = tmp_path / "second"
            beside = dict(own.settings) | {"PORT": str(int(port_of(own)) + 20_000)}
            second = await spawn(("serve",), beside, output)
            assert await asyncio.wait_for(second.wait(), 30) != 0
            assert "in use" in output.read_text()

            assert await own.interrupt() == 0
            assert await board.closed() == 1012
        assert [pid for pid in family if psutil.pid_exists(pid)] == []
        assert "Traceback" not in own.said
