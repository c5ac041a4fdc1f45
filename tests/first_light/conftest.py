"""What the tests from outside are given."""

from __future__ import annotations

from tests.first_light.hospital import api, built, demo_template, demo_url, server

__all__ = ["api", "built", "demo_template", "demo_url", "server"]
