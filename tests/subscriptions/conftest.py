"""A small hospital, an engine that reads it for real, and a real server on a real port.

The engine here compiles only what these tests ask; what matters is that a frame reads the database
with the rights of who gets it, so that a hub which groups wrongly shows it.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import graphql
import pytest
import pytest_asyncio
import uvicorn
import websockets
from sqlalchemy import bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute

import models
from models.events import Event, Feed, VitalsRecorded
from models.rules.roles import Role
from models.rules.scopes import Scope
from resolvers import hospitals, sessions
from resolvers.actors import Actor
from resolvers.database import Connection, Statement, open_pool
from resolvers.policy import DEFAULT_POLICY, Policy
from resolvers.reading import scope as scoping
from resolvers.transaction import transaction
from subscriptions.feeds import FeedEvent, Kind, Operation, Refused
from subscriptions.limits import Limits
from subscriptions.live import Live, live_channel
from subscriptions.protocol import SUBPROTOCOL
from subscriptions.wire import WireProtocol

FAST = Limits(heartbeat=0.6, init_timeout=0.5, send_deadline=1.0, close_deadline=0.3)

ROOTS = {
    "vitalSigns": (Feed.VITAL_SIGNS, Scope.VITALS_READ),
    "bedChanges": (Feed.BED_CHANGES, Scope.WARD_READ),
    "criticalResults": (Feed.CRITICAL_RESULTS, Scope.CRITICAL_RESULT_READ),
}


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
        hospital_id = await hospitals.create_hospital(connection, models.new_id().hex, "General")
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
                | {"given_name": "G", "family_name": "F"},
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


# -- the engine ------------------------------------------------------------------------------------

_PATIENT = models.Patient.__table__.alias("patient")


def _readable(actor: Actor) -> Statement:
    return Statement(
        select(_PATIENT.c.id, _PATIENT.c.mrn).where(
            _PATIENT.c.id == bindparam("ids", type_=ARRAY(Uuid())).any_(),
            scoping.of_hospital(_PATIENT),
            scoping.visible(models.Patient, _PATIENT, actor.rights.reaches(Scope.PATIENT_READ)),
        )
    )


@dataclass
class Plan:
    """The feed of one root field; a frame names the patients that its reader may see."""

    engine: Engine
    feed: Feed
    scope: Scope
    arguments: Mapping[str, Any]
    key: Hashable

    async def frame(
        self,
        connection: Connection | None,
        actor: Actor,
        *,
        cursor: str,
        live: bool,
        resync: bool,
        events: Sequence[FeedEvent],
        actors: Sequence[Actor] = (),
    ) -> bytes:
        names: dict[UUID, str] = {}
        if events:
            assert connection is not None
            self.engine.statements.append((tuple(event.position for event in events), actors))
            statement = _readable(actor)
            values = scoping.binds(actor) | {"ids": [event.patient_id for event in events]}
            rows = await connection.fetch(statement.sql, *statement.bind(values))
            names = {row["id"]: row["mrn"] for row in rows}
            await self.engine.before_sending()
        listed = [
            {
                "cursor": event.cursor,
                "position": event.position,
                "kind": event.kind,
                "mrn": names.get(event.patient_id) if event.patient_id else None,
                "ballast": self.engine.ballast,
            }
            for event in events
        ]
        message = {"cursor": cursor, "live": live, "resync": resync, "events": listed}
        return json.dumps({"data": {"feed": message}}).encode()


@dataclass
class Engine:
    """Parses with graphql-core; knows one mutation, `ring`, and one query, `name`."""

    statements: list[tuple[tuple[int, ...], Sequence[Actor]]] = field(default_factory=list)
    ballast: str = ""
    pause: asyncio.Event | None = None
    mutated: int = 0

    async def before_sending(self) -> None:
        if self.pause is not None:
            await self.pause.wait()

    def _parse(self, request: Operation) -> graphql.OperationDefinitionNode:
        try:
            document = graphql.parse(request.query)
        except graphql.GraphQLSyntaxError as error:
            raise Refused(
                [{"message": error.message, "extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]
            ) from None
        definition = document.definitions[0]
        assert isinstance(definition, graphql.OperationDefinitionNode)
        return definition

    def operation_kind(self, request: Operation) -> Kind:
        return self._parse(request).operation.value

    def subscription(self, request: Operation, actor: Actor) -> Plan:
        root = self._parse(request).selection_set.selections[0]
        assert isinstance(root, graphql.FieldNode)
        feed, scope = ROOTS[root.name.value]
        if not actor.rights.reaches(scope):
            raise Refused([{"message": "no", "extensions": {"code": "FORBIDDEN"}}])
        variables = request.variables or {}
        arguments = {
            argument.name.value: graphql.value_from_ast_untyped(argument.value, variables)
            for argument in root.arguments or ()
        }
        arguments["patient_id"] = arguments.pop("patientId", None)
        rest = tuple(sorted((n, v) for n, v in arguments.items() if n != "after" and v))
        return Plan(self, feed, scope, arguments, (root.name.value, rest, actor.rights))

    async def execute(self, request: Operation, actor: Actor) -> bytes:
        root = self._parse(request).selection_set.selections[0]
        assert isinstance(root, graphql.FieldNode)
        if root.name.value == "fault":
            raise KeyError("Eleanor Rigby")
        if root.name.value == "slow":
            await self.before_sending()
            self.mutated += 1
        return json.dumps({"data": {"name": actor.username}}).encode()


# -- the server ------------------------------------------------------------------------------------


class Quiet(uvicorn.Server):
    """A server inside the test's process leaves the signals to pytest."""

    def capture_signals(self) -> Any:
        return nullcontext()


