"""Reads FHIR R4: bundles, single resources and lines of them, as plain JSON.

Plain JSON and no model of every resource: what arrives are transaction bundles of a known profile,
of which an eighth of the types concerns a ward. Validating all the rest costs seconds a file and
rejects nothing that could be used; what is used is checked where it is read, field by field.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from resolvers.imports import cleaning, fhir_medications, fhir_observations, fhir_people
from resolvers.imports.drafts import (
    AdmissionDraft,
    AllergyDraft,
    Batch,
    Draft,
    NotHeld,
    OrderDraft,
    PatientDraft,
    Record,
    Rejected,
    Unfit,
)
from resolvers.imports.exact_json import dumps, loads
from resolvers.imports.fhir_elements import (
    LOINC,
    Resource,
    code_in,
    first_code,
    items,
    part,
    reference,
)
from resolvers.imports.vital_sets import VitalSets

FORMAT = "fhir"
UNREADABLE = "unreadable"
_TYPE = re.compile(r"[A-Z][A-Za-z]{1,63}")


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource and the id by which others refer to it. `broken` says why there is none."""

    resource: Resource
    reference: str | None = None
    broken: str | None = None
    text: str | None = None


def entries(text: str) -> list[Entry]:
    """The resources of a document: those of a Bundle, or the one it is. Never raises: what is no
    JSON, or no resource, is one entry that says so."""
    try:
        document = loads(text)
    except ValueError:
        return [Entry({}, broken="this is no JSON", text=text)]
    if not isinstance(document, dict) or "resourceType" not in document:
        return [Entry({}, broken="this is no FHIR resource", text=text)]
    if document["resourceType"] != "Bundle":
        return [Entry(document, _text(document.get("id")))]
    inside = document.get("entry", [])
    if not isinstance(inside, list):
        return [Entry({}, broken="a bundle whose entries are no list", text=text)]
    return [_entry(one) for one in inside]


def _entry(one: Any) -> Entry:
    resource = part(part(one).get("resource"))
    if not resource:
        return Entry({}, broken="an entry without a resource", text=dumps(one))
    address = _text(part(one).get("fullUrl"))
    if address is not None:
        address = reference({"reference": address})
    return Entry(resource, _text(resource.get("id")) or address)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


