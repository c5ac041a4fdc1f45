"""The documents say what is there: files that exist, settings as they are, operations that hold."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from graphql import parse, validate

from app.cli.permissions import document
from app.settings import PREFIX, Settings
from schema.catalogue import CORE

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").glob("*.md")),
    *DECISIONS,
]
FOLDERS = "app|subscriptions|schema|resolvers|models|migrations|tests|web|docs|bench|requirements"
# What is built, and what the demo keeps: not there in a fresh clone.
MADE = {"web/dist"}
NOW = "2026-01-01T00:00:00Z"
BODY = r"""'(\{"query": .*\})'"""
VARIABLE = r"""'"\$[^']*"'"""
CODE = (".py", ".ts", ".tsx", ".yaml", ".toml")

named = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def test_the_permissions_on_paper_are_those_of_the_code() -> None:
    assert (ROOT / "docs" / "permissions.md").read_text() == document(), "run: make docs"


@named
def test_every_file_that_is_named_is_there(path: Path) -> None:
    names = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", path.read_text())) - MADE
    assert sorted(name for name in names if not (ROOT / name).exists()) == []


@named
def test_every_link_within_the_project_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)\s]+)\)", path.read_text())
    own = [target for target in targets if not urlsplit(target).scheme]
    assert [target for target in own if not (path.parent / target).exists()] == []


def test_the_documents_name_files_and_links_at_all() -> None:
    text = "".join(path.read_text() for path in DOCUMENTS)
    assert len(re.findall(rf"`(?:{FOLDERS})/[\w./-]*\.py`", text)) > 40
    assert len(re.findall(r"\]\(", text)) > 5


def test_decisions_are_numbered_without_a_gap() -> None:
    assert len(DECISIONS) >= 5
    for number, path in enumerate(DECISIONS, 1):
        assert path.name.startswith(f"{number:04}-")
        text = path.read_text()
        assert text.startswith(f"# {number:04}: ")
        for part in ("## Decision", "## What it costs", "## What keeps it"):
            assert f"\n{part}\n" in text, f"{path.name} has no {part}"


def test_the_decisions_that_the_code_names_are_there() -> None:
    there = {path.name[:4] for path in DECISIONS}
    asked = {
        (str(path.relative_to(ROOT)), number)
        for folder in FOLDERS.split("|")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in CODE and "node_modules" not in path.parts
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())
    }
    assert asked, "no code names a decision any more"
    assert {one for one in asked if one[1] not in there} == set()


def test_the_settings_table_is_the_settings() -> None:
    rows = re.findall(
        r"^\| `([A-Z_]+)` \| (.+?) \|", (ROOT / "README.md").read_text(), re.MULTILINE
    )
    expected = [
        (str(field.validation_alias or PREFIX + name.upper()), _shown(name, field.get_default()))
        for name, field in Settings.model_fields.items()
        # docs/limits.md has these; tests/resolvers/reading/test_limits.py looks.
        if not name.startswith("limit_") and "budget" not in name
    ]
    assert rows == expected


def _shown(name: str, default: object) -> str:
    match default:
        case None if name == "migrations_database_url":
            return "`DATABASE_URL`"
        case None if not name.endswith("_url"):
            return "none"
        case None:
            return f"the embedded {'PostgreSQL' if name == 'database_url' else 'Redis'}"
        case ():
            return "none"
        case bool():
            return "`on`" if default else "`off`"
    secret = getattr(default, "get_secret_value", None)
    return f"`{secret() if secret else default}`"


def test_the_operations_of_the_readme_are_valid() -> None:
    text = (ROOT / "README.md").read_text()
    documents = re.findall(r"```graphql\n(.*?)```", text, re.DOTALL)
    documents += re.findall(r'= """(.*?)"""', text, re.DOTALL)
    documents += [json.loads(_filled(body))["query"] for body in re.findall(BODY, text)]
    assert len(documents) == 9, "four documents, that of the socket, and four of curl"
    for one in documents:
        assert validate(CORE, parse(one)) == [], one


def test_the_operations_of_the_other_documents_are_valid() -> None:
    texts = [path.read_text() for path in DOCUMENTS if path.parent.name == "docs"]
    documents = re.findall(r"```graphql\n(.*?)```", "".join(texts), re.DOTALL)
    assert documents, "no document shows an operation any more"
    for one in documents:
        assert validate(CORE, parse(one)) == [], one


def _filled(body: str) -> str:
    """The body as the shell would send it: any value will do for its variables."""
    return re.sub(VARIABLE, lambda found: NOW if "date" in found[0] else "1", body)
