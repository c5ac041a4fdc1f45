"""What PostgreSQL's programs are told by us: no secret but the one they need, and not aloud."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from app.archives import ArchiveFailed, Programs, write

TELLS = """#!{python}
import os, pathlib, sys
pathlib.Path({told!r}).write_text(repr([*sys.argv, *map(str, os.environ.items())]))
sys.exit(1)
"""
URLS = [
    "postgresql://ward:pass%20%2541@127.0.0.1:1/wardline",
    "postgresql://ward@127.0.0.1:1/wardline?password=pass%20%2541",
]


@pytest.mark.parametrize("url", URLS, ids=["netloc", "query"])
async def test_a_program_is_given_the_password_of_its_database_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A program of the name tells what the real one would be given."""
    told, program = tmp_path / "told", tmp_path / "pg_dump"
    program.write_text(TELLS.format(python=sys.executable, told=str(told)))
    program.chmod(0o700)
    monkeypatch.setenv("REDIS_URL", "redis://:secret-of-redis@127.0.0.1:1/0")
    monkeypatch.setenv("WARDLINE_METRICS_TOKEN", "secret-of-metrics")
    monkeypatch.setenv("DATABASE_URL", url)
    with pytest.raises(ArchiveFailed):
        await write(Programs(tmp_path, 18), url, tmp_path / "file")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["pg_dump", "told"]
    given = told.read_text()
    assert "secret" not in given
    assert given.count("%41") == 1
    assert "%20" not in given
    assert "('PGPASSWORD', 'pass %41')" in given
