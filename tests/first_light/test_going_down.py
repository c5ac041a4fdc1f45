"""A process that is told to stop says first what there is to say: SIGTERM, as hosts send it."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import httpx
import websockets

from tests.first_light.api import RECORD, RECORD_VITALS, Api, ago, potassium
from tests.first_light.process import Server, serving
from tests.first_light.station import CRITICAL, station
from tests.patience import PATIENCE, until

NOWHERE = "redis://127.0.0.1:1/0"
"""No bell rings: events are found by the next look at the log, which may come after the signal."""


@asynccontextmanager
async def hospital(folder: Path, database_url: str) -> AsyncIterator[tuple[Server, Api]]:
    async with (
        serving(folder, "serve", database_url=database_url, redis_url=NOWHERE) as server,
        httpx.AsyncClient(base_url=server.url, timeout=20) as client,
    ):
        yield server, Api(client)


async def ended(server: Server) -> int:
    """The exit code, once it is over."""
    return await asyncio.wait_for(server.process.wait(), 20)


async def test_what_was_acknowledged_before_the_signal_is_heard_before_1012(
    tmp_path: Path, demo_url: str
) -> None:
    async with hospital(tmp_path, demo_url) as (server, api):
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patients = [one["id"] for one in await nurse.patients("MED1")]
        async with station(server.sockets, nurse.token) as board:
            feeds = [await board.feed(CRITICAL, ward="MED1"), await board.feed(CRITICAL)]
            alarms = await asyncio.gather(
                *(integrator.raise_alarm(patient) for patient in patients[:8])
            )
            server.process.send_signal(signal.SIGTERM)
            assert await board.closed() == 1012
            for feed in feeds:
                raised = [
                    event["criticalResult"]["id"]
                    for event in feed.drain()
                    if event["kind"] == "RAISED"
                ]
                assert sorted(raised) == sorted(alarms)
                assert len(set(raised)) == len(raised)
        assert await ended(server) == 0
        assert "Traceback" not in server.said


async def test_mutations_in_flight_are_done_and_answered(tmp_path: Path, demo_url: str) -> None:
    """Over HTTP and over a socket; meanwhile nobody else is let in."""
    async with hospital(tmp_path, demo_url) as (server, api):
        nurse, integrator = await api.sign_in("nurse"), await api.sign_in("integrator")
        patient = (await nurse.patients("MED1"))[0]["id"]
        place = urlsplit(server.url)
        owner = await asyncpg.connect(demo_url)
        early = socket.create_connection((place.hostname, place.port))
        async with station(server.sockets, nurse.token) as board:
            async with owner.transaction():
                await owner.execute("LOCK TABLE lab_results, vital_signs IN SHARE MODE")
                given = {"input": {"results": [potassium(patient, "4.1")]}}
                by_http = asyncio.create_task(integrator.run(RECORD, **given))
                vitals = {"patientId": patient, "recordedAt": ago(0), "heartRate": 71}
                by_socket = asyncio.create_task(board.ask(RECORD_VITALS, input=vitals))
                await both_wait(owner)
                server.process.send_signal(signal.SIGTERM)
                await nobody_is_let_in(server)
                early.sendall(upgrade(place.netloc))
                assert not by_http.done()
                assert not by_socket.done()
            (outcome,) = (await by_http)["recordLabResults"]["outcomes"]
            assert outcome["outcome"] == "CREATED"
            recorded = (await by_socket)["data"]["recordVitals"]["vitals"]
            assert recorded["heartRate"] == 71
            assert await board.closed() == 1012
        assert await ended(server) == 0
        assert "Traceback" not in server.said
        refused = await asyncio.to_thread(everything, early)
        assert refused == b"" or b"503 Service Unavailable" in refused or b"\x03\xf4" in refused
        written = await owner.fetchrow(
            "SELECT (SELECT count(*) FROM lab_results WHERE id = $1),"
            " (SELECT count(*) FROM vital_signs WHERE id = $2)",
            outcome["labResult"]["id"].removeprefix("lab_"),
            recorded["id"].removeprefix("vit_"),
        )
        assert tuple(written) == (1, 1)
        await owner.close()


async def both_wait(owner: asyncpg.Connection) -> None:  # type: ignore[type-arg]
    """Two statements of the application wait for the lock."""

    async def wait() -> bool:
        waiting = await owner.fetchval(
            "SELECT count(*) FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
            "WHERE NOT l.granted AND c.relname IN ('lab_results', 'vital_signs')"
        )
        return bool(waiting == 2)

    await until(wait)


async def nobody_is_let_in(server: Server) -> None:
    """Its port is closed to whoever comes now."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with websockets.connect(server.sockets):
                    await asyncio.sleep(0.01)
            except OSError:
                return
            except websockets.WebSocketException:
                await asyncio.sleep(0.01)


def upgrade(host: str) -> bytes:
    head = f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    key = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    return f"{head}{key}Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()


def everything(connection: socket.socket) -> bytes:
    """What the server sent over a connection, to its end."""
    found = b""
    with connection:
        connection.settimeout(PATIENCE)
        try:
            while chunk := connection.recv(65_536):
                found += chunk
        except ConnectionError:
            pass
    return found
