"""The systems: each is started for one measurement and ended after it, with nothing beside it."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass

import psutil

from bench.peers import packages
from bench.systems import Place, serving

PATH = "/graphql"


@dataclass(frozen=True, slots=True)
class System:
    """A running server. `guards`: it knows users, and reads its events from the database."""

    name: str
    port: int
    process: psutil.Process
    guards: bool = False


Started = AbstractAsyncContextManager[System]


@asynccontextmanager
async def floor(place: Place) -> AsyncIterator[System]:
    """See bench/live/floor.py."""
    async with serving(place, sys.executable, "-m", "bench.live.floor") as (port, process):
        yield System("floor", port, process)


@asynccontextmanager
async def wardline(place: Place) -> AsyncIterator[System]:
    """`wardline serve` as it is installed."""
    async with serving(place, sys.executable, "-m", "app", "serve") as (port, process):
        yield System("wardline", port, process, guards=True)


@asynccontextmanager
async def mercurius(place: Place) -> AsyncIterator[System]:
    """See bench/peers/live.mjs."""
    async with serving(place, *packages.script("live.mjs")) as (port, process):
        yield System("mercurius", port, process)


@asynccontextmanager
async def postgraphile(place: Place) -> AsyncIterator[System]:
    """See bench/peers/livePostgraphile.mjs."""
    async with serving(place, *packages.script("livePostgraphile.mjs")) as (port, process):
        yield System("postgraphile", port, process)


@asynccontextmanager
async def strawberry(place: Place) -> AsyncIterator[System]:
    """Strawberry's own handler as documented, see bench/documented/live.py."""
    async with serving(place, sys.executable, "-m", "bench.documented.live") as (port, process):
        yield System("strawberry", port, process)


SYSTEMS: dict[str, Callable[[Place], Started]] = {
    each.__name__: each for each in (floor, wardline, postgraphile, mercurius, strawberry)
}
