"""Presence: who listens where, in all processes together.

Each process writes who listens at it into Redis, ids alone, under a key that expires unless it is
renewed, so that a process which is killed is forgotten with it; and remembers what all of them
wrote a moment ago. So no event waits for Redis, and no request but the first that asks of a
hospital. While Redis is away it is not known who listens elsewhere, and nothing is said rather than
half of it. See docs/decisions/0018.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import orjson

import models
from models.events import Feed
from resolvers.critical_result_listeners import Listener
from resolvers.faults import report
from subscriptions.limits import DEFAULT_LIMITS, Limits
from subscriptions.redis_address import REDIS_ERRORS, RedisAddress
from subscriptions.subscriber import Subscriber

NAME = "wardline:presence"
ASKED_FOR = 60.0
"""Seconds for which a hospital that nobody listens in is looked at, after somebody asked for it."""


@dataclass(frozen=True, slots=True)
class _Known:
    rows: bytes
    listeners: tuple[Listener, ...]
    at: float


class Presence:
    """One a process. `run` tells and looks, again and again; `stations` is asked by the engine."""

    def __init__(
        self,
        address: RedisAddress,
        limits: Limits = DEFAULT_LIMITS,
        *,
        name: str = NAME,
    ) -> None:
        self._client = address.client(timeout=limits.presence_deadline)
        self._subscribers: Callable[[], Iterable[Subscriber]] = tuple
        self._limits = limits
        self._name = name
        self._process = models.new_id().hex
        self._known: dict[UUID, _Known] = {}
        self._asked: dict[UUID, float] = {}
        self._told: set[UUID] = set()
        self._looking = asyncio.Lock()

    async def stations(self, hospital_id: UUID) -> bytes | None:
        """The stations of a hospital, the oldest first: JSON rows of index, ward_id, user_id and
        since. None while it is not known."""
        self._asked[hospital_id] = asyncio.get_running_loop().time()
        found = self._fresh(hospital_id)
        if found is None and hospital_id not in self._known:
            # Nobody has asked for it lately. Who asks next does not wait, whatever Redis does.
            await self._try()
            self._known.setdefault(hospital_id, _Known(b"", (), float("-inf")))
            found = self._fresh(hospital_id)
        return None if found is None else found.rows

    async def listeners(self, hospital_id: UUID) -> tuple[Listener, ...] | None:
        """Those of the stations that have an open feed of critical results, which other feeds say
        nothing of. None while it is not known.

        Looked for now: whoever has just come to this process is among them, and whoever came to
        another at most a second later than it told.
        """
        self._asked[hospital_id] = asyncio.get_running_loop().time()
        await self._try()
        found = self._fresh(hospital_id)
        return None if found is None else found.listeners

    async def run(self, subscribers: Callable[[], Iterable[Subscriber]]) -> None:
        """Tell of these and look until cancelled, whatever Redis does."""
        self._subscribers = subscribers
        while True:
            await self._try()
            await asyncio.sleep(self._limits.presence)

    async def close(self) -> None:
        """Take back what this process has told."""
        with suppress(*REDIS_ERRORS):
            async with asyncio.timeout(self._limits.presence_deadline):
                for hospital_id in self._told:
                    await self._client.delete(self._key(hospital_id, self._process))
        with suppress(*REDIS_ERRORS):
            await self._client.aclose()

    def _fresh(self, hospital_id: UUID) -> _Known | None:
        known = self._known.get(hospital_id)
        now = asyncio.get_running_loop().time()
        if known is None or known.at < now - self._limits.presence_known:
            return None
        return known

    async def _try(self) -> None:
        try:
            await self._look()
        except REDIS_ERRORS:
            pass  # Then it is not known.
        except Exception as error:  # noqa: BLE001 (no answer and no frame fails for this)
            report(error)

    async def _look(self) -> None:
        async with asyncio.timeout(self._limits.presence_deadline), self._looking:
            now = asyncio.get_running_loop().time()
            own = stations_of(self._subscribers())
            self._asked = {
                key: asked for key, asked in self._asked.items() if asked > now - ASKED_FOR
            }
            for hospital_id in self._known.keys() - own.keys() - self._asked.keys():
                del self._known[hospital_id]
            for hospital_id in own.keys() | self._asked.keys() | self._told:
                rows = await self._exchange(hospital_id, own.get(hospital_id, []))
                told = [{"index": index, **row} for index, row in enumerate(_once(rows))]
                self._known[hospital_id] = _Known(orjson.dumps(told), _listeners(rows), now)

    async def _exchange(self, hospital_id: UUID, own: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Tell what is here, and read what is everywhere: two round trips."""
        every = self._key(hospital_id, "processes")
        mine = self._key(hospital_id, self._process)
        lasts = round(self._limits.presence_expires * 1000)
        async with self._client.pipeline(transaction=False) as pipeline:
            if own:
                self._told.add(hospital_id)
                pipeline.set(mine, orjson.dumps(own), px=lasts)
                pipeline.sadd(every, self._process)
                pipeline.pexpire(every, 10 * lasts)
            else:
                self._told.discard(hospital_id)
                pipeline.delete(mine)
                pipeline.srem(every, self._process)
            pipeline.smembers(every)
            *_, members = await pipeline.execute()
        names = sorted({member.decode(errors="replace") for member in members} - {self._process})
        told = await self._client.mget([self._key(hospital_id, name) for name in names] or [mine])
        gone = [name for name, rows in zip(names, told, strict=False) if rows is None]
        if gone:
            await self._client.srem(every, *gone)
        rows = own + [row for text in told if names and text is not None for row in _read(text)]
        rows.sort(key=lambda row: (row["since"], row["user_id"]))
        return rows

    def _key(self, hospital_id: UUID, what: str) -> str:
        # One slot of a cluster for all of a hospital.
        return f"{self._name}:{{{hospital_id}}}:{what}"


