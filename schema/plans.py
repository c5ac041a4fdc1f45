"""Plans: made once for a document, the rights of an actor, and what variables change about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from resolvers.errors import BadInput

KEPT = 2_000

Made = TypeVar("Made")


class Plans(Generic[Made]):
    """The bounded cache of what was planned."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._plans: OrderedDict[Hashable, Made] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under the key, or else made for it; BadInput where it is too deep to be."""
        plan = self._plans.get(key)
        if plan is not None:
            self._plans.move_to_end(key)
            return plan
        try:
            plan = self._plans[key] = make()
        except RecursionError:
            raise BadInput("the selection is too large to be planned", field="query") from None
        if len(self._plans) > self._kept:
            self._plans.popitem(last=False)
        return plan
