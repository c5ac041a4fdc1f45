"""The chart of one patient, row by row: a value in every column that the schema shows."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import models
from resolvers.actors import Actor
from resolvers.transaction import Transaction
from tests.resolvers.reading import orders
from tests.resolvers.reading.loops import whole_loop

SCORED = (
    "respiratory_rate", "oxygen_saturation", "on_oxygen", "systolic", "heart_rate",
    "consciousness", "temperature",
)  # fmt: skip


IN_ERROR, AWAY = 1, 4
"""The numbers of the patient who was admitted in error once, and of the one who is on leave."""


@dataclass(frozen=True)
class Place:
    ward: UUID
    bed: UUID


@dataclass
class Chart:
    """The ids of a patient's rows, the newest first where there are several."""

    patient: UUID
    author: Actor
    rows: dict[type[models.Base], list[UUID]] = field(default_factory=dict)

    def newest(self, model: type[models.Base]) -> UUID:
        return self.rows[model][0]


async def write(
    tx: Transaction,
    name: str,
    mrn: str,
    *,
    author: Actor,
    other: Actor,
    place: Place | None,
    before: Place,
    number: int,
) -> Chart:
    """Write the chart; one set of vitals and one order of it are the other author's.

    `number` tells when the patient lay in the bed of before.
    """
    chart = Chart(models.new_id(), author)
    clerk = _Clerk(tx, chart)
    await tx.insert(
        models.Patient,
        {"id": chart.patient, "hospital_id": tx.hospital_id, "created_by": author.user_id}
        | {"mrn": mrn, "given_name": name, "family_name": f"Person{mrn[-1]}", "sex": "FEMALE"}
        | {"birth_date": date(1950, 5, 17), "deceased_at": tx.now}
        | {"phone": f"+49 30 {mrn}", "email": f"{name}@example.org", "address": f"Street {mrn}"}
        | {"national_id": f"NAT-{mrn}"},
    )
    await _stays(clerk, place, before, number)
    for user, ended_at in ((author, None), (other, tx.now + timedelta(hours=1))):
        await clerk.insert(
            models.CareTeamMember,
            {"user_id": user.user_id, "role": "ATTENDER", "started_at": tx.now}
            | {"ended_at": ended_at},
        )
    await clerk.insert(
        models.Allergy,
        {"substance": f"dust of {name}", "criticality": "LOW", "recorded_at": tx.now}
        | {"entered_in_error_at": tx.now, "error_reason": "somebody else's"},
    )
    allergy = await clerk.insert(
        models.Allergy,
        {"substance": f"penicillin of {name}", "code": "7980", "reaction": "rash"}
        | {"criticality": "HIGH", "recorded_at": tx.now},
    )
    for kind, ended_at in (("CONTACT", None), ("AIRBORNE", tx.now)):
        await clerk.insert(
            models.Isolation,
            {"kind": kind, "reason": f"a swab of {name}", "started_at": tx.now}
            | {"expected_end": tx.now + timedelta(days=3), "ended_at": ended_at}
            | {"ended_by": None if ended_at is None else other.user_id},
        )
    # Several at one moment: what orders them then is the id.
    for age in (0, 0, 0, 1, 2, 2):
        writer = other if age == 1 else author
        await _vitals(clerk, tx.now - timedelta(hours=age), writer)
    await _course(clerk, place)
    await _labs(clerk, place)
    for age in (0, 0, 1):
        order = await clerk.insert(
            models.MedicationOrder,
            {"drug": f"drug of {name}", "code": "1191", "dose": Decimal("0.50"), "dose_unit": "mg"}
            | {"route": "oral", "frequency": "Q8H", "as_needed_reason": "pain"}
            # What is given three times a day has doses that wait, what is as needed has none.
            | {"as_needed": bool(age)}
            | {"status": "STOPPED" if age else "ACTIVE", "ordered_at": tx.now - timedelta(days=age)}
            | {"stopped_at": tx.now if age else None, "stop_reason": "done" if age else None}
            | {"override_reason": "needed", "warnings": ["allergy"], "hold_reason": "nausea"}
            | {"max_per_day": 3, "times": ["06:00", "14:00", "22:00"]}
            | {"starts_at": tx.now - timedelta(days=3)}
            | {"ends_at": tx.now + timedelta(days=7)},
            other if age else author,
        )
        assert author.user_id is not None
        await orders.past(tx, order, chart.patient, allergy, author.user_id)
        await clerk.insert(
            models.MedicationAdministration,
            {"medication_order_id": order, "given_at": tx.now, "due_at": tx.now}
            | {"dose": Decimal("0.50"), "dose_unit": "mg", "reason": "asleep"}
            | {"given_by": author.user_id}
            | (_taken_back(tx, author.user_id) if age else {"status": "NOT_GIVEN"}),
        )
    return chart


