"""Budgets: what an account may spend on operations in a minute; app/budget.py keeps them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

Account = UUID | str
"""Who pays: the id of a user, or the address of somebody who is not signed in."""


@dataclass(frozen=True, slots=True)
class Balance:
    """What is left of `limit`, and in how many seconds there is all of it again."""

    limit: int
    remaining: int
    reset_seconds: int


class Budget(Protocol):
    """Units are those of resolvers/reading/cost. No method waits for anything."""

    def check(self, account: Account, /) -> None:
        """BudgetExhausted where nothing is left, before any work is done for the account."""

    def spend(self, account: Account, cost: int, /) -> Balance | None:
        """Pay; BudgetExhausted, and nothing is paid, where less is left. None: no limit is set."""

    def note(self, account: Account, cost: int, /) -> None:
        """Pay for work that is done already, whatever is left."""


class Unlimited:
    """The budget of who has none."""

    def check(self, _account: Account, /) -> None:
        """Nothing to check."""

    def spend(self, _account: Account, _cost: int, /) -> Balance | None:
        """Nothing to pay."""
        return None

    def note(self, _account: Account, _cost: int, /) -> None:
        """Nothing to pay."""
