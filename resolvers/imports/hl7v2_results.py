"""HL7 v2 OBX: what a result says, and which test or vital sign it is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from itertools import takewhile
from typing import Any

from models.rules.critical_results import TAKEN_BACK
from models.rules.results import STATUS_OF_OBX11, ResultStatus, gravest
from models.rules.specimens import specimen as known_specimen
from models.rules.units import canonical
from resolvers.imports import cleaning, winpath
from resolvers.imports.drafts import Unfit
from resolvers.imports.hl7v2_segments import Message, Segment
from resolvers.imports.vital_codes import (
    BY_LOINC,
    BY_MDC,
    CONSCIOUSNESS,
    ROOM_AIR,
    Sign,
    charted,
)

LINES = frozenset({"TX", "FT", "ST"})
"""Value types in which a report comes line by line, a segment each."""

_N = r"(-?\d+(?:\.\d+)?)"
_BETWEEN = re.compile(rf"{_N}\s*-\s*{_N}")
_BOUND = re.compile(rf"([<>])=?\s*{_N}")
_COMPARED = re.compile(r"([<>]=?)\s*(.+)")


@dataclass(frozen=True, slots=True)
class Test:
    """What OBX-3 names. `code` is LOINC unless `unmapped`."""

    code: str
    display: str
    unmapped: bool


def unit(obx: Segment) -> str | None:
    """OBX-6 in UCUM where it is known (UMOLL is umol/L), else as it was sent."""
    written = cleaning.text(obx.get(6), "unit", most=50)
    return canonical(written) or written


def test(obx: Segment) -> Test:
    """The test: LOINC as sent (in either coding of OBX-3) or by the map, else the local code."""
    local, name = cleaning.text(obx.get(3), "code"), cleaning.text(obx.get(3, 2), "name")
    if local is None and name is None:
        raise Unfit("the code of the test is missing")
    display = name or local or ""
    for component in (1, 4):
        if obx.get(3, component + 2) in ("LN", "LOINC-LN"):
            code = cleaning.text(obx.get(3, component), "code")
            if code is not None:
                return Test(code, display, unmapped=False)
    found = winpath.loinc(name, obx.get(3, 3), unit(obx))
    return Test(found or local or display, display, unmapped=found is None)


def observed_at(obx: Segment, obr: Segment | None, now: datetime, zone: tzinfo) -> datetime:
    """OBX-14, else OBR-7. Raises Unfit."""
    written = obx.get(14) or (None if obr is None else obr.get(7))
    moment = cleaning.hl7_moment(written, "the time of the observation", zone)
    return cleaning.happened(moment, "the time of the observation", now)


def status(obx: Segment) -> ResultStatus:
    """OBX-11, table 0085. Raises Unfit."""
    found = STATUS_OF_OBX11.get(obx.get(11) or "")
    if found is None:
        raise Unfit("the status (OBX-11) is not one that holds a result")
    return found


def flag(obx: Segment) -> str | None:
    """OBX-8; of several the one that counts."""
    flags = [obx.get(8, repetition=at) for at in range(1, obx.repetitions(8) + 1)]
    return cleaning.text(gravest(flags), "flag", most=10)


def ordered_by(obr: Segment | None) -> str | None:
    """OBR-16, the ordering provider: its number, by which it may be a user here. One that is too
    long to be a name is none."""
    written = None if obr is None else obr.get(16)
    return written if written is not None and len(written) <= 100 else None


def specimens(message: Message, obr: Segment | None) -> list[Segment]:
    """The SPM of an order: they come after its results, and before the next OBR."""
    if obr is None:
        return []
    begin = next(at for at, one in enumerate(message.segments) if one is obr)
    of_order = takewhile(lambda one: one.name != "OBR", message.segments[begin + 1 :])
    return [one for one in of_order if one.name == "SPM"]


def specimen(message: Message, obr: Segment | None) -> str | None:
    """What was examined: SPM-4, else OBR-15, which it has taken the place of."""
    types = [one.get(4) for one in specimens(message, obr)]
    source = None if obr is None else obr.get(15)
    # Its first component has parts of its own.
    return known_specimen(types or [source and source.partition("&")[0]])


def value(obx: Segment) -> dict[str, Any]:
    """The value of a result by the type in OBX-2: `value` and `comparator`, or `text`.

    A number that comes with "<" or in a textual type is still a number; a numeric type that holds
    none is a text. Raises Unfit where there is no value at all.
    """
    kind = obx.get(2)
    if kind == "SN":
        return _structured(obx)
    if kind in ("CE", "CWE", "CNE"):
        return {"text": cleaning.text(obx.get(5, 2) or obx.get(5), "the value", most=2_000)}
    written = obx.whole(5)
    if written is None:
        if status(obx) in TAKEN_BACK:
            return {}
        raise Unfit("there is no value")
    if kind not in ("TX", "FT"):
        compared = _COMPARED.fullmatch(written)
        comparator, digits = compared.groups() if compared else (None, written)
        try:
            return {"value": cleaning.number(digits, "the value"), "comparator": comparator}
        except Unfit:
            pass
    return {"text": cleaning.text(written, "the value", most=cleaning.REPORT, lines=True)}


def _structured(obx: Segment) -> dict[str, Any]:
    """SN: comparator ^ number ^ separator ^ number."""
    comparator, first = obx.get(5, 1), obx.get(5, 2)
    if obx.get(5, 3) is not None or first is None:
        parts = [obx.get(5, component) for component in (1, 2, 3, 4)]
        return {"text": cleaning.needed(" ".join(p for p in parts if p), "the value")}
    known = {None: None, "=": None, "<": "<", "<=": "<=", ">": ">", ">=": ">="}
    if comparator not in known:
        raise Unfit("a comparator that is not known")
    return {"value": cleaning.number(first, "the value"), "comparator": known[comparator]}


def reference_range(obx: Segment) -> tuple[Decimal | None, Decimal | None]:
    """OBX-7: `49 - 92`, `[ 150 - 450 ]`, `[ < 0.21 ]`, `> 1.5`; anything else is no range."""
    written = (obx.whole(7) or "").strip("[] ")
    between = _BETWEEN.fullmatch(written)
    if between:
        low, high = Decimal(between[1]), Decimal(between[2])
        return (low, high) if low <= high else (None, None)
    bound = _BOUND.fullmatch(written)
    if bound is None:
        return None, None
    return (None, Decimal(bound[2])) if bound[1] == "<" else (Decimal(bound[2]), None)


def sign(obx: Segment) -> Sign | None:
    """The charted vital sign that OBX-3 names, if it names one."""
    if obx.get(3, 3) == "LN":
        return BY_LOINC.get(obx.get(3) or "")
    return BY_MDC.get((obx.get(3, 2) or "").upper()) or BY_MDC.get((obx.get(3) or "").upper())


def measurement(obx: Segment) -> dict[str, Any] | None:
    """What the segment measures, by column of `vital_signs`; None: nothing that is charted.

    Raises Unfit for a vital sign that cannot be charted.
    """
    found = sign(obx)
    if found is not None:
        read = value(obx)
        if read.get("value") is None or read.get("comparator"):
            raise Unfit("a vital sign without a number")
        return {found.column: charted(found, read["value"], unit(obx))}
    if (obx.get(3, 2) or "").upper() in ("AVPU", "ACVPU"):
        level = CONSCIOUSNESS.get((obx.whole(5) or "").upper())
        if level is None:
            raise Unfit("a level of consciousness that is not known")
        return {"consciousness": level}
    return None


def breathes_oxygen(obx: Segment) -> bool:
    """Whether the segment says that the patient is given oxygen: a flow, or more than room air."""
    name = (obx.get(3, 2) or "").upper()
    if name not in ("OXYL", "INSOXY"):
        return False
    try:
        amount = cleaning.number(obx.whole(5) or "", "the value")
    except Unfit:
        return False
    return amount > (ROOM_AIR if name == "INSOXY" else 0)