def _taken_back(tx: Transaction, by: UUID) -> dict[str, Any]:
    return {
        "status": "ENTERED_IN_ERROR",
        "recorded_as": "GIVEN",
        "entered_in_error_at": tx.now,
        "entered_in_error_by": by,
        "entered_in_error_reason": "of the next bed",
    }


class _Clerk:
    """Writes rows of one patient."""

    def __init__(self, tx: Transaction, chart: Chart) -> None:
        self.tx = tx
        self.chart = chart

    async def insert(
        self, model: type[models.Base], row: dict[str, Any], author: Actor | None = None
    ) -> UUID:
        made = row.pop("id", None) or models.new_id()
        written = {"id": made, "hospital_id": self.tx.hospital_id}
        written["patient_id"] = self.chart.patient
        written["created_by"] = (author or self.chart.author).user_id
        await self.tx.insert(model, written | row)
        self.chart.rows.setdefault(model, []).insert(0, made)
        return made


async def _stays(clerk: _Clerk, place: Place | None, before: Place, number: int) -> None:
    """First a day in the bed of before, one patient after the other, then in the own place."""
    now = clerk.tx.now
    began = now - timedelta(days=20 - number)
    moved = began + timedelta(hours=12)
    if number == IN_ERROR:
        await _in_error(clerk, before, began - timedelta(days=30))
    away = number == AWAY
    admission = await clerk.insert(
        models.Admission,
        {"status": "ON_LEAVE" if away else "IN_PROGRESS", "admitted_at": began, "reason": "unwell"}
        | {"leave_since": now if away else None}
        | {"leave_until": now + timedelta(hours=6) if away else None}
        | ({} if place else {"status": "FINISHED", "discharged_at": now}),
    )
    stays = [(before, began, moved)]
    if place is not None:
        stays.append((place, moved, None))
    for where, start, end in stays:
        await clerk.insert(
            models.BedStay,
            {"admission_id": admission, "ward_id": where.ward, "bed_id": where.bed}
            | {"started_at": start, "ended_at": end},
        )
    if place is not None:
        await clerk.tx.connection.execute(
            "UPDATE beds SET status = 'OCCUPIED' WHERE id = $1", place.bed
        )


async def _in_error(clerk: _Clerk, bed: Place, at: datetime) -> None:
    """An admission that was never meant, and the stay of it."""
    admission = await clerk.insert(
        models.Admission,
        {"status": "CANCELLED", "admitted_at": at, "cancel_reason": "the wrong patient"},
    )
    await clerk.insert(
        models.BedStay,
        {"admission_id": admission, "ward_id": bed.ward, "bed_id": bed.bed}
        | {"started_at": at, "ended_at": at, "cancelled_at": at, "override_reason": "no other bed"},
    )


async def _vitals(clerk: _Clerk, at: datetime, author: Actor) -> None:
    await clerk.insert(
        models.VitalSigns,
        {"recorded_at": at, "heart_rate": 88, "systolic": 131, "diastolic": 84}
        | {"respiratory_rate": 17, "temperature": Decimal("37.40"), "oxygen_saturation": 96}
        | {"on_oxygen": True, "consciousness": "ALERT", "weight_kg": Decimal("71.5")}
        | {"height_cm": Decimal(168), "pain_score": 2, "news2_applies": True, "news2_total": 2}
        | {"news2_highest_single": 2, "news2_risk": "LOW", "news2_missing": ["temperature"]}
        | {"news2_scale": "SCALE_2", "confirmed": ["HEART_RATE"], "arrived_late": True}
        | {f"news2_points_{name}": points for points, name in enumerate(SCORED)},
        author,
    )