class Reader:
    """Turns entries into drafts. It remembers, over the files of a run, who the patients are and
    which panel a result belongs to, so that the parts of a bulk export find each other."""

    def __init__(self, *, sender: str, now: datetime, zone: tzinfo) -> None:
        self._sender = sender
        self._now = now
        self._zone = zone
        self._patients: dict[str, tuple[str, datetime | None]] = {}
        self._panels: dict[str, str] = {}
        self._medications: dict[str, Resource] = {}
        self._specimens: dict[str, str | None] = {}
        self._sets = VitalSets()

    def batch(self, found: Sequence[Entry], *, last: bool = True) -> Batch:
        """The drafts of these entries, patients first.

        Sets of vital signs are held back until the `last` part of a file: the measurements of one
        set lie anywhere in a bulk export, and a set is never changed once it is recorded.
        """
        for entry in found:
            self._introduce(entry)
        drafts: list[Draft] = []
        for entry in found:
            record = self._record(entry)
            try:
                draft = self._translate(entry, record, self._sets)
            except Unfit as error:
                draft = Rejected(records=(record,), reason=str(error))
            if draft is not None:
                drafts.append(draft)
        if last:
            drafts += self._sets.drafts()
            self._sets = VitalSets()
        drafts.sort(key=lambda draft: not isinstance(draft, PatientDraft))
        return Batch(FORMAT, self._sender, drafts)

    def _introduce(self, entry: Entry) -> None:
        resource, name = entry.resource, entry.reference
        match resource.get("resourceType"):
            case "Patient" if name:
                try:
                    number = fhir_people.mrn(resource, name)
                    died = fhir_people.deceased(resource, self._now, self._zone)
                except Unfit:
                    return
                self._patients[name] = number, died
            case "DiagnosticReport":
                concept = resource.get("code")
                panel = code_in(concept, LOINC) or first_code(concept)
                if panel is not None:
                    for result in items(resource.get("result")):
                        self._panels[reference(result) or ""] = panel
            case "Medication" if name:
                self._medications[name] = resource
            case "Specimen" if name:
                self._specimens[name] = fhir_observations.specimen(resource)

    def _translate(self, entry: Entry, record: Record, sets: VitalSets) -> Draft | None:
        if entry.broken is not None:
            raise Unfit(entry.broken)
        resource = entry.resource
        kind = record.type.partition(" ")[0]
        if kind == UNREADABLE:
            raise Unfit("the type of the resource is none")
        if kind == "Patient":
            return PatientDraft(
                records=(record,),
                mrn=fhir_people.mrn(resource, entry.reference),
                values=fhir_people.patient(resource, self._now, self._zone),
            )
        if not self._held(kind, resource):
            return NotHeld(records=(record,))
        return self._of_patient(kind, entry, record, sets)

    @staticmethod
    def _held(kind: str, resource: Resource) -> bool:
        match kind:
            case "Encounter":
                return part(resource.get("class")).get("code") in fhir_people.INPATIENT
            case "MedicationRequest":
                return resource.get("intent") in fhir_medications.ORDERS
            case "Observation" | "AllergyIntolerance":
                return True
            case _:
                return False

    def _of_patient(self, kind: str, entry: Entry, record: Record, sets: VitalSets) -> Draft | None:
        resource = entry.resource
        subject = reference(resource.get("patient") or resource.get("subject"))
        if subject is None:
            raise Unfit("it does not say whose it is")
        number, died = self._patients.get(subject, (subject, None))
        number = cleaning.needed(number, "the patient", most=cleaning.IDENTIFIER)
        own = entry.reference or cleaning.digest(dumps(resource))
        match kind:
            case "Encounter":
                values = fhir_people.admission(resource, died, self._now, self._zone)
                return AdmissionDraft(records=(record,), mrn=number, external_id=own, **values)
            case "AllergyIntolerance":
                values, back = fhir_people.allergy(resource, self._now, self._zone)
                return AllergyDraft(
                    records=(record,), mrn=number, external_id=own, values=values, taken_back=back
                )
            case "MedicationRequest":
                values = fhir_medications.order(resource, self._medications, self._now, self._zone)
                return OrderDraft(records=(record,), mrn=number, external_id=own, values=values)
            case _:
                panel, examined = self._panels.get(own), self._examined(resource)
                seen = fhir_observations.Seen(
                    resource, record, subject, number, own, panel, examined
                )
                return fhir_observations.translate(seen, sets, self._now, self._zone)

    def _examined(self, resource: Resource) -> str | None:
        """What was examined, if it is said in the resource itself, or was before or beside it."""
        name = reference(resource.get("specimen"))
        for one in items(resource.get("contained")):
            if one.get("resourceType") == "Specimen" and one.get("id") == name:
                return fhir_observations.specimen(one)
        return self._specimens.get(name or "")

    def _record(self, entry: Entry) -> Record:
        if entry.broken is not None:
            text = entry.text or ""
            return Record(f"sha256:{cleaning.digest(text)}", UNREADABLE, lambda: text)
        kind = str(entry.resource.get("resourceType"))
        if not _TYPE.fullmatch(kind):
            kind = UNREADABLE
        name = entry.reference or f"sha256:{cleaning.digest(dumps(entry.resource))}"
        return Record(
            f"{self._sender}|{kind}/{name}",
            _label(kind, entry.resource),
            lambda: self._alone(entry),
        )

    def _alone(self, entry: Entry) -> str:
        """The resource as it came, in a bundle with what it refers to: enough to read it again."""
        resource = entry.resource
        around: list[Resource] = []
        subject = reference(resource.get("patient") or resource.get("subject"))
        if subject in self._patients:
            number, _ = self._patients[subject]
            around.append(_stub(subject, number))
        drug = reference(resource.get("medicationReference"))
        if drug in self._medications:
            around.append(self._medications[drug])
        if entry.reference in self._panels:
            panel = self._panels[entry.reference]
            around.append(_report(entry.reference, panel))
        bundle = [{"resource": one} for one in (*around, resource)]
        return dumps({"resourceType": "Bundle", "type": "collection", "entry": bundle})


def _label(kind: str, resource: Resource) -> str:
    """The row of the table: an inpatient encounter is another thing than a visit."""
    if kind == "Encounter":
        code = part(resource.get("class")).get("code")
        shown = code if isinstance(code, str) and _SHORT.fullmatch(code) else "?"
        return f"{kind} ({shown})"
    if kind == "Observation":
        return f"{kind} ({fhir_observations.category(resource)})"
    return kind


_SHORT = re.compile(r"[A-Za-z-]{1,20}")


def _stub(name: str, number: str) -> Resource:
    identifier = {"type": {"coding": [{"code": "MR"}]}, "value": number}
    return {"resourceType": "Patient", "id": name, "identifier": [identifier]}


def _report(name: str, panel: str) -> Resource:
    return {
        "resourceType": "DiagnosticReport",
        "code": {"coding": [{"code": panel}]},
        "result": [{"reference": f"Observation/{name}"}],
    }
