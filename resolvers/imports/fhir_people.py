"""FHIR Patient, Encounter and AllergyIntolerance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, tzinfo
from types import MappingProxyType
from typing import Any

from models.rules.admissions import AdmissionStatus
from models.rules.allergies import Criticality
from models.rules.patients import Sex
from resolvers import inputs
from resolvers.imports import cleaning
from resolvers.imports.drafts import Unfit
from resolvers.imports.fhir_elements import Resource, codings, first_code, items, part, words

NATIONAL = ("http://hl7.org/fhir/sid/us-ssn", "https://fhir.nhs.uk/Id/nhs-number")
"""Systems of national identifiers; the types SS, NI and NH (v2-0203) say the same."""

INPATIENT = frozenset({"IMP", "ACUTE", "NONAC"})
"""HL7 v3-ActCode: inpatient, and its two kinds."""

SEX: Mapping[str, Sex] = MappingProxyType({sex.lower(): sex for sex in Sex})

ENCOUNTER_STATUS: Mapping[str, AdmissionStatus] = MappingProxyType(
    {
        "planned": AdmissionStatus.PLANNED,
        "arrived": AdmissionStatus.IN_PROGRESS,
        "triaged": AdmissionStatus.IN_PROGRESS,
        "in-progress": AdmissionStatus.IN_PROGRESS,
        "onleave": AdmissionStatus.ON_LEAVE,
        "finished": AdmissionStatus.FINISHED,
        "cancelled": AdmissionStatus.CANCELLED,
        "entered-in-error": AdmissionStatus.CANCELLED,
    }
)
"""FHIR R4 encounter-status."""

CRITICALITY: Mapping[str, Criticality] = MappingProxyType(
    {"low": Criticality.LOW, "high": Criticality.HIGH}
)


def mrn(resource: Resource, reference: str | None) -> str:
    """The medical record number (type MR), else the id of the resource. Raises Unfit."""
    for value in _identifiers(resource, {"MR"}, ()):
        return value
    return cleaning.needed(
        resource.get("id") or reference, "a medical record number", most=cleaning.IDENTIFIER
    )


def patient(resource: Resource, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The columns of `patients` that the resource tells. Raises Unfit."""
    family, given = _name(resource)
    values: dict[str, Any] = {
        "family_name": family,
        "given_name": given,
        "sex": SEX.get(str(resource.get("gender")), Sex.UNKNOWN).value,
    }
    optional = {
        "birth_date": _birth_date(resource.get("birthDate"), now),
        "deceased_at": deceased(resource, now, zone),
        "phone": _telecom(resource, "phone"),
        "email": _telecom(resource, "email"),
        "address": _address(resource),
        "national_id": next(_identifiers(resource, {"SS", "NI", "NH"}, NATIONAL), None),
    }
    return values | {name: value for name, value in optional.items() if value is not None}


def _identifiers(resource: Resource, types: set[str], systems: tuple[str, ...]) -> Iterator[str]:
    for one in items(resource.get("identifier")):
        known = {coding.get("code") for coding in codings(one.get("type"))}
        if known & types or one.get("system") in systems:
            value = cleaning.text(one.get("value"), "an identifier", most=cleaning.IDENTIFIER)
            if value is not None:
                yield value


def _name(resource: Resource) -> tuple[str, str]:
    """Family and given names; somebody with one name has it as the family name."""
    names = list(items(resource.get("name")))
    names.sort(key=lambda name: name.get("use") != "official")
    for name in names:
        parts = name.get("given")
        written = (
            [each for each in parts if isinstance(each, str)] if isinstance(parts, list) else []
        )
        given = cleaning.text(" ".join(written), "given name")
        family = cleaning.text(name.get("family"), "family name")
        family = family or cleaning.text(name.get("text"), "name")
        if family or given:
            return (family, given or "") if family else (given or "", "")
    raise Unfit("the patient has no name")


