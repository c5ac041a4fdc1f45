"""Prepared statements of a connection: kept as long as they are not too many, nor too long.

PostgreSQL keeps the plan of each in every connection, 80 to 90 bytes a character of its text, and
whoever may send a document decides how many different texts there are, and how long. asyncpg bounds
their number alone.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any, TypeAlias

import asyncpg

if TYPE_CHECKING:
    _Connection: TypeAlias = asyncpg.Connection[Any]

    class _StatementCache:
        """What is used here of asyncpg's, which is not in the stubs."""

        _entries: OrderedDict[tuple[str, Any, bool], Any]
        _max_size: int

        def _maybe_cleanup(self) -> None: ...
else:
    # Generic in the stubs alone.
    from asyncpg import Connection as _Connection
    from asyncpg.connection import _StatementCache

MOST_CHARACTERS = 1_000_000
"""Of all texts together that a connection keeps: about 90 MB of PostgreSQL's memory at most. A ward
board has some 7,000."""


class _Bounded(_StatementCache):
    """asyncpg's own, by length as well. What is added up here changes on a miss alone."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        characters, kept = 0, 0
        for query, *_ in reversed(self._entries):
            characters += len(query)
            if characters > MOST_CHARACTERS:
                break
            kept += 1
        most = self._max_size
        # The newest is kept whatever its length: it is about to be run.
        self._max_size = min(most, max(kept, 1))
        super()._maybe_cleanup()
        self._max_size = most


class BoundedConnection(_Connection):
    """A connection that forgets the statements it has not run for longest (connection_class)."""

    __slots__ = ()

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._stmt_cache.__class__ = _Bounded  # type: ignore[attr-defined]  # not in the stubs
