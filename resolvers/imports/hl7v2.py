"""Reads HL7 v2: ORU^R01 (results and vital signs) and ADT^A01 (admissions and their beds).

Of any message the PID is taken, so that what comes later finds its patient. What other messages
mean (a transfer, a merge, a document) is counted as not held, by the type of message.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import Any

from models.rules.admissions import AdmissionStatus
from models.rules.critical_results import TAKEN_BACK
from resolvers.imports import cleaning, hl7v2_people, hl7v2_results, winpath
from resolvers.imports.drafts import (
    AdmissionDraft,
    AllergyDraft,
    Batch,
    Draft,
    LabDraft,
    NotHeld,
    PatientDraft,
    Record,
    Rejected,
    Unfit,
    UnmappedDraft,
)
from resolvers.imports.hl7v2_segments import Message, Segment, messages, parse
from resolvers.imports.vital_sets import VitalSets

FORMAT = "hl7v2"
CHUNK = 1_000
"""Drafts in one transaction, or a few more: no message is cut."""

OF_PID_ALONE = frozenset({"ADT^A08", "ADT^A28", "ADT^A31"})
"""Messages that say nothing beyond the patient and the allergies."""


@dataclass(frozen=True, slots=True)
class _Context:
    """The message around a segment."""

    message: Message
    kind: str
    sender: str
    name: str
    sent_at: datetime
    issued_at: datetime | None
    mrn: str | None


class Reader:
    """Turns text into batches. `survey` every text before the first `batches`: the newest PID of a
    patient holds for all messages, so that reading a file again changes nothing back."""

    def __init__(self, *, now: datetime, zone: tzinfo) -> None:
        self._now = now
        self._zone = zone
        self._newest: dict[tuple[str, str], dict[str, Any]] = {}

    def survey(self, text: str) -> None:
        """Note who the patients of these messages are, in the order in which they were sent."""
        told: list[tuple[datetime, tuple[str, str], dict[str, Any]]] = []
        for lines in messages(text):
            few = [line for line in lines if line.startswith(("MSH", "PID"))]
            try:
                context = self._context(parse(few or lines))
                pid = context.message.first("PID")
                if pid is not None and context.mrn is not None:
                    values = hl7v2_people.patient(pid, self._now, self._zone)
                    told.append((context.sent_at, (context.sender, context.mrn), values))
            except Unfit:
                continue
        told.sort(key=lambda one: one[0])
        for _, who, values in told:
            self._newest[who] = self._newest.get(who, {}) | values

    def batches(self, text: str) -> Iterator[Batch]:
        """Batches of some thousand records, of one sender each, never cutting a message."""
        batch = Batch(FORMAT, "")
        for lines in messages(text):
            sender, drafts = self._message(lines)
            if batch.drafts and (sender != batch.sender or len(batch.drafts) >= CHUNK):
                yield batch
                batch = Batch(FORMAT, sender)
            size = batch.size + sum(len(line) + 1 for line in lines)
            batch = Batch(FORMAT, sender, [*batch.drafts, *drafts], size)
        if batch.drafts:
            yield batch

    def _message(self, lines: list[str]) -> tuple[str, list[Draft]]:
        try:
            message = parse(lines)
            context = self._context(message)
        except Unfit as error:
            text = "\r".join(lines)
            record = Record(f"sha256:{cleaning.digest(text)}", "unreadable", lambda: text)
            return FORMAT, [Rejected(records=(record,), reason=str(error))]
        return context.sender, list(_Work(self, context).drafts())

    def _context(self, message: Message) -> _Context:
        header = message.segments[0]
        sender = "/".join(part for part in (header.get(3), header.get(4)) if part)
        kind = "^".join(part for part in (header.get(9), header.get(9, 2)) if part)
        sent_at = cleaning.hl7_moment(header.get(7), "the time of the message", self._zone)
        pid = message.first("PID")
        number = None
        if pid is not None:
            try:
                number = hl7v2_people.mrn(pid)
            except Unfit:
                number = None
        return _Context(
            message,
            cleaning.needed(kind, "the type of the message", most=20),
            f"{FORMAT}:{cleaning.text(sender, 'sender') or 'unknown'}",
            f"{header.get(7)}|{cleaning.text(header.get(10), 'the message number') or ''}",
            sent_at,
            sent_at if sent_at <= self._now else None,
            number,
        )

    def newest(self, context: _Context) -> dict[str, Any] | None:
        """What the newest message says of the patient."""
        return self._newest.get((context.sender, context.mrn or ""))

    @property
    def clock(self) -> tuple[datetime, tzinfo]:
        """Now, and the zone of times without an offset."""
        return self._now, self._zone


class _Work:
    """The drafts of one message."""

    def __init__(self, reader: Reader, context: _Context) -> None:
        self._reader = reader
        self._context = context
        self._now, self._zone = reader.clock
        self._seen: dict[str, int] = {}
        self._obr: Segment | None = None
        self._about: LabDraft | None = None
        """The result to which a comment (NTE) that follows belongs."""
        self._names: dict[str, int] = {}

    def drafts(self) -> Iterator[Draft]:
        """Every segment that says something, once."""
        context = self._context
        for line in context.message.broken:
            record = self._record(line, "unreadable")
            yield Rejected(records=(record,), reason="this is no segment")
        found: list[Draft] = []
        sets = VitalSets()
        for segment in context.message.segments:
            found += self._segment(segment, sets)
        yield from _joined(found)
        yield from sets.drafts()

    def _segment(self, segment: Segment, sets: VitalSets) -> Iterable[Draft]:
        context = self._context
        match segment.name:
            case "MSH":
                yield from self._event(segment)
            case "PID":
                yield from self._try(segment, "Patient (PID)", self._patient)
            case "AL1":
                yield from self._try(segment, "Allergy (AL1)", self._allergy)
            case "OBR":
                self._obr, self._about = segment, None
            case "OBX" if context.kind != "ORU^R01":
                yield NotHeld(records=(self._record(segment.line, f"OBX of {context.kind}"),))
            case "OBX" if self._vital():
                yield from self._vital_sign(segment, sets)
            case "OBX":
                yield from self._try(segment, "Laboratory result (OBX)", self._lab)
            case "NTE" if context.kind == "ORU^R01":
                yield from self._try(segment, "Comment (NTE)", self._comment)
            case "NTE":
                yield NotHeld(records=(self._record(segment.line, f"NTE of {context.kind}"),))

    def _try(self, segment: Segment, kind: str, make: Any) -> Iterable[Draft]:
        record = self._record(segment.line, kind)
        try:
            yield make(segment, record)
        except Unfit as error:
            yield Rejected(records=(record,), reason=str(error))

    def _event(self, header: Segment) -> Iterable[Draft]:
        """What the message as a whole says beside its segments."""
        kind = self._context.kind
        if kind == "ADT^A01":
            yield from self._try(header, "Admission (ADT^A01)", self._admission)
        elif kind != "ORU^R01" and kind not in OF_PID_ALONE:
            yield NotHeld(records=(self._record(header.line, f"Message ({kind})"),))

    def _mrn(self) -> str:
        if self._context.mrn is None:
            raise Unfit("it does not say whose it is")
        return self._context.mrn

    def _patient(self, pid: Segment, record: Record) -> Draft:
        values = self._reader.newest(self._context)
        if values is None:
            values = hl7v2_people.patient(pid, self._now, self._zone)
        return PatientDraft(records=(record,), mrn=hl7v2_people.mrn(pid), values=values)

    def _admission(self, _: Segment, record: Record) -> Draft:
        context = self._context
        pv1 = context.message.first("PV1")
        if pv1 is None:
            raise Unfit("the visit (PV1) is missing")
        pv2 = context.message.first("PV2")
        values = hl7v2_people.admission(pv1, pv2, context.sent_at, self._now, self._zone)
        visit = cleaning.text(pv1.get(19), "the visit number")
        return AdmissionDraft(
            records=(record,),
            mrn=self._mrn(),
            external_id=visit or cleaning.digest(self._mrn(), values["admitted_at"].isoformat()),
            status=AdmissionStatus.IN_PROGRESS,
            **values,
        )

    def _allergy(self, al1: Segment, record: Record) -> Draft:
        values = hl7v2_people.allergy(al1, self._context.sent_at, self._now, self._zone)
        own = cleaning.digest(self._mrn(), al1.get(3) or values["substance"], al1.get(6))
        return AllergyDraft(records=(record,), mrn=self._mrn(), external_id=own, values=values)

    def _vital(self) -> bool:
        return self._obr is not None and (self._obr.get(4, 2) or "").lower() == "vital signs"

    def _vital_sign(self, obx: Segment, sets: VitalSets) -> Iterable[Draft]:
        record = self._record(obx.line, "Vital sign (OBX)")
        try:
            at = hl7v2_results.observed_at(obx, self._obr, self._now, self._zone)
            key = f"{self._order()}@{at.isoformat()}"
            measured = hl7v2_results.measurement(obx)
            if hl7v2_results.status(obx) in TAKEN_BACK:
                yield self._unmapped(obx, record, at, "a vital sign that was taken back")
            elif measured is not None:
                sets.add(key, self._mrn(), at, record, measured)
            else:
                if hl7v2_results.breathes_oxygen(obx):
                    sets.note(key, {"on_oxygen": True})
                yield self._unmapped(obx, record, at, "not a vital sign that is charted")
        except Unfit as error:
            yield Rejected(records=(record,), reason=str(error))

    def _lab(self, obx: Segment, record: Record) -> Draft:
        at = hl7v2_results.observed_at(obx, self._obr, self._now, self._zone)
        self._about = None
        test = hl7v2_results.test(obx)
        low, high = hl7v2_results.reference_range(obx)
        collected = (self._obr and self._obr.get(7)) or obx.get(14) or ""
        name = "|".join((self._order(), test.code, obx.get(4) or "", collected))
        told = hl7v2_results.value(obx)
        line = obx.get(2) in hl7v2_results.LINES and "text" in told
        repeated = 0 if line else self._names.get(name, 0)
        self._names[name] = repeated + 1
        self._about = LabDraft(
            records=(record,),
            mrn=self._mrn(),
            external_id=f"{name}#{repeated + 1}" if repeated else name,
            code=test.code,
            display=test.display,
            observed_at=at,
            issued_at=self._context.issued_at,
            status=hl7v2_results.status(obx),
            panel=self._panel(),
            unit=hl7v2_results.unit(obx),
            reference_low=low,
            reference_high=high,
            sender_flag=hl7v2_results.flag(obx),
            specimen=hl7v2_results.specimen(self._context.message, self._obr),
            unmapped=test.unmapped,
            ordered_by=hl7v2_results.ordered_by(self._obr),
            **told,
        )
        return self._about

    def _order(self) -> str:
        """The filler's number, else the placer's, else the message's."""
        found = self._obr and (self._obr.get(3) or self._obr.get(2))
        return cleaning.text(found, "the order number") or self._context.name

    def _panel(self) -> str | None:
        name = cleaning.text(self._obr and (self._obr.get(4, 2) or self._obr.get(4)), "the panel")
        return winpath.PANEL_OF.get(name.lower(), name) if name else None

    def _comment(self, nte: Segment, record: Record) -> Draft:
        about = self._about
        at = about.observed_at if about else self._context.sent_at
        return self._unmapped(nte, record, at, "a comment: a result has no place for one yet")

    def _unmapped(self, segment: Segment, record: Record, at: datetime, reason: str) -> Draft:
        about = self._about if segment.name == "NTE" else None
        code = about.code if about else cleaning.text(segment.get(3), "code")
        display = about.display if about else cleaning.text(segment.get(3, 2), "name")
        named = segment.name == "OBX"
        return UnmappedDraft(
            records=(record,),
            mrn=self._mrn(),
            external_id=cleaning.digest(record.key),
            observed_at=cleaning.happened(at, "the time of the observation", self._now),
            reason=reason,
            text=segment.line,
            code=code if named or about else None,
            display=display if named or about else None,
        )

    def _record(self, line: str, kind: str) -> Record:
        """Named by the message and the content of the segment, so that it has the same name when
        it is read again alone."""
        own = f"{self._context.sender}|{self._context.name}|{line[:3]} {cleaning.digest(line)}"
        count = self._seen.get(own, 0)
        self._seen[own] = count + 1
        key = f"{own}#{count + 1}" if count else own
        obr, context = self._obr, self._context
        return Record(key, kind, lambda: _alone(context.message, obr, line))


def _alone(message: Message, obr: Segment | None, line: str) -> str:
    """The segment in a message of its own, with the segments that give it its meaning."""
    around = [one.line for one in message.segments if one.name in ("MSH", "EVN", "PID", "PV1")]
    order = [] if obr is None else [obr, *hl7v2_results.specimens(message, obr)]
    kept = [*around, *(one.line for one in order)]
    return "\r".join(kept if line in kept else [*kept, line])


def _joined(found: list[Draft]) -> Iterator[Draft]:
    """Reports come line by line under one name: the lines of one are one textual result."""
    reports: dict[str, LabDraft] = {}
    order: list[str | Draft] = []
    for draft in found:
        if not isinstance(draft, LabDraft) or draft.text is None:
            order.append(draft)
            continue
        earlier = reports.get(draft.external_id)
        if earlier is None:
            order.append(draft.external_id)
            reports[draft.external_id] = draft
        else:
            reports[draft.external_id] = replace(
                earlier,
                records=(*earlier.records, *draft.records),
                text=f"{earlier.text}\n{draft.text}",
            )
    for one in order:
        yield reports[one] if isinstance(one, str) else one
