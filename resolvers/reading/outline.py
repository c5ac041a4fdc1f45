"""Outline: how large a document is, from its words alone, before it is parsed.

Parsing takes some 4 µs a word and validation more, so a document that is too large is refused on
this look, which takes a tenth of that. What a fragment holds is counted once and multiplied: the
look is linear in the document, whatever comes of it. For a document that can be parsed the numbers
are exact; one that cannot may be counted wrongly, and is refused by the parser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice

from resolvers.reading.limits import Exceeded, Limits
from resolvers.reading.request_errors import RequestError


@dataclass(slots=True)
class Definition:
    """An operation or a fragment: what it holds itself, and the fragments that it spreads."""

    fragment: str | None = None
    fields: int = 0
    """Selections: fields, spreads and inline fragments."""
    depth: int = 0
    """Fields inside each other."""
    roots: int = 0
    """Fields that are inside no other."""
    variables: int = 0
    spreads: list[tuple[str, int]] = field(default_factory=list)
    """Fragments, and inside of how many fields."""


def look_over(text: str, limits: Limits) -> int:
    """Count what can be counted without parsing; Exceeded where it is too much.

    Returns the elements of all list literals.
    """
    if len(text) > limits.characters:
        raise unread("characters", limits.characters, "the document has more characters")
    words = [found[1] for found in islice(_WORD.finditer(text), limits.tokens + 2)]
    while words and not words[-1]:
        words.pop()
    if len(words) > limits.tokens:
        raise unread("tokens", limits.tokens, "the document has more tokens")
    outline = Outline(limits)
    outline.read(words)
    outline.check()
    return outline.elements


_WORD = re.compile(
    r"""(?:[\s,\ufeff]++|\#[^\n\r]*+)*+("""
    r'''"""(?:[^"\\]++|\\"""|\\|"(?!""))*+(?:""")?+'''  # without an end: all the rest
    r"""|"(?:[^"\\\n\r]++|\\[^\n\r])*+"?+"""
    r"""|[_A-Za-z][_0-9A-Za-z]*+|-?[0-9][0-9A-Za-z_.+-]*+|\.\.\."""
    # Something else is one too, and so is the end: where nothing matched, the search would begin
    # again at the next character.
    r"""|.|\Z)""",
    re.DOTALL,
)
_OPENING = frozenset("([{")
_CLOSING = frozenset(")]}")
_NO_VALUE = frozenset("!$&|=@:")
_TYPE = "... on"
"""Stands for both words; the name of a type comes next."""


