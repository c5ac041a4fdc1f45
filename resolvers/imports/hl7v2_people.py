"""HL7 v2 PID, PV1 and AL1: the patient, the admission and its bed, allergies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any

from models.rules.allergies import Criticality
from models.rules.patients import Sex
from resolvers import inputs
from resolvers.imports import cleaning
from resolvers.imports.drafts import Place, Unfit
from resolvers.imports.hl7v2_segments import NULL, Segment

RECORD_NUMBER = frozenset({"MR", "MRN", "PI"})
NATIONAL = frozenset({"NH", "NHSNMBR", "NI", "SS"})
"""Types of identifier (CX.5), table 0203 and what is written in its place."""

SEX: Mapping[str, Sex] = MappingProxyType(
    {"F": Sex.FEMALE, "M": Sex.MALE, "O": Sex.OTHER, "A": Sex.OTHER, "U": Sex.UNKNOWN}
)
"""Table 0001."""

CRITICALITY: Mapping[str, Criticality] = MappingProxyType(
    {"SV": Criticality.HIGH, "MI": Criticality.LOW}
)
"""Table 0128, severity of the last reaction: severe and mild say how bad the next could be,
moderate does not."""


def mrn(pid: Segment) -> str:
    """The medical record number: of PID-3 the one of that type, else the first. Raises Unfit."""
    for repetition in range(1, pid.repetitions(3) + 1):
        if pid.get(3, 5, repetition) in RECORD_NUMBER:
            found = pid.get(3, 1, repetition)
            if found is not None:
                return cleaning.needed(found, "a record number", most=cleaning.IDENTIFIER)
    return cleaning.needed(
        pid.get(3) or pid.get(2), "a medical record number", most=cleaning.IDENTIFIER
    )


def patient(pid: Segment, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The columns of `patients` that the segment tells; an explicit null empties one.

    Raises Unfit.
    """
    family = cleaning.text(pid.get(5), "family name")
    names = (pid.get(5, 2), pid.get(5, 3))
    given = cleaning.text(" ".join(name for name in names if name), "given name")
    if family is None and given is None:
        raise Unfit("the patient has no name")
    values: dict[str, Any] = {
        "family_name": family or given,
        "given_name": (given or "") if family else "",
        "sex": SEX.get(pid.get(8) or "", Sex.UNKNOWN).value,
    }
    if pid.get(7) is not None:
        born = cleaning.hl7_moment(pid.get(7), "the date of birth", zone)
        values["birth_date"] = cleaning.happened(born, "the date of birth", now).date()
    if pid.get(29) is not None:
        died = cleaning.hl7_moment(pid.get(29), "the time of death", zone)
        values["deceased_at"] = cleaning.happened(died, "the time of death", now)
    written = {
        "phone": cleaning.text(pid.get(13), "phone"),
        "email": cleaning.text(pid.get(13, 4), "email"),
        "address": _address(pid),
        "national_id": _national(pid),
    }
    values |= {name: value for name, value in written.items() if value is not None}
    for name, number in (("phone", 13), ("address", 11), ("birth_date", 7), ("deceased_at", 29)):
        if pid.said(number) == NULL:
            values[name] = None
    return values


def _address(pid: Segment) -> str | None:
    parts = [pid.get(11, component) for component in (1, 2, 3, 4, 5, 6)]
    return cleaning.text(
        ", ".join(part for part in parts if part), "address", most=inputs.FREE_TEXT
    )


def _national(pid: Segment) -> str | None:
    for repetition in range(1, pid.repetitions(3) + 1):
        if pid.get(3, 5, repetition) in NATIONAL:
            return cleaning.text(
                pid.get(3, 1, repetition), "an identifier", most=cleaning.IDENTIFIER
            )
    return cleaning.text(pid.get(19), "an identifier", most=cleaning.IDENTIFIER)


def place(pv1: Segment) -> Place | None:
    """Where the patient lies (PV1-3); None where no ward is named. Raises Unfit."""
    ward = cleaning.text(pv1.get(3), "ward")
    if ward is None:
        return None
    room, bed = cleaning.text(pv1.get(3, 2), "room"), cleaning.text(pv1.get(3, 3), "bed")
    return Place(ward, room, bed)


def admission(
    pv1: Segment, pv2: Segment | None, sent_at: datetime, now: datetime, zone: tzinfo
) -> dict[str, Any]:
    """The values of an admission by its message. Raises Unfit."""
    at = sent_at
    if pv1.get(44) is not None:
        at = cleaning.hl7_moment(pv1.get(44), "the time of admission", zone)
    reason = None if pv2 is None else pv2.get(3, 2) or pv2.get(3)
    return {
        "admitted_at": cleaning.happened(at, "the time of admission", now),
        "reason": cleaning.text(reason, "reason", most=inputs.FREE_TEXT),
        "place": place(pv1),
    }


def allergy(al1: Segment, sent_at: datetime, now: datetime, zone: tzinfo) -> dict[str, Any]:
    """The columns of `allergies`. Raises Unfit."""
    code = cleaning.text(al1.get(3), "code")
    at = sent_at
    if al1.get(6) is not None:
        at = cleaning.hl7_moment(al1.get(6), "the time of recording", zone)
    return {
        "substance": cleaning.needed(al1.get(3, 2) or code, "the substance"),
        "code": code if al1.get(3, 2) else None,
        "reaction": cleaning.text(al1.whole(5), "reaction", most=inputs.FREE_TEXT),
        "criticality": CRITICALITY.get(al1.get(4) or "", Criticality.UNABLE_TO_ASSESS).value,
        "recorded_at": cleaning.happened(at, "the time of recording", now),
    }
