"""Patients: registering one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

import models
from models.rules.patients import Sex
from models.rules.scopes import Scope
from resolvers import inputs, rows
from resolvers.actors import Actor
from resolvers.errors import BadInput
from resolvers.transaction import Transaction

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


async def register_patient(
    tx: Transaction,
    actor: Actor,
    *,
    mrn: str,
    given_name: str,
    family_name: str,
    sex: Sex,
    birth_date: date | None = None,
    phone: str | None = None,
    email: str | None = None,
    address: str | None = None,
    national_id: str | None = None,
) -> dict[str, Any]:
    """Register a patient under an MRN that the hospital has not given yet (CONFLICT otherwise)."""
    actor.reaches(Scope.PATIENT_REGISTER)
    values = {
        "mrn": inputs.text(mrn, "mrn"),
        "given_name": inputs.text(given_name, "givenName"),
        "family_name": inputs.text(family_name, "familyName"),
        "sex": sex.value,
        "birth_date": _birth_date(birth_date, tx),
        "phone": inputs.optional_text(phone, "phone"),
        "email": _email(email),
        "address": inputs.optional_text(address, "address", most=inputs.FREE_TEXT, lines=True),
        "national_id": inputs.optional_text(national_id, "nationalId"),
    }
    with rows.conflicting({"uq_patients_hospital_id_mrn": "this MRN is registered already"}):
        return {"patient": await rows.add(tx, actor, models.Patient, **values)}


def _birth_date(born: date | None, tx: Transaction) -> date | None:
    if born is None:
        return None
    # A child born an hour ago has tomorrow's date where the day begins before it does in UTC.
    if born > tx.now.date() + timedelta(days=1):
        raise BadInput("birthDate is in the future", field="birthDate", limit="<= today")
    if born < inputs.EARLIEST.date():
        raise BadInput(
            "birthDate is too long ago", field="birthDate", limit=f">= {inputs.EARLIEST.year}"
        )
    return born


def _email(email: str | None) -> str | None:
    found = inputs.optional_text(email, "email")
    if found is not None and not _EMAIL.fullmatch(found):
        raise BadInput("email is not an address", field="email", limit="name@domain")
    return found
