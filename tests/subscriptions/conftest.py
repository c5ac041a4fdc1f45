"""A small hospital, the real engine, and a real server on a real port."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import pytest_asyncio
import uvicorn
import websockets
from starlette.routing import WebSocketRoute

import models
from app.application import Application
from app.graphql_http import GraphQLEndpoint
from app.http_protocol import HttpProtocol
from app.persisted_documents import PersistedDocuments
from app.settings import load_settings
from models.events import Event, VitalsRecorded
from models.rules.roles import Role
from resolvers import hospitals, sessions
from resolvers.actors import Actor
from resolvers.database import open_pool
from resolvers.known_actors import KnownActors
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.transaction import transaction
from subscriptions.limits import Limits
from subscriptions.live import Live, live_channel
from subscriptions.presence import Presence
from subscriptions.protocol import SUBPROTOCOL
from subscriptions.redis_address import RedisAddress
from subscriptions.wire import WireProtocol
from tests.patience import PATIENCE, until
from tests.subscriptions.station import Station
from tests.subscriptions.watched_engine import WatchedEngine

QUIET = Limits(heartbeat=60.0, init_timeout=30.0, send_deadline=1.0, close_deadline=0.3)
"""No heartbeats between the messages that a test counts, and time for a busy machine."""


# -- the hospital ----------------------------------------------------------------------------------


@dataclass
class Hospital:
    """Two wards with a patient in a bed each; `write` leaves an event about a ward's patient."""

    pool: asyncpg.Pool[Any]
    id: UUID
    wards: dict[str, UUID]
    patients: dict[str, UUID]
    beds: dict[str, UUID]

    async def write(self, ward: str = "MED1", times: int = 1) -> None:
        async with transaction(self.pool, self.id, datetime.now(UTC)) as tx:
            for _ in range(times):
                tx.record(self.event(ward))

    def event(self, ward: str = "MED1") -> Event:
        return VitalsRecorded(
            subject_id=models.new_id(), ward_id=self.wards[ward], patient_id=self.patients[ward]
        )

    async def sign_in(self, *roles: Role, wards: Sequence[str] = ()) -> str:
        """The token of a new user's session."""
        user, token, now = models.new_id(), models.new_id().hex, datetime.now(UTC)
        async with transaction(self.pool, self.id, now) as tx:
            await tx.insert(
                models.User,
                {
                    "id": user,
                    "hospital_id": self.id,
                    "username": user.hex,
                    "display_name": "Somebody",
                    "password_hash": "",
                },
            )
            for role in roles:
                await tx.insert(models.RoleMembership, {"user_id": user, "role": role.value})
            for ward in wards:
                row = {"user_id": user, "ward_id": self.wards[ward]}
                await tx.insert(models.WardMembership, row)
            await tx.insert(
                models.Session,
                {
                    "id": models.new_id(),
                    "hospital_id": self.id,
                    "user_id": user,
                    "token_hash": hashlib.sha256(token.encode()).digest(),
                    "created_at": now,
                    "last_seen_at": now,
                    "expires_at": now + timedelta(hours=1),
                },
            )
        return token

    async def actor(self, token: str) -> Actor:
        async with self.pool.acquire() as connection:
            found = await sessions.actor_of(
                connection, token, address=None, now=datetime.now(UTC), policy=DEFAULT_POLICY
            )
        assert found is not None
        return found

    async def sign_out(self, token: str) -> None:
        actor = await self.actor(token)
        async with transaction(self.pool, self.id, datetime.now(UTC)) as tx:
            await sessions.sign_out(tx, actor)


