"""What the server's rules make of many sets of vital signs, for the page that counts along.

`python -m tests.web.news2_cases` writes web/src/record/news2.cases.json, which Vitest reads;
test_news2_cases fails where the rules have moved on from it.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from models.rules import news2
from models.rules.news2 import Spo2Scale
from models.rules.vital_limits import LIMITS
from models.rules.vitals import Consciousness, VitalSet

FILE = Path(__file__).resolve().parents[2] / "web" / "src" / "record" / "news2.cases.json"
_USUAL = VitalSet(
    respiratory_rate=16,
    oxygen_saturation=97,
    on_oxygen=False,
    systolic=120,
    heart_rate=72,
    consciousness=Consciousness.ALERT,
    temperature=Decimal("36.8"),
)
_WHOLE = {
    "respiratory_rate": (0, 8, 9, 11, 12, 20, 21, 24, 25, 100),
    "oxygen_saturation": (0, *range(82, 99), 100),
    "systolic": (0, 90, 91, 100, 101, 110, 111, 219, 220, 300),
    "heart_rate": (0, 40, 41, 50, 51, 90, 91, 110, 111, 130, 131, 300),
}
_HEAT = (
    *("25", "35.0", "35.04", "35.05", "35.1", "36.0", "36.05", "36.1", "38.0", "38.04"),
    *("38.05", "38.1", "39.0", "39.049", "39.05", "39.1", "45"),
)
_RANDOM = 200


def _sets() -> Iterator[VitalSet]:
    yield VitalSet(**dict.fromkeys(_WHOLE), on_oxygen=None, consciousness=None, temperature=None)
    for name, values in _WHOLE.items():
        for value in (*values, None):
            yield replace(_USUAL, **{name: value})
            yield replace(_USUAL, **{name: value}, on_oxygen=True)
            yield replace(_USUAL, **{name: value}, on_oxygen=None)
    for heat in _HEAT:
        yield replace(_USUAL, temperature=Decimal(heat))
    yield replace(_USUAL, temperature=None)
    for consciousness in (*Consciousness, None):
        yield replace(_USUAL, consciousness=consciousness)
    dice = random.Random(2017)
    for _ in range(_RANDOM):
        whole = {name: dice.choice((*values, None)) for name, values in _WHOLE.items()}
        yield VitalSet(
            **whole,
            on_oxygen=dice.choice((True, False, None)),
            consciousness=dice.choice((*Consciousness, None)),
            temperature=dice.choice((*map(Decimal, _HEAT), None)),
        )


def _case(vitals: VitalSet, scale: Spo2Scale) -> list[Any]:
    """The scale, what was measured and its points in the order of the chart, and the verdict."""
    score = news2.score(vitals, None, scale=scale)
    assert score is not None
    measured = [
        vitals.respiratory_rate,
        vitals.oxygen_saturation,
        vitals.on_oxygen,
        vitals.systolic,
        vitals.heart_rate,
        vitals.consciousness,
        None if vitals.temperature is None else float(vitals.temperature),
    ]
    points = [score.parts.get(name) for name in news2.SCORED]
    verdict = [score.total, score.highest_single, score.risk, list(score.missing)]
    return [scale, measured, points, verdict]


def cases() -> str:
    """The content of the file: a case a line."""
    limits = {
        name: {
            "whole": limit.integer,
            "low": float(limit.low),
            "high": float(limit.high),
            "lowest": float(limit.lowest),
            "highest": float(limit.highest),
        }
        for name, limit in LIMITS.items()
    }
    lines = [json.dumps(_case(vitals, scale)) for vitals in _sets() for scale in Spo2Scale]
    listed = ",\n".join(lines)
    return f'{{"limits": {json.dumps(limits)},\n"cases": [\n{listed}\n]}}\n'


if __name__ == "__main__":
    FILE.write_text(cases())
