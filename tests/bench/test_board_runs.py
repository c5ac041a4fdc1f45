"""The bench of the board runs at its smallest size: a real browser shows all that was written.

No figure is asserted that a busy machine could change.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bench.board.browser import NAMES
from tests.first_light.hospital import built

__all__ = ["built"]

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.skipif(not any(map(shutil.which, NAMES)), reason="no Chromium on this machine")
def test_the_smallest_run(tmp_path: Path, built: Path) -> None:
    output = tmp_path / "board.json"
    # A server of somebody else must not be filled.
    environment = {k: v for k, v in os.environ.items() if k not in {"DATABASE_URL", "REDIS_URL"}}
    finished = subprocess.run(
        [sys.executable, "-m", "bench.board", "--small", "--output", output],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    told = json.loads(output.read_text())
    figures = told["figures"]
    assert figures["beds"] == 40
    assert figures["first_load_script_bytes"] > 0
    assert 0 < figures["interaction_p50_ms"] <= figures["interaction_worst_ms"]
    assert figures["heap_after_mb"] > 0
    assert told["run"]["machine"]["cores"] > 0
    assert "interaction worst, ms" in finished.stdout