def stations_of(subscribers: Iterable[Subscriber]) -> dict[UUID, list[dict[str, Any]]]:
    """The stations among some subscribers, by hospital: each session once at each ward that it
    hears, since the first of its feeds there. `ward_id` is None for one that hears every ward;
    `critical`: one of the feeds is of critical results."""
    since: dict[tuple[UUID, UUID | None, UUID, UUID | None], datetime] = {}
    critical: set[tuple[UUID, UUID | None, UUID, UUID | None]] = set()
    for one in subscribers:
        actor = one.actor
        if one.group is None or one.place.nowhere or actor.user_id is None:
            continue
        for ward_id in _wards(one):
            key = (actor.hospital_id, actor.session_id, actor.user_id, ward_id)
            since[key] = min(since.get(key, one.since), one.since)
            if one.group.audience.feed is Feed.CRITICAL_RESULTS:
                critical.add(key)
    found: dict[UUID, list[dict[str, Any]]] = {}
    for key, began in since.items():
        hospital_id, session_id, user_id, ward_id = key
        row = {
            "ward_id": None if ward_id is None else str(ward_id),
            "user_id": str(user_id),
            "session_id": None if session_id is None else str(session_id),
            "since": began.isoformat(),
            "critical": key in critical,
        }
        found.setdefault(hospital_id, []).append(row)
    return found


def _wards(one: Subscriber) -> tuple[UUID | None, ...]:
    assert one.group is not None
    heard = one.group.audience
    if one.place.ward_id is None:
        return (None,) if heard.everywhere else tuple(sorted(heard.ward_ids))
    # Anybody may name a ward: who does not hear it must not seem to be there.
    hears = heard.everywhere or one.place.ward_id in heard.ward_ids
    return (one.place.ward_id,) if hears else ()


def _once(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each session once at a ward, the oldest of its rows: it may have feeds at several processes,
    and one of all wards beside one of a ward. What is left names no session."""
    everywhere = {row["session_id"] for row in rows if row["ward_id"] is None}
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for number, row in enumerate(rows):
        session_id = row["session_id"] or number
        if row["ward_id"] is not None and session_id in everywhere:
            continue
        found.setdefault(
            (session_id, row["user_id"], row["ward_id"]),
            {key: value for key, value in row.items() if key not in ("session_id", "critical")},
        )
    return list(found.values())


def _listeners(rows: Iterable[dict[str, Any]]) -> tuple[Listener, ...]:
    """Who hears critical results, and on which ward."""
    return tuple(
        Listener(None if row["ward_id"] is None else UUID(row["ward_id"]), UUID(row["user_id"]))
        for row in rows
        if row["critical"]
    )


def _read(text: bytes | str) -> list[dict[str, Any]]:
    """What another process told; nothing where it is not what this release tells, for it becomes a
    part of answers and of frames."""
    try:
        return [
            {
                "ward_id": None if row["ward_id"] is None else str(UUID(row["ward_id"])),
                "user_id": str(UUID(row["user_id"])),
                "session_id": None if row["session_id"] is None else str(UUID(row["session_id"])),
                "since": datetime.fromisoformat(row["since"]).astimezone(UTC).isoformat(),
                # A release before tells nothing of it: it is not counted on then.
                "critical": row.get("critical") is True,
            }
            for row in orjson.loads(text)
        ]
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError):
        return []
