"""The bell by Sentinels and in a cluster: real servers, and one of them killed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import pytest

from models import new_id
from subscriptions.bell import Bell
from tests.subscriptions.redis_servers import PROGRAMS, cluster, cluster_url, until, watched
from tests.subscriptions.test_bell import hearing


def rung(bell: Bell, *heard: list[UUID | None]) -> Callable[[], bool]:
    """Rings again and again, as writers do, until all have heard it: a ring may be lost, between
    two nodes that have just met, or where a loaded machine let a connection go."""
    hospital = new_id()

    def heard_by_all() -> bool:
        bell.ring(hospital)
        return all(hospital in one for one in heard)

    return heard_by_all


@pytest.mark.parametrize("program", PROGRAMS)
async def test_the_bell_follows_the_sentinels_to_another_master(
    program: str, tmp_path: Path
) -> None:
    channel = new_id().hex
    async with (
        watched(program, tmp_path) as (url, master),
        hearing(url, channel) as (here, near),
        hearing(url, channel) as (_, far),
    ):
        await until(lambda: None in near and None in far)
        await until(rung(here, far))
        gaps = near.count(None), far.count(None)
        await master.stop()
        await until(lambda: near.count(None) > gaps[0] and far.count(None) > gaps[1])
        await until(rung(here, far))


@pytest.mark.parametrize("program", PROGRAMS)
async def test_every_node_of_a_cluster_rings_at_all_and_one_may_die(
    program: str, tmp_path: Path
) -> None:
    channel = new_id().hex
    async with cluster(program, tmp_path) as nodes, AsyncExitStack() as stack:
        # Each bell knows one node, so each begins at another one.
        bells = [
            await stack.enter_async_context(hearing(cluster_url(node), channel)) for node in nodes
        ]
        await until(lambda: all(None in heard for _, heard in bells))

        async def ringing() -> None:
            for bell, _ in bells:
                await until(rung(bell, *(heard for _, heard in bells)))

        await ringing()
        assert sum(bell._counters.bell_connections for bell, _ in bells) == 3
        gaps = bells[2][1].count(None)
        await nodes[2].stop()
        await until(lambda: bells[2][1].count(None) > gaps)
        await ringing()
