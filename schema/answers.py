"""Answers: what goes out, as bytes: data, errors, and what it cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import asyncpg

from resolvers import sessions
from resolvers.budgets import Balance
from resolvers.errors import Refusal, TimedOut
from resolvers.reading.limits import Limits
from resolvers.reading.statements import encoded

STOPPED = (asyncpg.QueryCanceledError, asyncpg.LockNotAvailableError)
"""A statement was stopped by statement_timeout, or by lock_timeout."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes out. `refused` says that nothing was executed (the request itself was at fault).

    `session` is the session that a signIn opened, for the cookie; `signed_out` that one ended.
    `retry_after` is for who has spent its budget: the seconds until there is more.
    """

    body: bytes
    refused: str | None = None
    session: sessions.SignedIn | None = None
    signed_out: bool = False
    retry_after: int | None = None


def refused(errors: list[dict[str, Any]]) -> Answer:
    """The answer to a request that cannot be executed; its code is that of the first error."""
    return Answer(encoded({"errors": errors}), refused=errors[0]["extensions"]["code"])


def error_of(refusal: Refusal, path: list[str]) -> dict[str, Any]:
    """A refusal as it is answered; without a path it is the whole request's."""
    answer = {"message": refusal.message, "extensions": refusal.extensions}
    return {**answer, "path": path} if path else answer


def body_of(data: bytes | None, errors: Sequence[dict[str, Any]]) -> bytes:
    """The body of what was executed."""
    body = b'{"data":' + (data if data is not None else b"null")
    return body + (b',"errors":' + encoded(list(errors)) if errors else b"") + b"}"


def with_cost(answer: Answer, cost: int, limits: Limits, balance: Balance | None) -> Answer:
    """The answer that tells what it cost, in `extensions.cost`."""
    told: dict[str, Any] = {"requested": cost, "limit": limits.cost}
    if balance is not None:
        told["budget"] = balance.limit
        told["remaining"] = balance.remaining
        told["resetSeconds"] = balance.reset_seconds
    extensions = b',"extensions":' + encoded({"cost": told}) + b"}"
    return replace(answer, body=answer.body[:-1] + extensions)


def stopped(error: Exception, limits: Limits, *, writing: bool) -> TimedOut:
    """What is told of a statement that the database stopped."""
    if isinstance(error, asyncpg.LockNotAvailableError):
        return TimedOut(
            "another change held what this one needs for too long: try again",
            seconds=limits.lock_seconds,
        )
    return TimedOut(
        "the database took too long and was stopped: ask for less, or try again",
        seconds=limits.write_seconds if writing else limits.statement_seconds,
    )
