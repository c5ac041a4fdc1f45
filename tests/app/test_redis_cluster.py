"""What is kept in Redis, kept in a cluster: budgets and registered queries, and a node killed."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from redis.asyncio import Redis, RedisCluster

from app.budget import RedisBudget
from app.registered_queries import RegisteredQueries
from models.rules.roles import Role
from models.rules.scopes import rights
from resolvers.actors import Actor
from tests.subscriptions.redis_servers import (
    HOST,
    PASSWORD,
    PROGRAMS,
    RedisServer,
    cluster,
    cluster_url,
    until,
)

LIMIT = 1_000
USERS = 30
"""Enough that each of three nodes keeps some."""


def budget(url: str) -> RedisBudget:
    return RedisBudget(url, per_minute=LIMIT, strangers_per_minute=LIMIT, settle_every=0.02)


def known(one: RedisBudget, user: UUID) -> int:
    """What the process has heard that all have spent."""
    return one._purses[user].known


async def keepers(nodes: list[RedisServer], users: list[UUID]) -> dict[UUID, int]:
    """The port of the node that keeps each user's budget."""
    client = RedisCluster(host=HOST, port=nodes[0].port, password=PASSWORD)
    async with client as asked:
        found = {user: asked.get_node_from_key(f"wardline:budget:{{{user}}}") for user in users}
    return {user: int(node.port) for user, node in found.items() if node is not None}


@pytest.mark.parametrize("program", PROGRAMS)
async def test_budgets_are_counted_together_in_a_cluster(program: str, tmp_path: Path) -> None:
    """Also with a node gone: nobody pays twice, and who is kept at the others is counted on."""
    users = [uuid4() for _ in range(USERS)]
    async with cluster(program, tmp_path) as nodes:
        url = cluster_url(*nodes)
        async with budget(url) as here, budget(url) as there:
            for user in users:
                here.spend(user, 5)
            await until(lambda: all(known(here, user) == 5 for user in users))
            for user in users:
                there.spend(user, 7)
            await until(lambda: all(known(there, user) == 12 for user in users))

            kept = await keepers(nodes, users)
            assert set(kept.values()) == {node.port for node in nodes}
            await nodes[2].stop()
            elsewhere = [user for user in users if kept[user] != nodes[2].port]
            for user in users:
                here.spend(user, 3)
            await until(lambda: all(known(here, user) == 15 for user in elsewhere))
            await until(lambda: here.away)
            # While the node is away the others are told again and again, and only what is new.
            for _ in range(5):
                await here.settle()
            for user in elsewhere:
                async with Redis(host=HOST, port=kept[user], password=PASSWORD) as client:
                    assert int(await client.get(f"wardline:budget:{{{user}}}") or 0) == 15
            for user in set(users) - set(elsewhere):
                assert here.spend(user, 1) is not None, "counted by this process alone"


@pytest.mark.parametrize("program", PROGRAMS)
async def test_queries_are_registered_in_a_cluster(program: str, tmp_path: Path) -> None:
    roles = frozenset({Role.NURSE})
    actor = Actor(uuid4(), uuid4(), uuid4(), "nurse", roles, rights(roles))
    async with cluster(program, tmp_path) as nodes:
        one = RegisteredQueries(cluster_url(*nodes), kept=timedelta(hours=1))
        other = RegisteredQueries(cluster_url(nodes[1]), kept=timedelta(hours=1))
        for number in range(9):  # over all nodes
            text = f"{{ a{number}: viewer {{ id }} }}"
            digest = hashlib.sha256(text.encode()).hexdigest()

            # The first command of a cluster's client finds the nodes out, which may take too long
            # on a loaded machine; then it is as with a Redis that is away, and the client returns.
            async def found(digest: str = digest, text: str = text) -> bool:
                await one.keep(digest, text, actor)
                one._held.clear()
                return await other.find(digest) == text

            await until(found)
        await one.aclose()
        await other.aclose()
