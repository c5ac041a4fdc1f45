"""Doses: an amount and its unit, as orders and administrations have them."""

from __future__ import annotations

from decimal import Decimal

from models.rules import dose_units
from models.rules.refusals import Refusal
from resolvers import inputs
from resolvers.errors import BadInput

LARGEST = Decimal(1_000_000)
"""Of any unit: units of heparin go into the ten thousands."""


def unit(dose: Decimal | None, said: str | None) -> str | None:
    """The unit of a dose, in UCUM."""
    written = inputs.optional_text(said, "doseUnit")
    if written is None:
        if dose is not None:
            raise BadInput("a dose has a unit", field="doseUnit")
        return None
    found = dose_units.unit(written)
    if isinstance(found, Refusal):
        raise BadInput(
            found.reason, field="doseUnit", limit="UCUM: mg, ug, mL, [iU], mmol, {tablet} …"
        )
    return found
