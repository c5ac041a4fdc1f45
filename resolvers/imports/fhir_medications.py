"""FHIR MedicationRequest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from models.rules import routes
from models.rules.medications import Frequency, MedicationStatus
from resolvers import inputs
from resolvers.imports import cleaning
from resolvers.imports.drafts import Unfit
from resolvers.imports.fhir_elements import (
    Resource,
    first_code,
    items,
    part,
    quantity,
    words,
)

ORDERS = frozenset({"order", "original-order", "reflex-order", "filler-order", "instance-order"})
"""FHIR R4 medicationrequest-intent: what is an order, and not a proposal or a plan."""

STATUS: Mapping[str, MedicationStatus] = MappingProxyType(
    {status.lower().replace("_", "-"): status for status in MedicationStatus}
)
"""FHIR R4 medicationrequest-status."""

BY_TIMING: Mapping[tuple[Decimal, Decimal, str], Frequency] = MappingProxyType(
    {
        (Decimal(1), Decimal(1), "d"): Frequency.QD,
        (Decimal(1), Decimal(24), "h"): Frequency.QD,
        (Decimal(2), Decimal(1), "d"): Frequency.BID,
        (Decimal(3), Decimal(1), "d"): Frequency.TID,
        (Decimal(4), Decimal(1), "d"): Frequency.QID,
        (Decimal(1), Decimal(2), "d"): Frequency.QOD,
        (Decimal(1), Decimal(4), "h"): Frequency.Q4H,
        (Decimal(1), Decimal(6), "h"): Frequency.Q6H,
        (Decimal(1), Decimal(8), "h"): Frequency.Q8H,
    }
)
"""Times in a period, as Timing.repeat has them."""

DOSE = "{dose}"
"""UCUM annotation: a bare number counts doses of the product, whose strength the drug names."""

WITHOUT_TIME = "the sender does not say when it was stopped: the time is that of the order"


def order(
    resource: Resource, medications: Mapping[str, Resource], now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """The columns of `medication_orders`. Raises Unfit.

    `medications` are the Medication resources around it, by id; contained ones come first.
    """
    status = STATUS.get(str(resource.get("status")))
    if status is None:
        raise Unfit("the status of the order is not known")
    if resource.get("doNotPerform") is True:
        raise Unfit("the order says not to give the drug")
    concept = _drug(resource, medications)
    drug = words(concept, "drug")
    if drug is None:
        raise Unfit("the order names no drug")
    ordered_at = cleaning.happened(
        cleaning.iso_moment(resource.get("authoredOn"), "the time of the order", zone),
        "the time of the order",
        now,
    )
    values = {
        "drug": drug,
        "code": first_code(concept),
        "status": status.value,
        "ordered_at": ordered_at,
        "starts_at": ordered_at,
        "stopped_at": None,
        "stop_reason": None,
        **_dosage(resource),
    }
    if status is MedicationStatus.STOPPED:
        values |= {
            "stopped_at": ordered_at,
            "stop_reason": words(resource.get("statusReason"), "reason") or WITHOUT_TIME,
        }
    return values


def _drug(resource: Resource, medications: Mapping[str, Resource]) -> Resource:
    concept = part(resource.get("medicationCodeableConcept"))
    target = part(resource.get("medicationReference")).get("reference")
    if concept or not isinstance(target, str):
        return concept
    wanted = target.removeprefix("urn:uuid:").removeprefix("#").rpartition("/")[2]
    for contained in items(resource.get("contained")):
        if contained.get("id") == wanted:
            return part(contained.get("code"))
    return part(medications.get(wanted, {}).get("code"))


def _dosage(resource: Resource) -> dict[str, Any]:
    """Dose, route and frequency; an order may have none of them. Steps of a course (a taper) are
    kept in words: one dose would be wrong for all the others."""
    steps = list(items(resource.get("dosageInstruction")))
    values: dict[str, Any] = {
        "dose": None,
        "dose_unit": None,
        "route": None,
        "frequency": None,
        "as_needed": False,
        "as_needed_reason": None,
    }
    if not steps:
        return values
    first = steps[0]
    reason = words(first.get("asNeededCodeableConcept"), "reason")
    values |= {
        "route": _route(part(first.get("route"))),
        "as_needed": first.get("asNeededBoolean") is True or reason is not None,
        "as_needed_reason": reason,
    }
    if len(steps) > 1:
        said = [found for step in steps if (found := _in_words(step))]
        values["frequency"] = cleaning.text("; ".join(said), "dosage", most=inputs.FREE_TEXT)
        return values
    values["frequency"] = _frequency(first)
    for rate in items(first.get("doseAndRate")):
        if "doseQuantity" in rate:
            dose = quantity(rate["doseQuantity"], "the dose")
            if dose.comparator or dose.value <= 0:
                raise Unfit("the dose is no amount")
            values |= {"dose": dose.value, "dose_unit": dose.unit or DOSE}
            break
    return values


def _route(concept: Resource) -> str | None:
    """The code of the route where it is known (by its concept or its words), else the words."""
    said = words(concept, "route", most=inputs.NAME)
    coded = first_code(concept)
    return (coded and routes.known(coded)) or (said and routes.known(said)) or said


def _frequency(step: Resource) -> str | None:
    timing = part(step.get("timing"))
    code = first_code(timing.get("code"))
    if code in set(Frequency):
        return code
    repeat = part(timing.get("repeat"))
    times, period, unit = repeat.get("frequency", 1), repeat.get("period"), repeat.get("periodUnit")
    if period is not None and isinstance(unit, str) and "frequencyMax" not in repeat:
        many, long = cleaning.number(times, "frequency"), cleaning.number(period, "period")
        known = BY_TIMING.get((many, long, unit))
        if known is not None:
            return known.value
        return cleaning.text(f"{many} per {long} {unit}", "frequency")
    return words(timing.get("code"), "frequency") or cleaning.text(
        step.get("text"), "dosage", most=inputs.FREE_TEXT
    )


def _in_words(step: Resource) -> str | None:
    said = cleaning.text(step.get("text"), "dosage", most=inputs.FREE_TEXT)
    if said is not None:
        return said
    found = [_frequency(step)]
    for rate in items(step.get("doseAndRate")):
        if "doseQuantity" in rate:
            dose = quantity(rate["doseQuantity"], "the dose")
            found.insert(0, f"{dose.value} {dose.unit or DOSE}")
    return ", ".join(word for word in found if word) or None
