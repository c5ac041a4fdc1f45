"""The rules of the files themselves: small, named by a noun, and free of one machine's traces."""

from __future__ import annotations

import re
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MOST_LINES = 400
SOURCES = {".py", ".ts", ".tsx", ".css", ".mjs", ".js", ".html", ".toml", ".yaml", ".yml"}
# Written by a tool, or as long as what it holds.
GENERATED = {"package-lock.json", "schema.graphql", "LICENSE"}
EMPTY_WORDS = {"utils", "util", "helpers", "helper", "common", "manager", "service", "services"}
NOT_OURS = {".git", ".venv", ".wardline", "node_modules", "dist", "generated", "__pycache__"}
HOME_FOLDER = re.compile(r"(?<![\w.])/(?:root|home/\w+|Users/\w+)/\w")


@cache
def files() -> tuple[Path, ...]:
    """What belongs to the project: what git tracks, or all of it where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        found = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    else:
        found = [
            path
            for path in ROOT.rglob("*")
            if not NOT_OURS & set(path.relative_to(ROOT).parts) and not path.name.endswith(".log")
        ]
    return tuple(path for path in found if path.is_file())


def named(*suffixes: str) -> list[Path]:
    return [path for path in files() if path.suffix in suffixes]


def test_there_is_something_to_look_at() -> None:
    names = {str(path.relative_to(ROOT)) for path in files()}
    assert {"pyproject.toml", "Makefile", "app/settings.py", "tests/conftest.py"} <= names


def test_no_file_is_long() -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files()
        if (path.suffix in SOURCES or path.name == "Makefile") and path.name not in GENERATED
        if (lines := len(path.read_text().splitlines())) > MOST_LINES
    }
    assert long == {}


def test_a_file_is_a_noun() -> None:
    empty = [
        str(path.relative_to(ROOT))
        for path in files()
        if EMPTY_WORDS & {*path.relative_to(ROOT).with_suffix("").parts}
        or EMPTY_WORDS & set(re.split(r"[_.-]", path.stem))
    ]
    assert empty == []


def test_tests_are_no_package() -> None:
    """`tests/schema/__init__.py` would hide the package `schema`."""
    assert [path for path in files() if path.parts[-1] == "__init__.py" and is_test(path)] == []


def is_test(path: Path) -> bool:
    return path.relative_to(ROOT).parts[0] == "tests"


def test_strawberry_can_read_the_annotations_of_the_schema() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in named(".py")
        if path.relative_to(ROOT).parts[0] == "schema"
        and "@strawberry." in path.read_text()
        and "from __future__ import annotations" in path.read_text()
    ]
    assert wrong == []


def test_nothing_names_somebodys_home() -> None:
    """A container's image may have its own; nothing else knows where it was checked out."""
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in files()
        if path.suffix not in {".gz", ".png", ".woff2", ".ico"} and path.name != "package-lock.json"
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1)
        if HOME_FOLDER.search(line)
    ]
    assert wrong == []


def test_the_locks_say_what_and_not_from_where() -> None:
    """An address in a lock breaks every installation behind a mirror."""
    locks = [*(ROOT / "requirements").glob("*.txt"), ROOT / "web" / "package-lock.json"]
    assert len(locks) >= 4
    for lock in locks:
        text = lock.read_text()
        assert '"resolved"' not in text
        assert not re.search(
            r"^\s*(-i|-f|--index-url|--extra-index-url|--find-links)\b", text, re.MULTILINE
        )
        if lock.suffix == ".txt":
            assert "://" not in text


def test_every_locked_requirement_has_its_hashes() -> None:
    for lock in (ROOT / "requirements").glob("*.txt"):
        joined = lock.read_text().replace("\\\n", " ")
        wanted = [line for line in joined.splitlines() if line.strip()]
        assert wanted
        assert [line.split()[0] for line in wanted if "--hash=sha256:" not in line] == []
