"""CI leaves nothing out: what one of its steps does not run, another does."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text()
SCRIPT = (ROOT / ".ci" / "run").read_text()


def would_run(target: str) -> str:
    """The commands of a target, as make prints them without running any."""
    # Not as a part of the make that may have started this test: its open files are not ours.
    given = {name: one for name, one in os.environ.items() if name not in {"MAKEFLAGS", "MFLAGS"}}
    command = ["make", "--dry-run", target]
    done = subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, check=True)
    return done.stdout


def test_what_is_left_out_of_the_tests_is_in_the_check() -> None:
    left_out = re.findall(r"--(?:ignore|deselect)=(\S+)", SCRIPT)
    assert left_out == ["tests/house"]
    assert re.search(r"-m pytest .*tests/house$", would_run("check"), re.MULTILINE)
    assert SCRIPT.index("make check") < SCRIPT.index("make test")


def test_every_part_of_the_check_is_run() -> None:
    parts = set(re.findall(r"^(check-[a-z]+):", MAKEFILE, re.MULTILINE))
    [listed] = re.findall(r"^CHECKS := (.+)$", MAKEFILE, re.MULTILINE)
    assert len(parts) > 3
    assert set(listed.split()) == parts
    said = would_run("check")
    for tool in ("mypy", "ruff format", "ruff check", "lint-imports", "alembic check", "run check"):
        assert tool in said.replace("--silent ", ""), tool
