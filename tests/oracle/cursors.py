"""Cursors: pages by keyset, where a cursor is whatever text the engine gave for a row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.relations import descends, sort_key
from tests.oracle.rows import Row

Keys = tuple[Any, ...]
MARK = "cursor::"


class Cursors:
    """Which row each cursor of the engine stands at.

    The oracle writes a mark where a cursor belongs; `learn` binds the text that the engine wrote
    there to the mark's row, and the text may then be sent back.
    """

    def __init__(self, known: Mapping[str, tuple[str, Keys]] | None = None) -> None:
        self._marks: list[tuple[str, Keys]] = []
        self._known = dict(known or {})

    def copy(self) -> Cursors:
        """Another that knows the same."""
        return Cursors(self._known)

    def mark(self, type_: str, keys: Keys) -> str:
        """What stands in an expected answer for the cursor of a row."""
        self._marks.append((type_, keys))
        return f"{MARK}{len(self._marks) - 1}"

    def learn(self, text: str, mark: str) -> bool:
        """Bind a cursor of the engine to the row of a mark; False where it was another row's."""
        meant = self._marks[int(mark.removeprefix(MARK))]
        return self._known.setdefault(text, meant) == meant

    def keys(self, text: str) -> Keys | None:
        """The sort keys of the row that a cursor stands at, None for a text that is no cursor."""
        found = self._known.get(text)
        return None if found is None else found[1]

    def of(self, type_: str) -> list[str]:
        """The cursors of lists of a type."""
        return [text for text, (known, _) in self._known.items() if known == type_]


def paged(field: str, type_: str, rows: list[Row], given: dict[str, Any], cursors: Cursors) -> Row:
    """A connection over sorted rows."""
    shown = rows
    for name in ("after", "before"):
        if name in given:
            keys = cursors.keys(given[name])
            assert keys is not None, "the walk refuses a text that is no cursor"
            wanted = (name == "after") is not descends(field, type_)
            shown = [row for row in shown if _beyond(sort_key(field, row), keys, greater=wanted)]
    backward = "last" in given
    size = given.get("last", 50) if backward else given.get("first", 50)
    page = shown[max(len(shown) - size, 0) :] if backward else shown[:size]
    more = len(shown) > size
    marks = [cursors.mark(type_, sort_key(field, row)) for row in page]
    return {
        "nodes": page,
        "edges": [{"node": row, "cursor": mark} for row, mark in zip(page, marks, strict=True)],
        "totalCount": len(rows),
        "pageInfo": {
            "hasNextPage": "before" in given if backward else more,
            "hasPreviousPage": more if backward else "after" in given,
            "startCursor": marks[0] if marks else None,
            "endCursor": marks[-1] if marks else None,
        },
    }


def _beyond(mine: Keys, keys: Keys, *, greater: bool) -> bool:
    return mine > keys if greater else mine < keys