async def furnish(pool: asyncpg.Pool[Any]) -> Hospital:
    now = datetime.now(UTC)
    async with pool.acquire() as connection, connection.transaction():
        hospital_id = await hospitals.create_hospital(
            connection, models.new_id().hex, "General", now=datetime.now(UTC)
        )
        found = Hospital(pool, hospital_id, {}, {}, {})
        for code in ("MED1", "SURG1"):
            ward = await hospitals.create_ward(connection, hospital_id, code, code)
            found.wards[code] = ward
            found.beds[code] = await hospitals.create_bed(connection, hospital_id, ward, "1")
    async with transaction(pool, hospital_id, now) as tx:
        for code, ward in found.wards.items():
            patient, admission = models.new_id(), models.new_id()
            found.patients[code] = patient
            own = {"hospital_id": hospital_id}
            await tx.insert(
                models.Patient,
                own
                | {"id": patient, "mrn": f"MRN-{code}", "sex": "FEMALE"}
                | {"given_name": "G", "family_name": "F", "address": "x" * 2_000},
            )
            await tx.insert(
                models.Admission,
                own
                | {"id": admission, "patient_id": patient, "status": "IN_PROGRESS"}
                | {"admitted_at": now},
            )
            await tx.insert(
                models.BedStay,
                own
                | {"id": models.new_id(), "admission_id": admission, "patient_id": patient}
                | {"ward_id": ward, "bed_id": found.beds[code], "started_at": now},
            )
    # So that a test counts the positions of its own events.
    await pool.execute("DELETE FROM events WHERE hospital_id = $1", hospital_id)
    await pool.execute("UPDATE event_counters SET position = 0 WHERE hospital_id = $1", hospital_id)
    return found


@pytest_asyncio.fixture(loop_scope="session")
async def hospital(pool: asyncpg.Pool[Any]) -> Hospital:
    return await furnish(pool)


@pytest.fixture
def nurse(hospital: Hospital) -> Callable[[], Awaitable[str]]:
    """Sign a nurse of MED1 in."""

    async def sign_in() -> str:
        return await hospital.sign_in(Role.NURSE, wards=["MED1"])

    return sign_in


# -- the server ------------------------------------------------------------------------------------


class Quiet(uvicorn.Server):
    """A server inside the test's process leaves the signals to pytest."""

    def capture_signals(self) -> Any:
        return nullcontext()


@dataclass
class Served:
    live: Live
    engine: WatchedEngine
    url: str
    server: uvicorn.Server

    @property
    def http(self) -> str:
        """The same address for HTTP."""
        return self.url.replace("ws://", "http://")

    def connect(self, **options: Any) -> Any:
        options.setdefault("subprotocols", [SUBPROTOCOL])
        return websockets.connect(self.url, open_timeout=PATIENCE, close_timeout=1, **options)

    @asynccontextmanager
    async def station(self, token: str, **options: Any) -> AsyncIterator[Station]:
        """A socket that has been let in."""
        async with self.connect(**options) as connection:
            station = Station(connection)
            await station.init(token)
            yield station


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(pool: asyncpg.Pool[Any], database_url: str, redis_url: str) -> Serve:
    """A server process's worth of live channel; called twice it is two processes' worth."""

    @asynccontextmanager
    async def serving(
        *, limits: Limits = QUIET, redis: str = redis_url, policy: Policy = DEFAULT_POLICY
    ) -> AsyncIterator[Served]:
        own = await open_pool(database_url, min_size=1, max_size=6)

        def ring(hospital_id: UUID) -> None:
            live.bell.ring(hospital_id)

        name = f"test:{database_url.rpartition('/')[2]}"
        presence = Presence(RedisAddress.parse(redis), limits, name=name)
        engine = WatchedEngine(own, policy, ring, presence)
        known = KnownActors(own, policy)
        documents = PersistedDocuments({}, only=False, check=engine.check, registry=None, most=0)
        graphql = GraphQLEndpoint(load_settings(database_url=database_url, redis_url=redis))
        try:
            async with live_channel(
                own, redis, engine, presence=presence, limits=limits, policy=policy, channel=name
            ) as live:
                graphql.open(engine, known.of_token, documents, live.streams)
                sockets = [WebSocketRoute("/graphql", live.sockets)]
                app = Application(sockets, direct={"/graphql": graphql})
                async with listening(app) as (server, port):
                    yield Served(live, engine, f"ws://127.0.0.1:{port}/graphql", server)
        finally:
            await own.close()

    return serving


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        http=HttpProtocol,
        ws=WireProtocol,
        lifespan="off",
        log_level=logging.ERROR,
        log_config=None,
        ws_max_size=65_536,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )
    server = Quiet(config)
    running = asyncio.create_task(server.serve([listener]))
    try:
        await until(lambda: server.started)
        yield server, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def quiet() -> Limits:
    """What is served with, for tests that change some of it."""
    return QUIET
