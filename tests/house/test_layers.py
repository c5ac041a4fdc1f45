"""Imports go only to the right: app, subscriptions, schema, resolvers, models, models.rules.

import-linter states the same in `make check`; this test also says that each layer is there, so
that a renamed folder can not make the guard empty.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LAYERS = ("app", "subscriptions", "schema", "resolvers", "models")
OURS = {*LAYERS, "migrations", "tests"}
# resolvers/reading may use graphql-core, for the AST alone.
NOT_FOR_RESOLVERS = {"strawberry", "starlette", "uvicorn", "redis", "broadcaster", "httpx"}


def modules(package: str) -> Iterator[tuple[Path, set[str]]]:
    """Every file of the package with the full names it imports."""
    for path in sorted((ROOT / package).rglob("*.py")):
        names: set[str] = set()
        for node in ast.walk(ast.parse(path.read_text(), filename=str(path))):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        yield path.relative_to(ROOT), names


def top(names: set[str]) -> set[str]:
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_to_the_right(layer: str) -> None:
    to_the_left = set(LAYERS[: LAYERS.index(layer)]) | {"migrations", "tests"}
    found = list(modules(layer))
    assert found, f"the layer {layer} is gone"
    allowed_for_app = {"migrations"} if layer == "app" else set()
    wrong = {
        str(path): sorted(top(names) & (to_the_left - allowed_for_app))
        for path, names in found
        if top(names) & (to_the_left - allowed_for_app)
    }
    assert wrong == {}


def test_the_rules_know_the_standard_library_and_each_other() -> None:
    """And of the kept libraries one: the units that UCUM knows (docs/decisions/0020)."""
    found = list(modules("models/rules"))
    assert found
    kept = {"models/rules/ucum.py": "ucumvert"}
    assert kept.keys() <= {str(path) for path, _ in found}
    wrong = {
        str(path): sorted(foreign)
        for path, names in found
        if (
            foreign := {
                name
                for name in names
                if name.split(".")[0] not in sys.stdlib_module_names
                and not name.startswith("models.rules")
                and name.split(".")[0] != kept.get(str(path))
            }
        )
    }
    assert wrong == {}


def test_the_rules_have_no_clock_and_no_input_or_output() -> None:
    doors = {"asyncio", "os", "pathlib", "random", "secrets", "socket", "subprocess", "time"}
    wrong = {
        str(path): sorted(top(names) & doors)
        for path, names in modules("models/rules")
        if top(names) & doors
    }
    assert wrong == {}


def test_the_work_knows_no_graphql_no_http_and_no_redis() -> None:
    wrong = {
        str(path): sorted(foreign)
        for path, names in modules("resolvers")
        if (
            foreign := top(names) & NOT_FOR_RESOLVERS
            | (top(names) & {"graphql"} if "reading" not in path.parts else set())
        )
    }
    assert wrong == {}


def test_migrations_see_the_models_alone() -> None:
    found = list(modules("migrations"))
    assert found
    wrong = {
        str(path): sorted(top(names) & (OURS - {"models", "migrations"}))
        for path, names in found
        if top(names) & (OURS - {"models", "migrations"})
    }
    assert wrong == {}
