"""The bench runs at its smallest size: all systems answer alike and every figure is there.

No figure is asserted: how long something takes is for `make bench-queries` to say, on a quiet
machine.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bench.peers import packages

ROOT = Path(__file__).resolve().parents[2]
KEYS = {
    "workload", "system", "concurrency", "rps", "p50_ms", "p99_ms", "server_cpu_us",
    "postgres_cpu_us", "rss_mb",
}  # fmt: skip
OURS = ("floor", "wardline", "strawberry")
FROM_NPM = ("postgraphile", "mercurius")


def test_the_smallest_run_checks_the_answers_and_writes_every_figure(tmp_path: Path) -> None:
    _run(tmp_path, OURS)


def test_the_peers_from_npm_answer_the_same(tmp_path: Path) -> None:
    try:
        packages.script("mercurius.mjs")
    except packages.Missing as missing:
        pytest.skip(str(missing))
    _run(tmp_path, ("floor", *FROM_NPM))


def _run(tmp_path: Path, systems: tuple[str, ...]) -> None:
    output = tmp_path / "results" / "queries.json"
    # A server of somebody else must not be filled.
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    options = ["--size", "tiny", "--rounds", "1", "--systems", ",".join(systems)]
    finished = subprocess.run(
        [sys.executable, "-m", "bench", *options, "--output", output],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert "all answer the same" in finished.stdout
    rows = json.loads(output.read_text())
    assert {(row["workload"], row["system"], row["concurrency"]) for row in rows} == {
        (workload, system, concurrency)
        for workload in ("W1", "W2", "W3", "W4")
        for system in systems
        for concurrency in (1, 32)
    }
    for row in rows:
        assert set(row) == KEYS
        assert row["rps"] > 0
        assert 0 < row["p50_ms"] <= row["p99_ms"]
        assert row["rss_mb"] > 1