@dataclass
class Served:
    live: Live
    engine: Engine
    url: str
    server: uvicorn.Server

    def connect(self, **options: Any) -> Any:
        options.setdefault("subprotocols", [SUBPROTOCOL])
        return websockets.connect(self.url, open_timeout=5, close_timeout=1, **options)

    @asynccontextmanager
    async def station(self, token: str, **options: Any) -> AsyncIterator[Station]:
        """A socket that has been let in."""
        async with self.connect(**options) as connection:
            station = Station(connection)
            await station.init(token)
            yield station


class Station:
    """A client that remembers what it was sent."""

    def __init__(self, connection: Any) -> None:
        self.connection = connection

    async def send(self, **message: Any) -> None:
        await self.connection.send(json.dumps(message))

    async def init(self, token: str) -> None:
        payload = {"authorization": f"Bearer {token}"}
        await self.send(type="connection_init", payload=payload)
        assert await self.receive() == {"type": "connection_ack"}

    async def subscribe(
        self, id: str = "1", *, field: str = "vitalSigns", **arguments: str | None
    ) -> None:
        given = ", ".join(f"{n}: {json.dumps(v)}" for n, v in arguments.items() if v is not None)
        call = f"{field}({given})" if given else field
        await self.run(f"subscription {{ {call} {{ cursor }} }}", id)

    async def run(self, query: str, id: str = "1") -> None:
        await self.send(type="subscribe", id=id, payload={"query": query})

    async def receive(self, seconds: float = 5.0) -> Any:
        async with asyncio.timeout(seconds):
            return json.loads(await self.connection.recv())

    async def feed(self, id: str = "1", seconds: float = 5.0) -> Any:
        """The next message of a feed."""
        message = await self.receive(seconds)
        assert message["type"] == "next", message
        assert message["id"] == id
        return message["payload"]["data"]["feed"]

    async def events(self, count: int, id: str = "1", seconds: float = 10.0) -> list[Any]:
        """So many events, however they are spread over messages."""
        found: list[Any] = []
        while len(found) < count:
            found += (await self.feed(id, seconds))["events"]
        return found

    async def closed(self, seconds: float = 5.0) -> int:
        """The code with which the server closes; what comes before is dropped."""
        async with asyncio.timeout(seconds):
            try:
                while True:
                    await self.connection.recv()
            except websockets.ConnectionClosed:
                return int(self.connection.close_code)


Serve = Callable[..., AbstractAsyncContextManager[Served]]


@pytest.fixture
def serve(pool: asyncpg.Pool[Any], database_url: str, redis_url: str) -> Serve:
    """A server process's worth of live channel; called twice it is two processes' worth."""

    @asynccontextmanager
    async def serving(
        *, limits: Limits = FAST, redis: str = redis_url, policy: Policy = DEFAULT_POLICY
    ) -> AsyncIterator[Served]:
        own = await open_pool(database_url, min_size=1, max_size=6)

        async def authenticate(token: str, address: str | None) -> Actor | None:
            async with own.acquire() as connection:
                return await sessions.actor_of(
                    connection, token, address=address, now=datetime.now(UTC), policy=policy
                )

        engine = Engine()
        name = f"test:{database_url.rpartition('/')[2]}"
        try:
            async with live_channel(
                own, redis, engine, authenticate, limits=limits, policy=policy, channel=name
            ) as live:
                app = Starlette(routes=[WebSocketRoute("/graphql", live.sockets)])
                async with listening(app) as (server, port):
                    yield Served(live, engine, f"ws://127.0.0.1:{port}/graphql", server)
        finally:
            await own.close()

    return serving


@asynccontextmanager
async def listening(app: Any) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    listener = sockets.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        ws=WireProtocol,
        lifespan="off",
        log_level=logging.ERROR,
        ws_max_size=65_536,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )
    server = Quiet(config)
    running = asyncio.create_task(server.serve([listener]))
    try:
        async with asyncio.timeout(5):
            while not server.started:
                await asyncio.sleep(0.01)
        yield server, listener.getsockname()[1]
    finally:
        server.should_exit = True
        await running


@pytest.fixture
def heartbeats() -> Limits:
    return FAST


@pytest.fixture
def quiet() -> Limits:
    """No heartbeats between the messages that a test counts."""
    return replace(FAST, heartbeat=60.0)
