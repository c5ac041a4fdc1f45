"""FHIR Observation: a laboratory result, a measurement of a set, or neither."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from models.rules.results import ResultStatus, gravest
from models.rules.specimens import specimen as known_specimen
from resolvers.imports import cleaning
from resolvers.imports.drafts import Draft, LabDraft, Record, Unfit, UnmappedDraft
from resolvers.imports.exact_json import dumps
from resolvers.imports.fhir_elements import (
    LOINC,
    Resource,
    code_in,
    codings,
    first_code,
    items,
    part,
    quantity,
    words,
)
from resolvers.imports.vital_codes import BY_LOINC, charted
from resolvers.imports.vital_sets import VitalSets

STATUS: Mapping[str, ResultStatus] = MappingProxyType(
    {
        "preliminary": ResultStatus.PRELIMINARY,
        "final": ResultStatus.FINAL,
        "amended": ResultStatus.CORRECTED,
        "corrected": ResultStatus.CORRECTED,
        "cancelled": ResultStatus.CANCELLED,
        "entered-in-error": ResultStatus.ENTERED_IN_ERROR,
    }
)
"""FHIR R4 observation-status. `registered` has no result yet, `unknown` says nothing."""

WITHOUT_RESULT = frozenset({ResultStatus.CANCELLED, ResultStatus.ENTERED_IN_ERROR})


@dataclass(frozen=True, slots=True)
class Seen:
    """An Observation and what the bundle around it says."""

    resource: Resource
    record: Record
    subject: str
    """The id by which the resource names its patient."""
    mrn: str
    external_id: str
    panel: str | None
    specimen: str | None


def category(resource: Resource) -> str:
    """The category as sent, `laboratory` first where there are several; "other" where none is."""
    found = [
        coding["code"]
        for concept in items(resource.get("category"))
        for coding in codings(concept)
        if isinstance(coding.get("code"), str)
    ]
    if "laboratory" in found:
        return "laboratory"
    return (cleaning.text(found[0], "category", most=40) if found else None) or "other"


def specimen(resource: Resource) -> str | None:
    """What a Specimen is."""
    return known_specimen(
        coding["code"]
        for coding in codings(resource.get("type"))
        if isinstance(coding.get("code"), str)
    )


def translate(seen: Seen, sets: VitalSets, now: datetime, zone: tzinfo) -> Draft | None:
    """The draft of an observation; None where it went into one of the `sets`. Raises Unfit."""
    resource = seen.resource
    at = _when(resource, now, zone)
    if category(resource) == "laboratory":
        if "component" in resource and not _has_value(resource):
            return _unmapped(seen, at, "a laboratory result in components")
        return _lab(seen, at, now, zone)
    measured = _measurements(resource)
    if not measured:
        return _unmapped(seen, at, "neither a laboratory result nor a charted vital sign")
    if STATUS.get(str(resource.get("status"))) in WITHOUT_RESULT:
        return _unmapped(seen, at, "a vital sign that was taken back")
    # A time of the set, not of the encounter: two rounds of one visit are two sets.
    sets.add(
        f"{seen.subject}@{at.astimezone(UTC).isoformat()}", seen.mrn, at, seen.record, measured
    )
    return None


def _when(resource: Resource, now: datetime, zone: tzinfo) -> datetime:
    period = part(resource.get("effectivePeriod"))
    for written in (
        resource.get("effectiveDateTime"),
        resource.get("effectiveInstant"),
        period.get("end"),
        period.get("start"),
        resource.get("issued"),
    ):
        if written is not None:
            moment = cleaning.iso_moment(written, "the time of the observation", zone)
            return cleaning.happened(moment, "the time of the observation", now)
    raise Unfit("the time of the observation is missing")


def _issued(resource: Resource, now: datetime, zone: tzinfo) -> datetime | None:
    if resource.get("issued") is None:
        return None
    moment = cleaning.iso_moment(resource["issued"], "the time of issue", zone)
    return cleaning.happened(moment, "the time of issue", now)


def _has_value(resource: Resource) -> bool:
    return any(name.startswith("value") for name in resource)


def _measurements(resource: Resource) -> dict[str, Any]:
    """What the observation measures, by column of `vital_signs`; empty: nothing that is charted."""
    parts = [resource, *items(resource.get("component"))]
    found: dict[str, Any] = {}
    for one in parts:
        code = code_in(one.get("code"), LOINC)
        sign = BY_LOINC.get(code or "")
        if sign is None:
            continue
        measured = quantity(one.get("valueQuantity"), "the value")
        if measured.comparator:
            raise Unfit("a vital sign that is only a bound")
        found[sign.column] = charted(sign, measured.value, measured.unit)
    return found


def _lab(seen: Seen, at: datetime, now: datetime, zone: tzinfo) -> LabDraft:
    resource = seen.resource
    status = STATUS.get(str(resource.get("status")))
    if status is None:
        raise Unfit("the status says neither preliminary nor final")
    concept = resource.get("code")
    loinc = code_in(concept, LOINC)
    code = loinc or first_code(concept) or words(concept, "code", most=200)
    if code is None:
        raise Unfit("the code of the test is missing")
    low, high = _reference_range(resource)
    return LabDraft(
        records=(seen.record,),
        mrn=seen.mrn,
        external_id=seen.external_id,
        code=code,
        display=words(concept, "display") or code,
        observed_at=at,
        issued_at=_issued(resource, now, zone),
        status=status,
        panel=seen.panel,
        specimen=seen.specimen,
        reference_low=low,
        reference_high=high,
        sender_flag=_flag(resource),
        unmapped=loinc is None,
        **_value(resource, status),
    )


def _value(resource: Resource, status: ResultStatus) -> dict[str, Any]:
    if "valueQuantity" in resource:
        found = quantity(resource["valueQuantity"], "the value")
        return {"value": found.value, "comparator": found.comparator, "unit": found.unit}
    if "valueInteger" in resource:
        return {"value": cleaning.number(resource["valueInteger"], "the value")}
    if "valueBoolean" in resource:
        return {"text": "true" if resource["valueBoolean"] is True else "false"}
    said = None
    if "valueCodeableConcept" in resource:
        said = words(resource["valueCodeableConcept"], "the value")
    elif "valueString" in resource:
        said = cleaning.text(resource["valueString"], "the value", most=cleaning.REPORT, lines=True)
    elif _has_value(resource):
        raise Unfit("a value of a kind that is not read")
    if said is None and status not in WITHOUT_RESULT:
        raise Unfit("there is no value")
    return {"text": said}


def _reference_range(resource: Resource) -> tuple[Decimal | None, Decimal | None]:
    """The range in the unit of the value; one in another unit is none."""
    unit = part(resource.get("valueQuantity")).get("unit")
    for one in items(resource.get("referenceRange")):
        bounds = []
        for side in ("low", "high"):
            bound = part(one.get(side))
            fits = bound.get("value") is not None and bound.get("unit") in (None, unit)
            bounds.append(cleaning.number(bound["value"], "the reference range") if fits else None)
        if bounds != [None, None]:
            return bounds[0], bounds[1]
    return None, None


def _flag(resource: Resource) -> str | None:
    """The interpretation; of several, in whatever systems, the one that counts."""
    flags = [
        cleaning.text(coding.get("code"), "the interpretation")
        for concept in items(resource.get("interpretation"))
        for coding in codings(concept)
    ]
    found = gravest(flags)
    return None if found is None else found.upper()


def _unmapped(seen: Seen, at: datetime, reason: str) -> UnmappedDraft:
    concept = seen.resource.get("code")
    return UnmappedDraft(
        records=(seen.record,),
        mrn=seen.mrn,
        external_id=seen.external_id,
        observed_at=at,
        reason=reason,
        text=dumps(seen.resource),
        code=code_in(concept, LOINC) or first_code(concept),
        display=words(concept, "display"),
    )
