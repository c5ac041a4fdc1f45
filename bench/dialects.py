"""How a system is asked, where it does not speak Wardline's schema to the letter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bench.workloads import Workload


@dataclass(frozen=True, slots=True)
class Dialect:
    """The very documents of `bench.workloads`, and their answers as they are."""

    def body(self, workload: Workload, variables: Mapping[str, Any]) -> bytes:
        """The body of a request."""
        return orjson.dumps({"query": workload.document, "variables": variables})

    def same(self, workload: Workload, answer: Any) -> Any:  # noqa: ARG002 (others differ by it)
        """The data of the answer, in the words of Wardline's schema."""
        return answer["data"]

    def cursor(self, answer: Any) -> str:
        """Where the page of W3 ends."""
        cursor: str = answer["data"]["patients"]["pageInfo"]["endCursor"]
        return cursor


SAME = Dialect()
