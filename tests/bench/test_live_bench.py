"""The bench of the live channel runs at its smallest size: every system delivers to every socket,
and every figure is there.

No figure is asserted that a busy machine could change: how long something takes is for
`make bench-live` to say.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bench.peers import packages

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "system", "sockets", "documents", "commit_to_first_ms", "commit_to_last_p50_ms",
    "commit_to_last_p99_ms", "deliveries_per_s", "cpu_us_per_delivery", "rss_kb_per_socket",
    "queries_per_event",
}  # fmt: skip
OURS = {"floor", "wardline", "strawberry"}
FROM_NPM = {"postgraphile", "mercurius"}
SOCKETS = 12


@dataclass(frozen=True)
class Ran:
    told: str
    rows: dict[tuple[str, int], dict[str, Any]]
    """By system and documents."""
    about: dict[str, Any]
    picture: str
    missing: str | None
    """Why the peers from npm are not among the systems."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run, of all that can run here."""
    missing = None
    systems = OURS | FROM_NPM
    try:
        packages.script("live.mjs")
    except packages.Missing as why:
        missing, systems = str(why), OURS
    output = tmp_path_factory.mktemp("bench") / "live.json"
    options = ["--small", "--sockets", str(SOCKETS), "--systems", ",".join(sorted(systems))]
    # A server of somebody else must not be filled.
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    finished = subprocess.run(
        [sys.executable, "-m", "bench.live", *options, "--output", output],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    rows = {(row["system"], row["documents"]): row for row in json.loads(output.read_text())}
    about = json.loads(output.with_name("live-run.json").read_text())
    return Ran(finished.stdout, rows, about, output.with_suffix(".svg").read_text(), missing)


def test_every_system_has_every_figure(ran: Ran) -> None:
    systems = OURS if ran.missing else OURS | FROM_NPM
    assert {system for system, documents in ran.rows if documents == 1} == systems
    for row in ran.rows.values():
        assert set(row) >= KEYS
        assert row["deliveries_per_s"] > 0
        assert row["cpu_us_per_delivery"] > 0
        assert 0 < row["commit_to_first_ms"] <= row["commit_to_last_p50_ms"]
        assert row["commit_to_last_p50_ms"] <= row["commit_to_last_p99_ms"]


def test_an_event_is_one_statement_for_each_group(ran: Ran) -> None:
    assert ran.rows["wardline", 1]["queries_per_event"] == 1
    (several,) = [row for (_, documents), row in ran.rows.items() if documents > 1]
    assert 1 < several["queries_per_event"] <= several["groups"] <= several["sockets"]


def test_the_goals_are_told_and_the_figures_drawn(ran: Ran) -> None:
    assert "deliveries/s, of the best peer's" in ran.told
    assert "of that of one document" in ran.told
    assert ran.picture.count('font-weight="bold"') == 2
    assert ran.about["versions"]["postgresql"]
    assert ran.about["machine"]["cores"] >= 1
