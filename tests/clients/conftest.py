"""What the tests of the documented clients are given: the demo hospital, and a Redis to harm."""

from __future__ import annotations

from tests.faults.conftest import own_redis
from tests.first_light.hospital import demo_template, demo_url

__all__ = ["demo_template", "demo_url", "own_redis"]
