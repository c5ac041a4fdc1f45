"""Redis addresses: REDIS_URL as one server, the master that Sentinels name, or a cluster.

    redis://user:password@host:6379/0
    redis+sentinel://user:password@host1:26379,host2:26379/mymaster/0
    redis+cluster://user:password@host1:6379,host2:6379

`rediss` in place of `redis` is TLS. User and password are those of the Redis servers; Sentinels
that want some are told ?sentinel_username=…&sentinel_password=…. Whoever wants a client makes it
here, so that every one of them has ends to its waits and none has retries of redis-py's own, which
hide that a connection was lost and double the wait.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from redis.asyncio import Redis, RedisCluster, Sentinel
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import SentinelConnectionPool
from redis.backoff import NoBackoff
from redis.exceptions import RedisClusterException, RedisError

REDIS_ERRORS = (
    RedisError,
    RedisClusterException,  # which is no RedisError
    OSError,
    TimeoutError,
    asyncio.IncompleteReadError,
)
"""What a Redis that is away, frozen, full, or of another password raises."""

Kind = Literal["server", "sentinel", "cluster"]
Host = tuple[str, int]
RedisClient = Redis | RedisCluster

SCHEMES: Mapping[str, tuple[Kind, bool]] = {
    "redis": ("server", False),
    "rediss": ("server", True),
    "redis+sentinel": ("sentinel", False),
    "rediss+sentinel": ("sentinel", True),
    "redis+cluster": ("cluster", False),
    "rediss+cluster": ("cluster", True),
}
TLS_OPTIONS = frozenset({"ssl_ca_certs", "ssl_certfile", "ssl_keyfile", "ssl_check_hostname"})
SENTINEL_OPTIONS = frozenset({"sentinel_username", "sentinel_password"})


@dataclass(frozen=True, slots=True)
class RedisAddress:
    """Where Redis is. `options` and `to_sentinels` are keyword arguments of redis-py's clients;
    what they hold is in no repr."""

    kind: Kind
    hosts: tuple[Host, ...] = field(repr=False)
    master: str | None = field(default=None, repr=False)
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    to_sentinels: Mapping[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def parse(cls, url: str) -> RedisAddress:
        """The address in a URL. Raises ValueError, whose text repeats nothing of the URL."""
        scheme, _, rest = url.partition("://")
        if scheme not in SCHEMES:
            raise ValueError(
                "must be a URL that starts with redis://, rediss://, redis+sentinel:// or"
                " redis+cluster://"
            )
        kind, tls = SCHEMES[scheme]
        if "#" in rest:
            raise ValueError("holds a #; in a password it is written %23")
        try:
            parts = urlsplit(f"redis://{rest}")
        except ValueError:  # brackets that hold no address
            raise _no_host() from None
        credentials, _, hosts = parts.netloc.rpartition("@")
        options: dict[str, Any] = _credentials(credentials)
        to_sentinels: dict[str, Any] = {}
        if tls:
            options["ssl"] = to_sentinels["ssl"] = True
        for name, value in _query(parts.query, kind, tls=tls).items():
            if name in SENTINEL_OPTIONS:
                to_sentinels[name.removeprefix("sentinel_")] = value
            else:
                options[name] = value
                if name != "db":
                    to_sentinels[name] = value
        path = [unquote(part) for part in parts.path.strip("/").split("/") if part]
        master = None
        if kind == "sentinel":
            if not path:
                raise ValueError("names no master: redis+sentinel://host:26379/mymaster")
            master = path.pop(0)
        if path:
            options["db"] = _database("/".join(path))
        if kind == "cluster" and options.pop("db", 0):
            raise ValueError("names a database, and a cluster has none but 0")
        return cls(kind, _hosts(hosts, kind), master, options, to_sentinels)

    def client(
        self, *, timeout: float, decode: bool = False, connections: int | None = None
    ) -> RedisClient:
        """A client for commands on keys. Connects at the first command.

        `timeout`: seconds that a connection, or an answer, is waited for; a command that has first
        to find out where to go may take some of them, so callers set a limit of their own as well.
        `connections`: at most so many; of a cluster, to each node.
        """
        if self.kind == "cluster":
            return RedisCluster(
                startup_nodes=[ClusterNode(host, port) for host, port in self.hosts],
                # A cluster that lost some of its slots serves the others.
                require_full_coverage=False,
                **self._given(timeout, decode, 16 if connections is None else connections),
            )
        return self.server(self.hosts[0], timeout=timeout, decode=decode, connections=connections)

    def server(
        self, host: Host, *, timeout: float, decode: bool = False, connections: int | None = None
    ) -> Redis:
        """The same for one server: that of the host, or the master that the Sentinels name."""
        given = {**self._given(timeout, decode, connections), "retry_on_error": []}
        if self.kind != "sentinel":
            return Redis(host=host[0], port=host[1], **given)
        sentinels = Sentinel(  # type: ignore[no-untyped-call]
            # In any order: the first may be one that does not answer.
            random.sample(self.hosts, len(self.hosts)),
            sentinel_kwargs={
                # Two of them may be silent before the third is asked.
                **_patience(timeout / 3),
                "retry_on_error": [],
                **self.to_sentinels,
            },
        )
        pool = _MasterPool(self.master, sentinels, **given)  # type: ignore[no-untyped-call]
        return Redis.from_pool(pool)

    def _given(self, timeout: float, decode: bool, connections: int | None) -> dict[str, Any]:
        given = {**self.options, **_patience(timeout), "decode_responses": decode}
        if connections is not None:
            given["max_connections"] = connections
        return given


class Doors:
    """The servers at which one may publish and subscribe, one after the other.

    In a cluster every node passes on to all what is published at one, so any node that lives will
    do; those that a node knows of are added to those of the address. Elsewhere there is one.
    """

    def __init__(self, address: RedisAddress) -> None:
        self._address = address
        self._hosts = random.sample(address.hosts, len(address.hosts))

    def next(self, *, timeout: float) -> Redis:
        """A client of the next server; texts are decoded."""
        self._hosts.append(self._hosts.pop(0))
        return self._address.server(self._hosts[-1], timeout=timeout, decode=True)

    async def learn(self, client: Redis) -> None:
        """Ask a node for the others. Raises REDIS_ERRORS."""
        if self._address.kind != "cluster":
            return
        # [first slot, last slot, [host, port, id, …] of the primary, those of its replicas …]
        slots = await client.execute_command("CLUSTER", "SLOTS")  # type: ignore[no-untyped-call]
        found = {
            (host, int(port))
            for _, _, *nodes in slots
            for host, port, *_ in nodes
            if host and host != "?"  # a node may not know its own
        }
        known = {host for host in self._hosts if host in found or host in self._address.hosts}
        self._hosts = [host for host in self._hosts if host in known]
        self._hosts[:0] = random.sample(sorted(found - known), len(found - known))


class _MasterPool(SentinelConnectionPool):
    """Closes what it asks the Sentinels with, too: redis-py leaves that to whoever made them."""

    async def aclose(self) -> None:
        try:
            await super().aclose()
        finally:
            await self.sentinel_manager.aclose()


def _patience(timeout: float) -> dict[str, Any]:
    return {
        "socket_connect_timeout": timeout,
        "socket_timeout": timeout,
        "retry": Retry(NoBackoff(), 0),
        "health_check_interval": 0,
    }


def _credentials(text: str) -> dict[str, Any]:
    user, _, password = text.partition(":")
    given = {"username": unquote(user), "password": unquote(password)}
    return {name: value for name, value in given.items() if value}


def _query(text: str, kind: Kind, *, tls: bool) -> dict[str, Any]:
    allowed = {"db"} | TLS_OPTIONS | (SENTINEL_OPTIONS if kind == "sentinel" else frozenset())
    found: dict[str, Any] = dict(parse_qsl(text, keep_blank_values=True))
    if not allowed.issuperset(found):
        raise ValueError(f"has an option that is none of {', '.join(sorted(allowed))}")
    if not tls and not TLS_OPTIONS.isdisjoint(found):
        raise ValueError("has options of TLS without TLS, which rediss in place of redis is")
    if "db" in found:
        found["db"] = _database(found["db"])
    if "ssl_check_hostname" in found:
        said = found["ssl_check_hostname"].lower()
        if said not in ("true", "false"):
            raise ValueError("says of ssl_check_hostname neither true nor false")
        found["ssl_check_hostname"] = said == "true"
    return found


def _database(text: str) -> int:
    if not (text.isascii() and text.isdigit()):
        raise ValueError("ends with something that is no number of a database")
    return int(text)


def _hosts(text: str, kind: Kind) -> tuple[Host, ...]:
    default = 26379 if kind == "sentinel" else 6379
    hosts = tuple(_host(one, default) for one in text.split(","))
    if kind == "server" and len(hosts) > 1:
        raise ValueError(
            "names several hosts, which redis+sentinel:// and redis+cluster:// alone may"
        )
    return hosts


def _host(text: str, default: int) -> Host:
    host, colon, port = text.rpartition(":")
    if not colon or text.endswith("]"):
        host, port = text, str(default)
    host = unquote(host.removeprefix("[").removesuffix("]"))
    if not host:
        raise _no_host()
    if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
        raise ValueError("names a port that is no number from 1 to 65535")
    return host, int(port)


def _no_host() -> ValueError:
    return ValueError("names no host where one must be: redis://host:6379/0")
