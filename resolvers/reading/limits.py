"""Limits: how large a request may be. The cheap ones come first, before anything is parsed.

`look_over` counts in the text alone, in time linear in it; resolvers/reading/cost has what follows
from the selections. docs/limits.md lists them all.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The largest numbers that are served; the defaults are the documented ones.

    Each is a setting of the same name (app/settings: `limit_tokens` and so on).
    """

    characters: int = 100_000
    """Of the document."""
    tokens: int = 3_000
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
    """Fields inside each other."""
    fields: int = 2_000
    """Selections of an operation with every fragment spread out."""
    relations: int = 150
    """Tables that an operation enters: each is a join that PostgreSQL plans."""
    cost: int = 100_000
    """Rows and objects that an operation may read; see resolvers/reading/cost."""
    comparisons: int = 8_000
    """What validation may spend on comparing fields of one response key. A board of ours spends
    under 1,000; graphql-core's own 500,000 let a document of 12 kB hold us for two seconds."""

    statement_seconds: float = 10.0
    """Of one statement that reads; PostgreSQL stops it."""
    write_seconds: float = 25.0
    """Of one statement that writes."""
    lock_seconds: float = 5.0
    """That a statement waits for a lock that another transaction holds."""


DEFAULT_LIMITS = Limits()


class Exceeded(Exception):
    """A limit is exceeded; `errors` are ready to be sent: the name of the limit, and its value."""

    def __init__(
        self,
        exceeded: str,
        limit: int,
        what: str,
        *,
        field: str = "query",
        code: str = "BAD_USER_INPUT",
    ) -> None:
        super().__init__(exceeded)
        extensions = {"code": code, "field": field, "limit": str(limit), "exceeded": exceeded}
        self.errors: list[dict[str, Any]] = [
            {"message": f"{what} than {limit:,}", "extensions": extensions}
        ]


def look_over(text: str, limits: Limits) -> int:
    """Count what can be counted without parsing; Exceeded where it is too much.

    Returns the elements of all list literals. Text that is no document may be counted wrongly, but
    never costs more: the parser says what is wrong with it.
    """
    if len(text) > limits.characters:
        raise _unread("characters", limits.characters, "the document has more characters")
    words = [found[1] for found in islice(_TOKEN.finditer(text), limits.tokens + 2)]
    while words and not words[-1]:
        words.pop()
    if len(words) > limits.tokens:
        raise _unread("tokens", limits.tokens, "the document has more tokens")
    return _Glance(limits).over(words)


_TOKEN = re.compile(
    r"""(?:[\s,\ufeff]++|\#[^\n\r]*+)*+("""
    r'''"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:""")?+'''  # without an end: all the rest
    r"""|"(?:[^"\\\n\r]++|\\[^\n\r])*+"?+"""
    r"""|[_A-Za-z][_0-9A-Za-z]*+|-?[0-9][0-9A-Za-z_.+-]*+|\.\.\."""
    # Something else is one too, and so is the end: where nothing matched, the search would begin
    # again at the next character.
    r"""|.|\Z)""",
    re.DOTALL,
)


class _Glance:
    """One look over the words of a document."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._brackets: list[str] = []
        self._counts: list[int] = []
        """How much is directly inside each of the brackets."""
        self._parentheses = 0
        self._aliases = self._directives = self._definitions = self._elements = 0

    def over(self, words: list[str]) -> int:
        """Look; returns the elements of all lists."""
        for word in words:
            if word in _OPENING:
                self._open(word)
            elif word in _CLOSING:
                self._close()
            elif word == ":":
                self._name()
            elif word == "@":
                self._directives += 1
            elif self._brackets and self._brackets[-1] == "[" and word not in _NO_VALUE:
                self._element()
        limits = self._limits
        if self._aliases > limits.aliases:
            raise Exceeded("aliases", limits.aliases, "the document has more aliases")
        if self._directives > limits.directives:
            raise Exceeded("directives", limits.directives, "the document has more directives")
        if self._definitions > limits.operations + limits.fragments:
            raise Exceeded("fragments", limits.fragments, "the document has more fragments")
        return self._elements

    def _open(self, bracket: str) -> None:
        if not self._brackets:
            self._definitions += bracket == "{"
        elif self._brackets[-1] == "[":
            self._element()
        if len(self._brackets) == self._limits.nesting:
            raise _unread("nesting", self._limits.nesting, "the document is nested more levels")
        self._brackets.append(bracket)
        self._counts.append(0)
        self._parentheses += bracket == "("

    def _close(self) -> None:
        if self._brackets:
            self._parentheses -= self._brackets.pop() == "("
            self._counts.pop()

    def _name(self) -> None:
        """What stands before a colon: an alias, an argument, or the field of an object."""
        if not self._parentheses:
            self._aliases += 1
        elif self._brackets[-1] == "{":
            self._counts[-1] += 1
            if self._counts[-1] > self._limits.object_fields:
                limit = self._limits.object_fields
                raise Exceeded("objectFields", limit, "an object has more fields")

    def _element(self) -> None:
        self._elements += 1
        self._counts[-1] += 1
        if self._counts[-1] > self._limits.list_elements:
            limit = self._limits.list_elements
            raise Exceeded("listElements", limit, "a list has more elements")


_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_NO_VALUE = frozenset("!$&|=@:")


def check_definitions(operations: int, fragments: int, variables: int, limits: Limits) -> None:
    """How many of each a document defines, and how many variables one of its operations."""
    if operations > limits.operations:
        raise Exceeded("operations", limits.operations, "the document has more operations")
    if fragments > limits.fragments:
        raise Exceeded("fragments", limits.fragments, "the document has more fragments")
    if variables > limits.variables:
        raise Exceeded("variables", limits.variables, "the operation has more variables")


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
                        "objectFields", limits.object_fields, "an object has more fields"
                    )
                deeper += [value for value in one.values() if type(value) in _NESTED]
                continue
            elements += len(one)
            if len(one) > limits.list_elements:
                raise _too_large("listElements", limits.list_elements, "a list has more elements")
            deeper += [value for value in one if type(value) in _NESTED]
        if values > limits.variables_values:
            raise _too_large(
                "variablesValues", limits.variables_values, "the variables hold more values"
            )
        if not deeper:
            _check_bytes(inputs, limits)
            return elements
        level = deeper
    raise _too_large(
        "variablesNesting", limits.variables_nesting, "the variables are nested more levels"
    )


def _check_bytes(inputs: Mapping[str, Any], limits: Limits) -> None:
    try:
        size = len(orjson.dumps(inputs))
    except TypeError:
        # It did not come as JSON over the network: a caller of ours knows what it does.
        return
    if size > limits.variables_bytes:
        raise _too_large("variablesBytes", limits.variables_bytes, "the variables have more bytes")


def _too_large(exceeded: str, limit: int, what: str) -> Exceeded:
    return Exceeded(exceeded, limit, what, field="variables")


def _unread(exceeded: str, limit: int, what: str) -> Exceeded:
    return Exceeded(exceeded, limit, what, code="GRAPHQL_PARSE_FAILED")
