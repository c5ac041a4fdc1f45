"""How much data, and for how long it is asked."""

from __future__ import annotations

from dataclasses import dataclass

PAGE = 50
"""Rows of a page in W2 and W3."""
ORDERS_OF_INPATIENT = 25
ACTIVE_OF_INPATIENT = 2


@dataclass(frozen=True, slots=True)
class Size:
    """Rows of the hospital; `beds` are those of one ward, all of them occupied.

    Vitals and results are spread evenly over the patients; of the orders each inpatient has 25, the
    others share the rest. `seconds` is how long a measurement lasts.
    """

    name: str
    patients: int
    wards: int
    beds: int
    vitals: int
    results: int
    orders: int
    seconds: float = 1.2


SMALL = Size("small", 5_000, 20, 30, 300_000, 300_000, 30_000)
FULL = Size("full", 50_000, 20, 30, 3_000_000, 3_000_000, 300_000)
TINY = Size("tiny", 1_000, 2, 3, 4_000, 4_000, 1_000, seconds=0.02)
"""For the test that the bench still runs; its figures mean nothing."""

SIZES = {size.name: size for size in (SMALL, FULL, TINY)}
