"""What the shift is given: the demo hospital of first light, and a Redis."""

from __future__ import annotations

from tests.first_light.hospital import demo_template, demo_url

__all__ = ["demo_template", "demo_url"]
