"""Plans: made once for a document, the rights of an actor, and what variables change about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from resolvers.errors import BadInput
from resolvers.reading.documents import Document

KEPT = 2_000
MOST_BYTES = 64 * 1024 * 1024
"""Of memory, about, that the plans of one cache take: whoever may send a document decides how many
there are, and how large."""
OF_DOCUMENT = 80
"""Bytes that a character of a document takes, parsed."""
OF_STATEMENT = 16
"""Bytes that a character of a plan's SQL takes, with all that binds its values."""

Made = TypeVar("Made")


class Plans(Generic[Made]):
    """The bounded cache of what was planned; `statement` is the SQL of one."""

    def __init__(
        self,
        statement: Callable[[Made], str] = lambda _: "",
        *,
        kept: int = KEPT,
        most_bytes: int = MOST_BYTES,
    ) -> None:
        self._statement = statement
        self._kept = kept
        self._most_bytes = most_bytes
        self._plans: OrderedDict[Hashable, Made] = OrderedDict()
        self._sizes: dict[Hashable, int] = {}
        self._bytes = 0

    def get(self, document: Document, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under the document and the key, or else made for them; BadInput where it is
        too deep to be."""
        key = (document, key)
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        try:
            plan = self._plans[key] = make()
        except RecursionError:
            raise BadInput("the selection is too large to be planned", field="query") from None
        # A plan keeps its document, also when that is read no more.
        size = OF_DOCUMENT * document.characters + OF_STATEMENT * len(self._statement(plan))
        self._sizes[key] = size
        self._bytes += size
        while len(self._plans) > self._kept or self._bytes > self._most_bytes:
            oldest, _ = self._plans.popitem(last=False)
            self._bytes -= self._sizes.pop(oldest)
        return plan