def _birth_date(value: object, now: datetime) -> date | None:
    """The date; None where only the year or month is known: an age made up would be judged by."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise Unfit("the date of birth is no date")
    if len(value) < len("2026-01-31"):
        return None
    try:
        found = date.fromisoformat(value)
    except ValueError:
        raise Unfit("the date of birth is no date") from None
    if not inputs.EARLIEST.date() <= found <= (now + inputs.CLOCK_SKEW).date():
        raise Unfit("the date of birth cannot be")
    return found


def deceased(resource: Resource, now: datetime, zone: tzinfo) -> datetime | None:
    """When; a bare `deceasedBoolean` does not say, and no time is made up for it."""
    written = resource.get("deceasedDateTime")
    if written is None:
        return None
    return cleaning.happened(
        cleaning.iso_moment(written, "the time of death", zone), "the time of death", now
    )


def _telecom(resource: Resource, system: str) -> str | None:
    for one in items(resource.get("telecom")):
        if one.get("system") == system and one.get("use") != "old":
            return cleaning.text(one.get("value"), system)
    return None


def _address(resource: Resource) -> str | None:
    for one in items(resource.get("address")):
        if one.get("use") == "old":
            continue
        lines = one["line"] if isinstance(one.get("line"), list) else []
        town = (one.get("city"), one.get("state"), one.get("postalCode"), one.get("country"))
        written = [each for each in (*lines, *town) if isinstance(each, str) and each.strip()]
        return cleaning.text(
            ", ".join(written) or one.get("text"), "address", most=inputs.FREE_TEXT
        )
    return None


def admission(
    resource: Resource, died_at: datetime | None, now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """The values of an admission. Raises Unfit.

    Without an end the stay goes on, except where the patient has died: then it ended there.
    """
    status = ENCOUNTER_STATUS.get(str(resource.get("status")))
    if status is None:
        raise Unfit("the status of the encounter is not known")
    period = part(resource.get("period"))
    start = cleaning.iso_moment(period.get("start"), "the start", zone)
    if status is not AdmissionStatus.PLANNED:
        start = cleaning.happened(start, "the start", now)
    end = None
    disposition = words(
        part(resource.get("hospitalization")).get("dischargeDisposition"), "disposition"
    )
    if status is AdmissionStatus.FINISHED:
        if period.get("end") is None:
            raise Unfit("a finished encounter without an end")
        end = cleaning.happened(cleaning.iso_moment(period["end"], "the end", zone), "the end", now)
        if end < start:
            raise Unfit("the end is before the start")
    elif status is AdmissionStatus.IN_PROGRESS and died_at is not None:
        status, end, disposition = AdmissionStatus.FINISHED, max(died_at, start), "died"
    reasons = items(resource.get("reasonCode"))
    kinds = items(resource.get("type"))
    reason = next((found for one in (*reasons, *kinds) if (found := words(one, "reason"))), None)
    return {
        "status": status,
        "admitted_at": start,
        "discharged_at": end,
        "reason": reason,
        "disposition": disposition,
    }


def allergy(resource: Resource, now: datetime, zone: tzinfo) -> tuple[dict[str, Any], bool]:
    """The columns of `allergies`, and whether the sender took it back. Raises Unfit.

    An inactive allergy is kept and says so: there is no column for it yet, and to warn once too
    often is the safe side.
    """
    substance = words(resource.get("code"), "substance", most=inputs.NAME)
    if substance is None:
        raise Unfit("the substance is missing")
    said: list[str] = []
    for reaction in items(resource.get("reaction")):
        said += [
            found
            for one in items(reaction.get("manifestation"))
            if (found := words(one, "reaction"))
        ]
    clinical = first_code(resource.get("clinicalStatus"))
    if clinical in ("inactive", "resolved"):
        said.append(f"({clinical}, says the sender)")
    written = resource.get("recordedDate") or resource.get("onsetDateTime")
    values = {
        "substance": substance,
        "code": first_code(resource.get("code")),
        "reaction": cleaning.text("; ".join(said), "reaction", most=inputs.FREE_TEXT),
        "criticality": CRITICALITY.get(
            str(resource.get("criticality")), Criticality.UNABLE_TO_ASSESS
        ).value,
        "recorded_at": cleaning.happened(
            cleaning.iso_moment(written, "the time of recording", zone),
            "the time of recording",
            now,
        ),
    }
    verified = first_code(resource.get("verificationStatus"))
    return values, verified in ("entered-in-error", "refuted")