async def _course(clerk: _Clerk, place: Place | None) -> None:
    """What hangs on the vital signs: an alert that was answered, a set taken back, a decision on
    the scale, a pregnancy."""
    now, author = clerk.tx.now, clerk.chart.author.user_id
    spoken = {"vital_signs_id": clerk.chart.newest(models.VitalSigns), "rule": "NEWS2 7"}
    ward = {"ward_id": place.ward if place else None}
    alert = await clerk.insert(
        models.CriticalResult,
        {"kind": "DETERIORATION", "urgency": "EMERGENCY", "status": "ACKNOWLEDGED"}
        | {"raised_at": now - timedelta(hours=2), "read_back": Decimal(7)}
        | {"acknowledged_at": now - timedelta(hours=1), "acknowledged_by": author}
        | spoken
        | ward,
    )
    await clerk.tx.insert(
        models.CriticalResultStep,
        {"id": models.new_id(), "hospital_id": clerk.tx.hospital_id, "critical_result_id": alert}
        | {"number": 1, "kind": "RAISED", "occurred_at": now - timedelta(hours=2), "level": 0}
        | {"user_id": author}
        | spoken
        | ward,
    )
    taken_back = models.new_id()
    await clerk.insert(
        models.VitalSigns,
        {"id": taken_back, "recorded_at": now - timedelta(hours=3), "heart_rate": 60}
        | {"news2_applies": False, "news2_not_applicable": "PREGNANCY"}
        | {"entered_in_error_at": now, "entered_in_error_by": author}
        | {"entered_in_error_reason": "of the next bed"},
    )
    # What is asked for as the newest of the chart stands.
    clerk.chart.rows[models.VitalSigns].remove(taken_back)
    for scale, ended in (("SCALE_1", now - timedelta(hours=1)), ("SCALE_2", None)):
        await clerk.insert(
            models.Spo2ScaleDecision,
            {"scale": scale, "reason": "hypercapnic respiratory failure", "ended_at": ended}
            | {"decided_at": now - timedelta(hours=1 if ended is None else 2)},
        )
    today = now.date()
    for ended_on, error in ((today, None), (None, now)):
        await clerk.insert(
            models.Pregnancy,
            {"onset": today - timedelta(days=90), "expected_delivery": today + timedelta(days=190)}
            | {"abatement": ended_on, "entered_in_error_at": error, "created_at": now},
        )


async def _labs(clerk: _Clerk, place: Place | None) -> None:
    """A normal result, and a critical one that was corrected and acknowledged."""
    now = clerk.tx.now
    potassium = {
        "code": "2823-3",
        "display": "Potassium",
        "panel": "Electrolytes",
        "comparator": ">",
        "text": f"haemolytic {clerk.chart.patient}",
        "unit": "mmol/L",
        "reference_low": Decimal("3.5"),
        "reference_high": Decimal("5.1"),
        "observed_at": now,
        "issued_at": now,
        "sender": "laboratory",
        "version": 1,
    }
    for age in (0, 0, 1):
        normal = models.new_id()
        await clerk.insert(
            models.LabResult,
            potassium
            | {"id": normal, "root_id": normal, "value": Decimal("4.10"), "status": "FINAL"}
            | {"interpretation": "NORMAL", "observed_at": now - timedelta(hours=age)},
        )
    first, second, alert = models.new_id(), models.new_id(), models.new_id()
    critical = {"root_id": first, "interpretation": "CRITICAL_HIGH"}
    critical |= {"critical_result_id": alert, "ordered_by": clerk.chart.author.user_id}
    await clerk.insert(
        models.LabResult,
        potassium
        | critical
        | {"id": first, "value": Decimal("7.4"), "status": "FINAL", "superseded_at": now},
    )
    await clerk.insert(
        models.LabResult,
        potassium
        | critical
        | {"id": second, "value": Decimal("6.90"), "status": "CORRECTED"}
        | {"version": 2, "corrects_id": first},
    )
    loop = {"lab_result_id": second, "rule": "potassium above 6.0 mmol/L", "raised_at": now}
    acknowledged = {
        "status": "ACKNOWLEDGED",
        "acknowledged_at": now,
        "acknowledged_by": clerk.chart.author.user_id,
        "read_back": Decimal("6.90"),
    }
    ward = {"ward_id": place.ward if place else None}
    await clerk.insert(models.CriticalResult, {"id": alert} | loop | ward | acknowledged)
    author = {
        "user_id": acknowledged["acknowledged_by"],
        "session_id": clerk.chart.author.session_id,
    }
    found = {"lab_result_id": second, "rule": loop["rule"]}
    await whole_loop(clerk.tx, alert, **found, **ward, **author)
    unmapped = models.new_id()
    await clerk.insert(
        models.LabResult,
        potassium
        | {"id": unmapped, "root_id": unmapped, "value": None, "status": "PRELIMINARY"}
        | {"interpretation": "NOT_JUDGED", "not_judged_reason": "no unit", "code": "X-1"}
        | {"observed_at": now - timedelta(hours=3), "unmapped": True},
    )
    open_one, opened = models.new_id(), models.new_id()
    await clerk.insert(
        models.LabResult,
        potassium
        | {"id": open_one, "root_id": open_one, "value": Decimal("2.1"), "status": "FINAL"}
        | {"interpretation": "CRITICAL_LOW", "observed_at": now - timedelta(hours=4)}
        | {"critical_result_id": opened},
    )
    await clerk.insert(
        models.CriticalResult,
        loop
        | ward
        | {"id": opened, "lab_result_id": open_one, "status": "OPEN", "escalation_level": 1}
        | {"next_escalation_at": now + timedelta(hours=1)},
    )
