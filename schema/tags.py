"""Tags: what stands for the answer to a query about a ward, without reading it."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from importlib.metadata import version

from graphql import OperationType

from resolvers.actors import Actor
from resolvers.policy import Policy
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import roots_of
from resolvers.reading.freshness import Watch, followed, rights_of, state
from resolvers.reading.watching import Watching, wards
from schema.catalogue import CATALOGUE, CORE, SCHEMA_TEXT
from schema.plans import Plans
from schema.queries import Reading


class Tags:
    """Makes the tags of one schema and one release of the code."""

    def __init__(self, pool: Reading, policy: Policy) -> None:
        self._pool = pool
        self._policy = policy
        self._watches: Plans[tuple[Watch | None]] = Plans()

    async def of(self, prepared: Prepared, actor: Actor) -> str | None:
        """The tag of the answer as it would be now: 32 characters of base64url. None where there
        is none for such a query, or for such an actor.

        The answer must be read after it.
        """
        if prepared.kind is not OperationType.QUERY or actor.session_id is None:
            return None
        key = (prepared.name, prepared.shape)
        (watch,) = self._watches.get(prepared.document, key, lambda: (_watch(prepared),))
        if watch is None or not followed(actor.rights):
            return None
        codes = wards(prepared, roots_of(CORE, prepared))
        if codes is None:
            return None
        async with self._pool.acquire() as connection:
            found = await state(
                connection, actor, codes, watch, now=datetime.now(UTC), policy=self._policy
            )
        if found is None:
            return None
        parts = (
            _RELEASE,
            prepared.document.digest,
            prepared.name or "",
            repr(sorted(prepared.variables.coerced.items())),
            rights_of(actor),
            found,
        )
        digest = hashlib.sha256("\0".join(parts).encode()).digest()
        return base64.urlsafe_b64encode(digest[:24]).decode("ascii")


_RELEASE = hashlib.sha256(f"{version('wardline')}\0{SCHEMA_TEXT}".encode()).hexdigest()


def _watch(prepared: Prepared) -> Watch | None:
    roots = roots_of(CORE, prepared)
    if any(one.name.startswith("__") and one.name != "__typename" for one in roots):
        return None
    return Watching(CATALOGUE, prepared).of(roots)
