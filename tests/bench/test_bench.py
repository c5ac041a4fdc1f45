"""The bench runs at its smallest size: all systems answer alike and every figure is there.

No figure is asserted: how long something takes is for `make bench-queries` to say, on a quiet
machine.
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
    "workload", "system", "concurrency", "rps", "p50_ms", "p99_ms", "server_cpu_us",
    "postgres_cpu_us", "rss_mb",
}  # fmt: skip
OURS = {"floor", "wardline", "strawberry"}
FROM_NPM = {"postgraphile", "mercurius"}


@dataclass(frozen=True)
class Ran:
    told: str
    rows: list[dict[str, Any]]
    picture: str
    missing: str | None
    """Why the peers from npm are not among the systems."""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """One run, of all that can run here."""
    missing = None
    systems = OURS | FROM_NPM
    try:
        packages.script("mercurius.mjs")
    except packages.Missing as why:
        missing, systems = str(why), OURS
    output = tmp_path_factory.mktemp("bench") / "results" / "queries.json"
    options = ["--size", "tiny", "--rounds", "1", "--systems", ",".join(sorted(systems))]
    # A server of somebody else must not be filled.
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    finished = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--output", output],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    rows = json.loads(output.read_text())
    return Ran(finished.stdout, rows, output.with_suffix(".svg").read_text(), missing)


def test_all_that_run_answer_the_same_and_have_every_figure(ran: Ran) -> None:
    assert "all answer the same" in ran.told
    found = {(row["workload"], row["system"], row["concurrency"]) for row in ran.rows}
    assert found >= {
        (workload, system, concurrency)
        for workload in ("W1", "W2", "W3", "W4")
        for system in OURS
        for concurrency in (1, 32)
    }
    for row in ran.rows:
        assert set(row) == KEYS
        assert row["rps"] > 0
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["server_cpu_us"] > 0
        assert row["postgres_cpu_us"] > 0
        assert row["rss_mb"] > 1


def test_the_peers_from_npm_are_among_them(ran: Ran) -> None:
    if ran.missing is not None:
        pytest.skip(ran.missing)
    assert {row["system"] for row in ran.rows} == OURS | FROM_NPM


def test_the_goals_are_told_and_the_figures_drawn(ran: Ran) -> None:
    assert "of the floor's" in ran.told
    assert "times Strawberry" in ran.told
    assert "never seen" in ran.told
    assert ran.picture.count('font-weight="bold"') == 2 * 4
