"""Metrics: `/metrics` in the text format of Prometheus, for the operator.

What it tells is of this process alone, and is only numbers: no label is about a user, a patient, a
ward or a document. See docs/decisions/0015.
"""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

import asyncpg
from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from app.budget import RedisBudget
from app.http_counters import HttpCounters
from app.settings import Settings
from resolvers import audit, critical_results
from resolvers.faults import TRANSIENT
from resolvers.lanes import Lanes
from subscriptions.counters import BOUNDS, Durations
from subscriptions.live import Live

DEADLINE = 1.0
"""Seconds that a scrape waits for the database; what it would have told is left out then."""
FORWARDED = ("x-forwarded-for", "x-real-ip", "forwarded", "via")


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool, and the lanes that keep some of its connections at hand."""

    pool: asyncpg.Pool[Any]
    lanes: Lanes | None = None

    def idle(self) -> int:
        """Connections that nobody uses."""
        return self.pool.get_idle_size() + (0 if self.lanes is None else self.lanes.idle)


class Metrics:
    """The numbers of one process, and who may see them."""

    def __init__(
        self,
        settings: Settings,
        live: Live,
        http: HttpCounters,
        budget: RedisBudget,
        pools: Mapping[str, Pool],
        *,
        worker: int | None = None,
    ) -> None:
        self._settings = settings
        self._pool = pools["reading"].pool
        self._parts = _Parts(live, http, budget, pools)
        self._labels = {} if worker is None else {"worker": str(worker)}

    async def answer(self, request: Request) -> Response:
        """What Prometheus reads. Raises HTTPException for whoever may not."""
        self._admit(request)
        held = await self._held(datetime.now(UTC))
        registry = CollectorRegistry()
        ProcessCollector(registry=registry)
        registry.register(_Reading(self._parts, held))
        encode, kind = choose_encoder(request.headers.get("accept", ""))
        body = encode(_Labelled(registry, self._labels) if self._labels else registry)
        # The next scrape may then meet another worker, who listens on the same port.
        headers = {"cache-control": "no-store", "connection": "close", "content-type": kind}
        return Response(body, headers=headers)

    def _admit(self, request: Request) -> None:
        if not self._settings.metrics:
            raise HTTPException(404)
        token = self._settings.metrics_token
        if token is not None:
            given = request.headers.get("authorization", "").encode()
            wanted = f"Bearer {token.get_secret_value()}".encode()
            if not hmac.compare_digest(given, wanted):
                raise HTTPException(401, headers={"www-authenticate": "Bearer"})
        elif not _from_here(request):
            raise HTTPException(403)

    async def _held(self, now: datetime) -> _Held | None:
        """What the database tells, of all processes; None: not known."""
        try:
            async with asyncio.timeout(DEADLINE), self._pool.acquire() as connection:
                since = await audit.unsealed_since(connection)
                alerts = await critical_results.standing(connection)
        except (*TRANSIENT, asyncpg.PostgresError):
            return None
        return _Held(
            unsealed=_age(since, now),
            open=alerts.open,
            escalated=alerts.escalated,
            unacknowledged=_age(alerts.oldest, now),
            overdue=_age(alerts.due, now),
        )


async def metrics(request: Request) -> Response:
    """The numbers of this process."""
    answer: Response = await request.app.state.metrics.answer(request)
    return answer


def _from_here(request: Request) -> bool:
    """Whether it is asked on this machine, and not through a proxy that runs on it."""
    if request.client is None or any(name in request.headers for name in FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:
        return False


def _age(since: datetime | None, now: datetime) -> float:
    """Seconds since a time; 0 where it is still to come, or there is none."""
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Held:
    """What is counted in the database. Ages in seconds."""

    unsealed: float
    open: int
    escalated: int
    unacknowledged: float
    overdue: float


@dataclass(frozen=True, slots=True)
class _Parts:
    live: Live
    http: HttpCounters
    budget: RedisBudget
    pools: Mapping[str, Pool]


class _Labelled(Collector):
    """A registry whose samples say which worker they are of."""

    def __init__(self, registry: CollectorRegistry, labels: Mapping[str, str]) -> None:
        self._registry = registry
        self._labels = labels

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            metric.samples = [
                sample._replace(labels={**sample.labels, **self._labels})
                for sample in metric.samples
            ]
            yield metric


class _Reading(Collector):
    """One look at everything that is counted. `held` is None where it is not known."""

    def __init__(self, parts: _Parts, held: _Held | None) -> None:
        self._parts = parts
        self._held = held

    def collect(self) -> Iterator[Metric]:
        yield from self._bell()
        yield from self._log()
        yield from self._sending()
        yield from self._sockets()
        yield from self._requests()
        yield from self._database()
        if self._held is not None:
            yield from self._alerts(self._held)

    def _bell(self) -> Iterator[Metric]:
        state, counters = self._parts.live.bell.state, self._parts.live.counters
        down = 0.0 if state.down_since is None else state.down_since.timestamp()
        yield _gauge("bell_connected", "Whether Redis tells of new events.", int(state.connected))
        yield _gauge(
            "bell_down_since_seconds", "Unix time since when it does not; 0 while it does.", down
        )
        yield _counter(
            "bell_connections", "Subscriptions that Redis confirmed.", counters.bell_connections
        )
        yield _counter(
            "bell_failures", "Connections lost, and tries that failed.", counters.bell_failures
        )
        yield _counter("bell_gaps", "Times that rings may have been missed.", counters.bell_gaps)
        yield _counters(
            "bell_rings",
            "Rings, by what became of them.",
            "result",
            {
                "sent": counters.bell_rings_sent,
                "lost": counters.bell_rings_lost,
                "heard": counters.bell_rings_heard,
            },
        )
        yield _gauge(
            "budget_alone",
            "Whether this process counts budgets without the others, for Redis is away.",
            int(self._parts.budget.away),
        )

    def _log(self) -> Iterator[Metric]:
        counters = self._parts.live.counters
        wakes = {"bell": counters.wakes_by_bell, "poll": counters.wakes_by_poll}
        yield _counters("log_wakes", "Reads of the log, by what gave rise to them.", "by", wakes)
        yield _counter(
            "log_read_failures", "Reads of the log that failed.", counters.log_read_failures
        )
        yield _counter("log_entries", "Entries of the log taken in.", counters.log_entries)
        yield _counter("log_restarts", "Logs that did not continue.", counters.restarts)

    def _sending(self) -> Iterator[Metric]:
        counters = self._parts.live.counters
        yield _histogram(
            "fan_out_seconds",
            "From the wake that found events to the last socket that was handed them.",
            counters.fan_out,
        )
        yield _counter("frames", "Frames made; each goes to all of a group.", counters.frames)
        yield _counter("deliveries", "Frames handed to a socket.", counters.deliveries)
        yield _counter("heartbeats", "Deliveries that say it is quiet.", counters.heartbeats)
        yield _counters(
            "live_statements",
            "Statements of the live channel.",
            "purpose",
            {
                "log": counters.log_reads,
                "frame": counters.frame_statements,
                "standing": counters.standing_statements,
                "audit": counters.audit_statements,
                "other": counters.other_statements,
            },
        )
        yield _counters(
            "resumes",
            "Stretches of the past given: made, or those made for another a moment ago.",
            "source",
            {"memory": counters.resumes_from_memory, "database": counters.resumes_from_database},
        )
        yield _counter("resyncs", "Subscribers told to read afresh.", counters.resyncs)

    def _sockets(self) -> Iterator[Metric]:
        live, counters = self._parts.live, self._parts.live.counters
        yield _gauges(
            "connections",
            "Connections of the live channel that are open.",
            ("transport",),
            {("websocket",): len(live.sockets), ("sse",): len(live.streams)},
        )
        subscriptions = sum(1 for _ in live.hub.subscribers())
        yield _gauge("subscriptions", "Subscriptions that are open.", subscriptions)
        yield _gauge("groups", "Groups of them that get the same bytes.", live.hub.groups())
        yield _counters(
            "connections_opened", "Connections taken.", "transport", dict(counters.opened)
        )
        yield _counters(
            "connections_closed",
            "Connections that ended, by close code.",
            "code",
            {str(code): count for code, count in counters.closed.items()},
        )
        yield _counters(
            "connections_cut",
            "Those of them that were closed because the client did not keep up.",
            "reason",
            {
                "queue": counters.queue_overflows,
                "send": counters.send_timeouts,
                "ping": counters.unanswered_pings,
            },
        )
        yield _counters(
            "live_refused",
            "Connections, messages and operations that a limit refused.",
            "limit",
            dict(counters.refused),
        )

    def _requests(self) -> Iterator[Metric]:
        http = self._parts.http
        yield _counters(
            "http_responses",
            "Answers, by class of status.",
            "status",
            {f"{digit}xx": count for digit, count in http.answered.items()},
        )
        yield _histogram(
            "http_response_seconds", "From a request to the head of its answer.", http.durations
        )

    def _database(self) -> Iterator[Metric]:
        used: dict[tuple[str, ...], float] = {}
        most: dict[tuple[str, ...], float] = {}
        for name, one in self._parts.pools.items():
            idle = one.idle()
            used[name, "idle"] = idle
            used[name, "used"] = max(0, one.pool.get_size() - idle)
            most[(name,)] = one.pool.get_max_size()
        about = "Connections to PostgreSQL, by pool."
        yield _gauges("database_connections", about, ("pool", "state"), used)
        yield _gauges("database_connections_max", "At most so many of each.", ("pool",), most)
        if self._held is not None:
            yield _gauge(
                "audit_unsealed_seconds",
                "Age of the oldest entry of the audit that has no seal; 0: all have.",
                self._held.unsealed,
            )

    def _alerts(self, held: _Held) -> Iterator[Metric]:
        yield _gauge(
            "critical_results_open", "Critical results nobody has acknowledged.", held.open
        )
        yield _gauge(
            "critical_results_escalated",
            "Those of them for which more than the first of the chain were called.",
            held.escalated,
        )
        yield _gauge(
            "critical_results_unacknowledged_seconds",
            "Age of the oldest of them; 0: there is none.",
            held.unacknowledged,
        )
        yield _gauge(
            "critical_results_overdue_seconds",
            "How late the clock is with its next step; 0: it is in time.",
            held.overdue,
        )


def _gauge(name: str, about: str, value: float) -> Metric:
    return GaugeMetricFamily(f"wardline_{name}", about, value)


def _counter(name: str, about: str, value: float) -> Metric:
    return CounterMetricFamily(f"wardline_{name}", about, value)


def _gauges(
    name: str, about: str, labels: tuple[str, ...], values: Mapping[tuple[str, ...], float]
) -> Metric:
    family = GaugeMetricFamily(f"wardline_{name}", about, labels=labels)
    for which, value in values.items():
        family.add_metric(which, value)
    return family


def _counters(name: str, about: str, label: str, values: Mapping[str, float]) -> Metric:
    family = CounterMetricFamily(f"wardline_{name}", about, labels=(label,))
    for which, value in values.items():
        family.add_metric((which,), value)
    return family


def _histogram(name: str, about: str, durations: Durations) -> Metric:
    bounds: Iterable[str] = (*map(str, BOUNDS), "+Inf")
    buckets = list(zip(bounds, map(float, accumulate(durations.counts)), strict=True))
    return HistogramMetricFamily(f"wardline_{name}", about, buckets, durations.total)
