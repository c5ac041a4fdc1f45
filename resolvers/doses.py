"""Doses: an amount and its unit, as orders and administrations have them."""

from __future__ import annotations

from decimal import Decimal

from resolvers import inputs
from resolvers.errors import BadInput

LARGEST = Decimal(1_000_000)
"""Of any unit: units of heparin go into the ten thousands."""


def unit(dose: Decimal | None, said: str | None) -> str | None:
    """The unit of a dose."""
    found = inputs.optional_text(said, "doseUnit")
    if dose is not None and found is None:
        raise BadInput("a dose has a unit", field="doseUnit")
    return found