class Outline:
    """The definitions of a document, one word after the other."""

    def __init__(self, limits: Limits) -> None:
        self.definitions: list[Definition] = []
        self.aliases = 0
        self.directives = 0
        self.elements = 0
        self._limits = limits
        self._current = Definition()
        self._brackets: list[str] = []
        self._counts: list[int] = []
        """How much is directly inside each bracket."""
        self._levels: list[int] = []
        """Inside of how many fields each open selection is."""
        self._parentheses = 0
        self._before = ""
        self._inline = False
        self._names: list[dict[str, int]] = []
        """How often each open selection has had each name."""
        self._comparisons = 0

    def read(self, words: list[str]) -> None:
        """All words of a document."""
        for word in words:
            if word in _OPENING:
                self._open(word)
            elif word in _CLOSING:
                self._close()
            elif word == ":":
                self._colon()
            elif word == "@":
                self.directives += 1
                if self._before == "...":
                    self._inline = True
                    self._current.fields += 1
            elif not self._brackets:
                self._heading(word)
            elif self._brackets[-1] == "{" and not self._parentheses:
                self._selection(word)
                continue
            elif self._brackets[-1] == "[" and word not in _NO_VALUE:
                self._element()
            elif word == "$" and self._brackets == ["("]:
                self._current.variables += 1
            self._before = word

    def _heading(self, word: str) -> None:
        if self._before == "fragment":
            self._current.fragment = word

    def _selection(self, word: str) -> None:
        before, level = self._before, self._levels[-1]
        self._before = word
        if before in ("@", ":"):
            # The name of a directive; the name of a field after its alias, which was counted.
            return
        if before == "...":
            self._current.fields += 1
            if word == "on":
                self._inline, self._before = True, _TYPE
            else:
                self._current.spreads.append((word, level))
                self._repeat("...")
        elif before == _TYPE:
            self._before = ""
        elif word != "...":
            self._current.fields += 1
            self._current.depth = max(self._current.depth, level + 1)
            self._current.roots += level == 0
            self._repeat(word)

    def _repeat(self, name: str) -> None:
        """Fields of one name at one place are compared in pairs, and so are fragments."""
        names = self._names[-1]
        again = names.get(name, 0)
        names[name] = again + 1
        self._comparisons += 2 * again
        if self._comparisons > self._limits.comparisons:
            limit = self._limits.comparisons
            raise Exceeded("comparisons", limit, "fields and fragments need more comparisons")

    def _open(self, bracket: str) -> None:
        if len(self._brackets) == self._limits.nesting:
            raise unread("nesting", self._limits.nesting, "the document is nested more levels")
        if bracket == "{" and not self._parentheses:
            self._open_selection()
        elif self._brackets and self._brackets[-1] == "[":
            self._element()
        self._brackets.append(bracket)
        self._counts.append(0)
        self._parentheses += bracket == "("

    def _open_selection(self) -> None:
        self._names.append({})
        if not self._brackets:
            self.definitions.append(self._current)
            self._levels.append(0)
            return
        bare = self._before == "..."
        self._current.fields += bare
        inline = bare or self._inline
        self._inline = False
        self._levels.append(self._levels[-1] + (not inline) if self._levels else 0)

    def _close(self) -> None:
        if not self._brackets:
            return
        bracket = self._brackets.pop()
        self._counts.pop()
        self._parentheses -= bracket == "("
        if bracket == "{" and not self._parentheses and self._levels:
            self._levels.pop()
            self._names.pop()
        if not self._brackets and bracket == "{":
            self._current = Definition()

    def _colon(self) -> None:
        """What stands before it is an alias, an argument, or the field of an input object."""
        if not self._parentheses:
            self.aliases += 1
        elif self._brackets[-1] == "{":
            self._counts[-1] += 1
            if self._counts[-1] > self._limits.object_fields:
                limit = self._limits.object_fields
                raise Exceeded("object_fields", limit, "an object has more fields")

    def _element(self) -> None:
        self.elements += 1
        self._counts[-1] += 1
        if self._counts[-1] > self._limits.list_elements:
            limit = self._limits.list_elements
            raise Exceeded("list_elements", limit, "a list has more elements")

    # -- all of it ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Exceeded where there is too much of something."""
        limits = self._limits
        fragments = {one.fragment: one for one in self.definitions if one.fragment is not None}
        operations = [one for one in self.definitions if one.fragment is None]
        numbers = {
            "operations": len(operations),
            "fragments": len(self.definitions) - len(operations),
            "aliases": self.aliases,
            "directives": self.directives,
        }
        for name, number in numbers.items():
            if number > getattr(limits, name):
                raise Exceeded(name, getattr(limits, name), f"the document has more {name}")
        whole = Whole(fragments)
        for operation in operations:
            fields, depth, roots, chain = whole.size(operation)
            if operation.variables > limits.variables:
                raise Exceeded("variables", limits.variables, "the operation has more variables")
            if max(depth, chain) > limits.depth:
                raise Exceeded("depth", limits.depth, "the selection is nested more levels")
            if fields > limits.fields:
                raise Exceeded("fields", limits.fields, "the operation selects more fields")
            if roots > limits.roots:
                raise Exceeded("roots", limits.roots, "the operation has more root fields")


NOTHING = (0, 0, 0, 0)


class Whole:
    """The sizes of definitions with every fragment spread out."""

    def __init__(self, fragments: Mapping[str, Definition]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, tuple[int, int, int, int]] = {}
        self._open: set[str] = set()

    def size(self, definition: Definition) -> tuple[int, int, int, int]:
        """Fields, depth, roots, and how many fragments are inside each other.

        RequestError where a fragment is inside itself, in the words of graphql-core.
        """
        fields, depth, roots = definition.fields, definition.depth, definition.roots
        chain = 0
        for name, level in definition.spreads:
            inner = self._sizes.get(name)
            if inner is None:
                if name in self._open:
                    message = f"Cannot spread fragment '{name}' within itself."
                    raise RequestError.of(message, "GRAPHQL_VALIDATION_FAILED")
                self._open.add(name)
                spread = self._fragments.get(name)
                inner = self._sizes[name] = NOTHING if spread is None else self.size(spread)
            fields += inner[0]
            depth = max(depth, level + inner[1])
            roots += inner[2] if level == 0 else 0
            chain = max(chain, inner[3] + 1)
        return fields, depth, roots, chain


def unread(exceeded: str, limit: int, what: str) -> Exceeded:
    """A document that is not even parsed."""
    return Exceeded(exceeded, limit, what, code="GRAPHQL_PARSE_FAILED")
