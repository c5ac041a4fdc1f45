"""The elements of FHIR R4 that resources share: codes, quantities, references."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from models.rules.critical_values import COMPARATORS
from resolvers import inputs
from resolvers.imports import cleaning
from resolvers.imports.drafts import Unfit

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"

Resource = dict[str, Any]


def items(value: object) -> Iterator[Resource]:
    """The objects of a list; anything else is an empty list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def part(value: object) -> Resource:
    """An object; anything else is an empty one."""
    return value if isinstance(value, dict) else {}


def codings(concept: object) -> list[Resource]:
    """The codings of a CodeableConcept."""
    return list(items(part(concept).get("coding")))


def code_in(concept: object, system: str) -> str | None:
    """The code a concept has in a system."""
    for coding in codings(concept):
        if coding.get("system") == system:
            return cleaning.text(coding.get("code"), "code")
    return None


def first_code(concept: object) -> str | None:
    """The code that comes first, in whatever system."""
    for coding in codings(concept):
        if coding.get("code"):
            return cleaning.text(coding["code"], "code")
    return None


def words(concept: object, what: str, most: int = inputs.FREE_TEXT) -> str | None:
    """A concept in words: its text, else the display of a coding."""
    found = cleaning.text(part(concept).get("text"), what, most=most)
    for coding in codings(concept):
        found = found or cleaning.text(coding.get("display"), what, most=most)
    return found


def reference(value: object) -> str | None:
    """The id that a Reference points at, without its type: `urn:uuid:x`, `Patient/x`,
    `https://…/Patient/x/_history/1` and `#x` are all x; `Patient?identifier=system|v` is v."""
    target = part(value).get("reference")
    if not isinstance(target, str):
        found = part(part(value).get("identifier")).get("value")
        return found if isinstance(found, str) else None
    if "?identifier=" in target:
        return target.rpartition("|")[2].rpartition("=")[2] or None
    plain = target.removeprefix("urn:uuid:").removeprefix("#").partition("/_history/")[0]
    return plain.rpartition("/")[2] or None


@dataclass(frozen=True, slots=True)
class Quantity:
    """`unit` is the UCUM code where there is one, else what people read."""

    value: Decimal
    comparator: str | None
    unit: str | None


def quantity(value: object, what: str) -> Quantity:
    """A Quantity. Raises Unfit where there is no number in it."""
    found = part(value)
    if found.get("value") is None:
        raise Unfit(f"{what} is missing")
    comparator = found.get("comparator")
    if comparator is not None and comparator not in COMPARATORS:
        raise Unfit("a comparator that is not known")
    in_ucum = found.get("system") == UCUM and found.get("code")
    unit = found.get("code") if in_ucum else found.get("unit") or found.get("code")
    return Quantity(
        cleaning.number(found["value"], what), comparator, cleaning.text(unit, "unit", most=50)
    )
