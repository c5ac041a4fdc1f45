"""The oracle is a second opinion only as long as it does not ask the first."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ORACLE = Path(__file__).resolve().parents[1] / "oracle"
ANSWERING = (
    *("rows", "grants", "sight", "alarms", "beds", "relations", "computed", "episodes", "cursors"),
    *("trends", "doses", "users", "verdicts", "refusals", "execution"),
)
"""The modules that answer; the others ask the engine, and compare."""
ALLOWED = {"schema.scalars", "resolvers.actors"}
"""How a scalar is spelled, and the type of who asks: neither says what may be seen."""
OURS = ("app", "subscriptions", "schema", "resolvers", "models")


def imported(path: Path) -> set[str]:
    """The modules of ours that a file imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found.add(node.module)
        elif isinstance(node, ast.Import):
            found.update(one.name for one in node.names)
    return {name for name in found if name.partition(".")[0] in OURS}


@pytest.mark.parametrize("name", ANSWERING)
def test_what_answers_knows_nothing_of_the_engine(name: str) -> None:
    assert imported(ORACLE / f"{name}.py") <= ALLOWED


def test_nothing_else_answers() -> None:
    """`expected` is what the tests call; whatever it is made of is listed here."""
    reached, todo = set(), ["execution"]
    while todo:
        name = todo.pop()
        reached.add(name)
        for node in ast.walk(ast.parse((ORACLE / f"{name}.py").read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tests.oracle."):
                below = str(node.module).rpartition(".")[2]
                todo += [below] if below not in reached else []
    assert reached == set(ANSWERING)
