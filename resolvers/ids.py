"""Public ids: opaque typed strings over the UUIDv7 of the row, e.g. `pat_0193…`."""

from __future__ import annotations

from uuid import UUID

import models
from resolvers.errors import NotFound

PREFIXES: dict[type[models.Base], str] = {
    models.User: "usr",
    models.Ward: "wrd",
    models.Bed: "bed",
    models.Admission: "adm",
    models.Isolation: "iso",
    models.Patient: "pat",
    models.VitalSigns: "vit",
    models.Spo2ScaleDecision: "spd",
    models.Pregnancy: "prg",
    models.LabResult: "lab",
    models.CriticalResult: "crt",
    models.CriticalRule: "crl",
    models.MedicationOrder: "med",
    models.MedicationAdministration: "mad",
    models.Allergy: "alg",
    models.CareTeamMember: "ctm",
    models.EmergencyAccess: "emg",
}


def encode(model: type[models.Base], row_id: UUID) -> str:
    """The public id of a row."""
    return f"{PREFIXES[model]}_{row_id}"


def decode(model: type[models.Base], public_id: str) -> UUID | None:
    """The row's id, or None where the string is no id of that type."""
    prefix, _, rest = public_id.partition("_")
    if prefix != PREFIXES[model]:
        return None
    try:
        found = UUID(rest)
    except ValueError:
        return None
    # One spelling only: an id is compared as text by those who hold it.
    return found if str(found) == rest else None


def required(model: type[models.Base], public_id: str, field: str) -> UUID:
    """Like `decode`, for an input that must name a row: NOT_FOUND with the field otherwise."""
    found = decode(model, public_id)
    if found is None:
        raise NotFound(f"{field} names nothing here", field=field)
    return found
