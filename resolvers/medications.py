"""Medication orders: placing them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import models
from models.rules import medications, routes
from models.rules.drugs import Substance
from models.rules.medications import Frequency, MedicationStatus, OrderStepKind
from models.rules.refusals import Refusal as RuledOut
from models.rules.scopes import Scope
from resolvers import doses, inputs, medication_history, medication_warnings, rows, visible
from resolvers.actors import Actor
from resolvers.errors import BadInput
from resolvers.transaction import Transaction


async def order_medication(
    tx: Transaction,
    actor: Actor,
    *,
    patient_id: str,
    drug: str,
    code: str | None = None,
    dose: Decimal | None = None,
    dose_unit: str | None = None,
    route: str | None = None,
    frequency: str | None = None,
    times: Sequence[str] | None = None,
    as_needed: bool | None = False,
    as_needed_reason: str | None = None,
    max_per_day: int | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
    draft: bool | None = False,
    override_reason: str | None = None,
) -> dict[str, Any]:
    """Order a drug for a patient; the order is ACTIVE at once, its doses from `starts_at` on.

    `draft`: it is prepared, and is an order when somebody starts it. An allergy on record that
    speaks against it, the same drug or one of its class running already, or one that it is known
    not to go with, is a CONFLICT that lists the warnings, unless `override_reason` says why all the
    same: then reason and warnings stay on the order.
    """
    # Locked, so that of two orders of one drug at once the second is warned of the first.
    patient = await visible.row(
        tx, actor, Scope.MEDICATION_ORDER, models.Patient, patient_id, field="patientId", lock=True
    )
    wanted = Substance(inputs.text(drug, "drug"), inputs.optional_text(code, "code"))
    often = _frequency(frequency)
    reason = inputs.optional_text(
        override_reason, "overrideReason", most=inputs.FREE_TEXT, lines=True
    )
    values: dict[str, Any] = {
        "dose": inputs.positive(dose, "dose", below=doses.LARGEST),
        "dose_unit": doses.unit(dose, dose_unit),
        "route": _route(route),
        "frequency": None if often is None else often.value,
        **_as_needed(bool(as_needed), as_needed_reason, max_per_day, often),
        **_times(often, times or (), needed=bool(as_needed)),
        **_between(starts_at, ends_at, tx.now),
    }
    found = await medication_warnings.against(tx, patient["id"], wanted)
    if found and reason is None:
        raise medication_warnings.refuse(actor, found)
    values["override_reason"] = reason if found else None
    status = MedicationStatus.DRAFT if draft else MedicationStatus.ACTIVE
    order = await rows.add(
        tx,
        actor,
        models.MedicationOrder,
        patient_id=patient["id"],
        drug=wanted.name,
        code=wanted.code,
        **values,
        # Who places an order reads it: what they may not read of its causes is not in its words.
        warnings=[
            f"{one.kind}: {one.message}"
            if medication_warnings.readable(actor, one.kind.value)
            else one.kind.value
            for one in (each.warning for each in found)
        ],
        status=status.value,
        ordered_at=tx.now,
    )
    step = {"order_id": order, "patient_id": patient["id"], "status": status}
    await medication_history.add(tx, actor, kind=OrderStepKind.ORDERED, **step)
    if found and reason is not None:
        await medication_warnings.keep(tx, order, patient["id"], found)
        await medication_warnings.override(tx, actor, order, reason)
        await medication_history.add(
            tx, actor, kind=OrderStepKind.OVERRIDDEN, reason=reason, **step
        )
    return {"medication": order}


def _route(said: str | None) -> str | None:
    written = inputs.optional_text(said, "route")
    if written is None:
        return None
    found = routes.route(written)
    if isinstance(found, RuledOut):
        raise BadInput(found.reason, field="route", limit=", ".join(found.allowed))
    return found


def _frequency(said: str | None) -> Frequency | None:
    written = inputs.optional_text(said, "frequency")
    if written is None:
        return None
    found = medications.frequency(written)
    if isinstance(found, RuledOut):
        raise BadInput(found.reason, field="frequency", limit=", ".join(found.allowed))
    return found


def _as_needed(
    needed: bool, reason: str | None, most: int | None, often: Frequency | None
) -> dict[str, Any]:
    said = inputs.optional_text(reason, "asNeededReason", most=inputs.FREE_TEXT, lines=True)
    ruled_out = medications.as_needed(needed=needed, reason=said)
    if ruled_out is not None:
        raise BadInput(ruled_out.reason, field="asNeededReason")
    found = medications.most_per_day(needed=needed, most=most, often=often)
    if isinstance(found, RuledOut):
        limit = f"1 to {medications.MOST_PER_DAY} with asNeeded, none without"
        raise BadInput(found.reason, field="maxPerDay", limit=limit)
    return {"as_needed": needed, "as_needed_reason": said, "max_per_day": found}


def _times(often: Frequency | None, chosen: Sequence[str], *, needed: bool) -> dict[str, Any]:
    found = medications.times(often, chosen, needed=needed)
    if isinstance(found, RuledOut):
        raise BadInput(found.reason, field="times", limit="HH:MM, local, as many as doses a day")
    return {"times": list(found), "times_by_default": bool(found) and not chosen}


def _between(starts_at: datetime | None, ends_at: datetime | None, now: datetime) -> dict[str, Any]:
    starts = now
    if starts_at is not None:
        # What a client means by now is a moment ago when it arrives.
        starts = max(now, inputs.future(starts_at, "startsAt", now - inputs.CLOCK_SKEW))
    if ends_at is not None and inputs.future(ends_at, "endsAt", now) <= starts:
        raise BadInput("an order ends after it starts", field="endsAt", limit="> startsAt")
    return {"starts_at": starts, "ends_at": ends_at}
