"""The application: everything named and wired in one place."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from starlette.applications import Starlette
from starlette.routing import Route, WebSocketRoute

from app import demo, health, jobs, metrics, pages, reports
from app.application import Application
from app.budget import RedisBudget
from app.graphql_http import GraphQLEndpoint
from app.persisted_documents import PersistedDocuments, trusted_documents
from app.pools import open_pools
from app.registered_queries import RegisteredQueries
from app.settings import Settings, limits_of
from app.socket_limits import socket_limits_of
from resolvers import faults, passwords
from resolvers.known_actors import KnownActors
from resolvers.lanes import Lanes
from resolvers.policy import Policy
from resolvers.reading.documents import Documents
from schema.catalogue import CORE
from schema.execution import Engine
from subscriptions.live import Live, live_channel
from subscriptions.presence import Presence
from subscriptions.redis_address import RedisAddress


class LiveRoute:
    """The WebSocket route, which is there before the live channel is."""

    def __init__(self) -> None:
        self.live: Live | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Hand the socket to the live channel."""
        assert self.live is not None
        await self.live.sockets(scope, receive, send)


def create(settings: Settings, *, worker: int | None = None) -> Starlette:
    """The ASGI application. Its lifespan opens the pools and runs the live channel and the clocks.

    `settings` must name a database and a Redis (the command line starts the embedded ones);
    `worker` is the number of this process where there are several. Raises SettingsError where a
    document of the manifest is not valid.
    """
    assert settings.database_url is not None
    assert settings.redis_url is not None
    database_url = settings.database_url.get_secret_value()
    redis_url = settings.redis_url.get_secret_value()
    policy, limits = policy_of(settings), limits_of(settings)
    sockets = LiveRoute()
    graphql = GraphQLEndpoint(settings)
    trusted = trusted_documents(settings.trusted_documents, Documents(CORE, limits=limits).read)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        passwords.limit(settings.password_hashes_at_once)
        kept = timedelta(hours=settings.persisted_query_hours)
        async with (
            open_pools(database_url, settings, limits) as pools,
            aclosing(Lanes(pools.reading)) as lanes,
            aclosing(Lanes(pools.recording, left=0)) as recorders,
            aclosing(RegisteredQueries(redis_url, kept=kept)) as registered,
            RedisBudget(
                redis_url,
                per_minute=settings.budget_per_minute,
                strangers_per_minute=settings.stranger_budget_per_minute,
            ) as budget,
        ):

            def ring(hospital_id: UUID) -> None:
                live.bell.ring(hospital_id)

            known = KnownActors(pools.reading, policy)
            presence = Presence(RedisAddress.parse(redis_url))
            engine = Engine(
                pools.writing,
                lanes,
                policy,
                ring,
                limits=limits,
                budget=budget,
                renew=known.renewed,
                recording=recorders,
                presence=presence,
            )
            documents = PersistedDocuments(
                trusted,
                only=settings.trusted_documents_only,
                check=engine.check,
                registry=registered if settings.persisted_queries else None,
                most=settings.persisted_query_bytes,
            )
            async with live_channel(
                pools.listening,
                redis_url,
                engine,
                policy=policy,
                limits=replace(
                    socket_limits_of(settings), send_deadline=settings.send_deadline_seconds
                ),
                allowed_origins=settings.allowed_origins,
                find_document=documents,
                presence=presence,
            ) as live:
                sockets.live = live
                graphql.open(engine, known.of_token, documents, live.streams)
                app.state.reports = reports.Reports(settings, engine, known.of_token)
                app.state.health = health.Health(pools.reading, live.bell)
                app.state.metrics = metrics.Metrics(
                    settings,
                    live,
                    application.counters,
                    budget,
                    {
                        "writing": metrics.Pool(pools.writing),
                        "recording": metrics.Pool(pools.recording, recorders),
                        "reading": metrics.Pool(pools.reading, lanes),
                        "listening": metrics.Pool(pools.listening),
                    },
                    worker=worker,
                )
                due = jobs.run(pools.writing, policy, ring, presence.listeners)
                clocks = [asyncio.create_task(due, name="clock")]
                if settings.simulator:
                    simulator = demo.Simulator(pools.writing, ring, policy=policy)
                    clocks.append(asyncio.create_task(simulator.run(), name="simulator"))
                for clock in clocks:
                    clock.add_done_callback(_ended)
                _settle()
                try:
                    yield
                finally:
                    for clock in clocks:
                        clock.cancel()
                    await asyncio.gather(*clocks, return_exceptions=True)

    application = Application(
        routes=[
            WebSocketRoute("/graphql", sockets),
            Route("/livez", health.livez),
            Route("/readyz", health.readyz),
            Route("/metrics", metrics.metrics),
            *reports.routes(),
            *pages.routes(),
        ],
        direct={"/graphql": graphql},
        lifespan=lifespan,
    )
    return application


def _settle() -> None:
    """What is there once the app runs stays: the garbage collector need not look at it again, in
    the middle of somebody's board."""
    gc.collect()
    gc.freeze()


def _ended(clock: asyncio.Task[None]) -> None:
    """A clock runs for as long as the app does: one that stopped by itself is told of."""
    if not clock.cancelled() and (error := clock.exception()) is not None:
        faults.report(error)


def policy_of(settings: Settings) -> Policy:
    """The numbers that resolvers are given."""
    return Policy(
        session_idle=timedelta(minutes=settings.session_idle_minutes),
        session_lifetime=timedelta(hours=settings.session_hours),
        stale_result_after=timedelta(hours=settings.stale_result_hours),
        sign_in_window=timedelta(seconds=settings.sign_in_window_seconds),
        sign_in_attempts_per_account=settings.sign_in_account_attempts,
        sign_in_attempts_per_address=settings.sign_in_address_attempts,
        emergency_access_lasts=timedelta(hours=settings.emergency_access_hours),
        emergency_access_attempts=settings.emergency_access_attempts,
        arrival_attempts=settings.arrival_attempts,
        care_team_tail=timedelta(hours=settings.care_team_tail_hours),
        cancel_stay_within=timedelta(hours=settings.cancel_stay_hours),
        events_kept=timedelta(hours=settings.events_kept_hours),
    )
