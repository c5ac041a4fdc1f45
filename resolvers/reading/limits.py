"""Limits: how large a request may be; docs/limits.md lists them all.

resolvers/reading/outline looks at the document, resolvers/reading/cost at what it asks for. What is
cheap to refuse comes first.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from resolvers.reading.request_errors import RequestError


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest numbers that are served; the defaults are the documented ones.

    Each is a setting of the same name (app/settings: `limit_tokens` and so on).
    """

    characters: int = 50_000
    """Of the document."""
    tokens: int = 2_500
    """Of the document: names, numbers, strings, punctuation."""
    nesting: int = 60
    """Braces, brackets and parentheses inside each other."""
    operations: int = 20
    """In one document; each is validated through all of its fragments."""
    fragments: int = 100
    """In one document."""
    directives: int = 200
    """In one document."""
    aliases: int = 300
    """In one document."""
    list_elements: int = 2_000
    """Of one list, in the document or in the variables."""
    object_fields: int = 100
    """Of one input object, in the document or in the variables."""

    variables: int = 100
    """Declared by an operation, or sent."""
    variables_bytes: int = 2 * 1024 * 1024
    """Of all variables, as JSON."""
    variables_nesting: int = 12
    """Lists and objects inside each other."""
    variables_values: int = 60_000
    """Values in all variables: those in lists and objects, and the lists and objects."""

    roots: int = 50
    """Root fields of an operation."""
    depth: int = 20
    """Fields inside each other, and fragments inside each other."""
    fields: int = 2_000
    """Selections of an operation with every fragment spread out."""
    relations: int = 150
    """Tables that an operation enters: each is a join that PostgreSQL plans."""
    cost: int = 100_000
    """Rows and objects that an operation may read; see resolvers/reading/cost."""
    comparisons: int = 5_000
    """What validation may spend on comparing fields of one response key, and fragments spread at
    one place, in pairs. A board of ours spends under 1,000; graphql-core's own 500,000 let a
    document of 12 kB hold us for two seconds."""

    statement_seconds: float = 10.0
    """Of one statement that reads; PostgreSQL stops it."""
    write_seconds: float = 25.0
    """Of one statement that writes."""
    lock_seconds: float = 5.0
    """That a statement waits for a lock that another transaction holds."""


DEFAULT_LIMITS = Limits()


class Exceeded(RequestError):
    """A limit is exceeded; the error tells the name of the limit, and its value."""

    def __init__(
        self,
        exceeded: str,
        limit: int,
        what: str,
        *,
        field: str = "query",
        code: str = "BAD_USER_INPUT",
    ) -> None:
        extensions = {"code": code, "field": field, "limit": str(limit), "exceeded": exceeded}
        super().__init__([{"message": f"{what} than {limit:,}", "extensions": extensions}])


def check_variables(inputs: Mapping[str, Any], limits: Limits) -> int:
    """Whether the variables, as they were sent, are few and small; the elements of all their lists.

    Exceeded where they are not.
    """
    if not inputs:
        return 0
    if len(inputs) > limits.variables:
        raise _too_large("variables", limits.variables, "there are more variables")
    for value in inputs.values():
        if type(value) in _NESTED:
            return _inside(inputs, limits)
    _check_bytes(inputs, limits)
    return 0


_NESTED = (list, dict)


def _inside(inputs: Mapping[str, Any], limits: Limits) -> int:
    elements, values = 0, 0
    level: list[Any] = [value for value in inputs.values() if type(value) in _NESTED]
    for _ in range(limits.variables_nesting):
        deeper: list[Any] = []
        for one in level:
            values += len(one)
            if type(one) is dict:
                if len(one) > limits.object_fields:
                    raise _too_large(
                        "object_fields", limits.object_fields, "an object has more fields"
                    )
                deeper += [value for value in one.values() if type(value) in _NESTED]
                continue
            elements += len(one)
            if len(one) > limits.list_elements:
                raise _too_large("list_elements", limits.list_elements, "a list has more elements")
            deeper += [value for value in one if type(value) in _NESTED]
        if values > limits.variables_values:
            raise _too_large(
                "variables_values", limits.variables_values, "the variables hold more values"
            )
        if not deeper:
            _check_bytes(inputs, limits)
            return elements
        level = deeper
    raise _too_large(
        "variables_nesting", limits.variables_nesting, "the variables are nested more levels"
    )


def _check_bytes(inputs: Mapping[str, Any], limits: Limits) -> None:
    try:
        size = len(orjson.dumps(inputs))
    except TypeError:
        # It did not come as JSON over the network: a caller of ours knows what it does.
        return
    if size > limits.variables_bytes:
        raise _too_large("variables_bytes", limits.variables_bytes, "the variables have more bytes")


def _too_large(exceeded: str, limit: int, what: str) -> Exceeded:
    return Exceeded(exceeded, limit, what, field="variables")
