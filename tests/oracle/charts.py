"""Charts by chance: what is recorded of one patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import zip_longest
from random import Random
from typing import Any
from uuid import UUID

import models
from resolvers.transaction import Transaction
from tests.resolvers.reading.loops import LOOP, step_through

KINDS = ("REOPENED", "ACKNOWLEDGED", "WITHDRAWN", "REPEATED", *LOOP)

Place = tuple[UUID, UUID]
"""A ward and a bed of it."""

DECIMALS = [None, Decimal("7.40"), Decimal("0.0000001"), Decimal(120), Decimal("-1.5")]
POSITIVE = [Decimal("0.50"), Decimal(1000), Decimal("0.00005")]
TEXTS = [None, "", "plain", 'with "quotes", \\ and\nlines', "Ünïcode ☃ 𝄞"]
ORDERS = ("DRAFT", "ACTIVE", "ON_HOLD", "COMPLETED", "STOPPED", "CANCELLED", "ENTERED_IN_ERROR")


@dataclass
class Chart:
    """Writes the rows of one patient."""

    tx: Transaction
    chance: Random
    patient: UUID
    writers: Sequence[UUID | None]
    wards: Mapping[str, UUID]
    _orders: list[UUID] = field(default_factory=list)
    _alerts: list[UUID] = field(default_factory=list)

    async def write(self, place: Place | None, before: Place | None, number: int) -> None:
        """Everything; `place` is where the patient lies, `before` a bed of the past, each patient
        in a time of their own."""
        await self._admissions(place, before, number)
        for _ in range(self.chance.randint(0, 3)):
            await self._allergy()
        for _ in range(self.chance.randint(0, 5)):
            await self._vitals()
        await self._decisions()
        for _ in range(self.chance.randint(0, 4)):
            await self._lab(None if place is None else place[0])
        for _ in range(self.chance.randint(0, 4)):
            await self._order()

    def _moment(self) -> datetime:
        """One of few, so that several rows share it; some have no fraction of a second."""
        moment = self.tx.now - timedelta(hours=self.chance.randint(0, 3))
        cut = self.chance.choice([None, 0, 500_000, 120])
        return moment if cut is None else moment.replace(microsecond=cut)

    def _one(self, *values: Any) -> Any:
        return self.chance.choice(values)

    async def _insert(self, model: type[models.Base], row: dict[str, Any]) -> UUID:
        made: UUID = row.get("id") or models.new_id()
        common = {"id": made, "hospital_id": self.tx.hospital_id, "patient_id": self.patient}
        await self.tx.insert(model, common | {"created_by": self.chance.choice(self.writers)} | row)
        return made

    async def _admissions(self, place: Place | None, before: Place | None, number: int) -> None:
        """Earlier ones without stays, then one whose last stay, if any, goes on."""
        for days in self.chance.sample(range(30, 40), self.chance.randint(0, 2)):
            began = self.tx.now - timedelta(days=days)
            status = self._one("FINISHED", "CANCELLED", "PLANNED")
            ended = began + timedelta(days=1) if status == "FINISHED" else None
            await self._insert(
                models.Admission,
                {"status": status, "admitted_at": began, "discharged_at": ended}
                | {"reason": self.chance.choice(TEXTS)},
            )
        if place is None and self.chance.random() < 0.5:
            return
        began = self.tx.now - timedelta(days=25 - number)
        admission = await self._insert(
            models.Admission,
            {"status": "IN_PROGRESS" if place else "ON_LEAVE", "admitted_at": began}
            | {"reason": self.chance.choice(TEXTS)},
        )
        stays: list[tuple[Place, datetime, datetime | None]] = []
        moved = began + timedelta(hours=12)
        if before is not None and self.chance.random() < 0.6:
            stays.append((before, began, moved))
        if place is not None:
            stays.append((place, self.tx.now - timedelta(hours=12), None))
        for (ward, bed), start, end in stays:
            await self._insert(
                models.BedStay,
                {"admission_id": admission, "ward_id": ward, "bed_id": bed}
                | {"started_at": start, "ended_at": end},
            )
        if place is None:
            return
        await self.tx.connection.execute(
            "UPDATE beds SET status = 'OCCUPIED' WHERE id = $1", place[1]
        )

    async def _allergy(self) -> None:
        await self._insert(
            models.Allergy,
            {"substance": "penicillin", "code": self._one(None, "7980")}
            | {"reaction": self.chance.choice(TEXTS), "recorded_at": self._moment()}
            | {"criticality": self._one("LOW", "HIGH", "UNABLE_TO_ASSESS")}
            | {"error_reason": self._one(None, "his sister's")}
            | {"entered_in_error_at": self._one(None, None, self.tx.now)},
        )

    async def _decisions(self) -> None:
        """On the scale, each ended by the next; and a pregnancy, which may be over or none."""
        times = sorted(self._moment() for _ in range(self.chance.randint(0, 2)))
        for at, ended in zip_longest(times, times[1:]):
            await self._insert(
                models.Spo2ScaleDecision,
                {"scale": self._one("SCALE_1", "SCALE_2"), "reason": "hypercapnia"}
                | {"decided_at": at, "ended_at": ended},
            )
        if self.chance.random() < 0.4:
            today = self.tx.now.date()
            await self._insert(
                models.Pregnancy,
                {"onset": today - timedelta(days=90), "created_at": self._moment()}
                | {"expected_delivery": self._one(None, today), "abatement": self._one(None, today)}
                | {"entered_in_error_at": self._one(None, None, self.tx.now)},
            )

    async def _vitals(self) -> None:
        scored = self._one(True, False)
        total = self._one(None, 0, 7) if scored else None
        await self._insert(
            models.VitalSigns,
            {"recorded_at": self._moment(), "heart_rate": self._one(None, 0, 88)}
            | {"news2_not_applicable": None if scored else self._one("AGE", "PREGNANCY")}
            | {"news2_scale": self._one("SCALE_1", "SCALE_2")}
            | {"news2_points_heart_rate": self._one(None, 0, 3) if scored else None}
            | {"confirmed": self._one([], ["HEART_RATE", "TEMPERATURE"])}
            | {"arrived_late": self._one(True, False)}
            | self._error()
            | {"systolic": self._one(None, 131), "diastolic": self._one(None, 84)}
            | {"respiratory_rate": self._one(None, 17), "oxygen_saturation": self._one(None, 100)}
            | {"temperature": self._one(None, Decimal("37.40"), Decimal(38))}
            | {"on_oxygen": self._one(None, True, False), "pain_score": self._one(None, 0, 10)}
            | {"consciousness": self._one(None, "ALERT", "UNRESPONSIVE")}
            | {"weight_kg": self._one(None, Decimal("71.5")), "height_cm": self._one(None, 168)}
            | {"news2_applies": scored, "news2_total": total}
            | {"news2_highest_single": None if total is None else self._one(0, 3)}
            | {"news2_risk": None if total is None else self._one("LOW", "HIGH")}
            | {"news2_missing": self._one([], ["temperature", "heart_rate"]) if scored else []},
        )

    def _error(self) -> dict[str, Any]:
        """Now and then a set was entered in error."""
        if self.chance.random() < 0.75:
            return {}
        return {"entered_in_error_at": self.tx.now, "entered_in_error_reason": "another bed"} | {
            "entered_in_error_by": self.chance.choice(self.writers)
        }

    async def _lab(self, ward: UUID | None) -> None:
        """A result in one to three versions, the last of which may be critical, or may have joined
        what is."""
        root, before = models.new_id(), None
        raises = self.chance.random() < 0.5
        if raises:
            self._alerts.append(models.new_id())
        joined = self._alerts[-1] if raises else self._one(None, None, *self._alerts)
        versions = self._one(1, 1, 2, 3)
        observed = self._moment()
        for version in range(1, versions + 1):
            verdict = self._one("NORMAL", "LOW", "CRITICAL_HIGH", "ABNORMAL", "NOT_JUDGED")
            row_id = root if version == 1 else models.new_id()
            await self._insert(
                models.LabResult,
                {"id": row_id, "root_id": root, "version": version, "corrects_id": before}
                | {"superseded_at": None if version == versions else self.tx.now}
                | {"code": self._one("2823-3", "X-1"), "display": "Potassium", "sender": "lab"}
                | {"panel": self._one(None, "Electrolytes"), "value": self.chance.choice(DECIMALS)}
                | {"comparator": self._one(None, ">", "<="), "text": self.chance.choice(TEXTS)}
                | {"unit": self._one(None, "mmol/L"), "reference_low": self.chance.choice(DECIMALS)}
                | {"reference_high": self.chance.choice(DECIMALS), "interpretation": verdict}
                | {"not_judged_reason": "no unit" if verdict == "NOT_JUDGED" else None}
                | {"unmapped": self._one(True, False), "arrived_late": self._one(True, False)}
                | {"status": self._one("FINAL", "CORRECTED", "PRELIMINARY", "CANCELLED")}
                | {"observed_at": observed, "issued_at": self._moment()}
                | {"critical_result_id": self._one(None, joined) if before is None else joined}
                | {"ordered_by": self.chance.choice(self.writers)},
            )
            before = row_id
        if raises:
            await self._critical(self._alerts[-1], row_id, ward)

    async def _critical(self, alert: UUID, result: UUID, ward: UUID | None) -> None:
        status = self._one("OPEN", "ACKNOWLEDGED", "WITHDRAWN")
        answered = status == "ACKNOWLEDGED"
        users = [user for user in self.writers if user is not None]
        heard = self._one(ward, ward, None, *self.wards.values())
        await self._insert(
            models.CriticalResult,
            {"id": alert, "lab_result_id": result, "ward_id": heard, "rule": "above 6.0"}
            | {"status": status}
            | {"raised_at": self._moment(), "escalation_level": self._one(0, 2)}
            | {"acknowledged_at": self.tx.now if answered else None}
            | {"acknowledged_by": self.chance.choice(users) if answered else None}
            | {"read_back": Decimal("6.90") if answered else None}
            | {"withdrawn_at": self.tx.now if status == "WITHDRAWN" else None}
            | {"next_escalation_at": self._one(None, self.tx.now) if status == "OPEN" else None},
        )
        times = sorted(self._moment() for _ in range(self.chance.randint(0, 9)))
        kinds = ["RAISED", *(self._one(*KINDS) for _ in times[1:])]
        await step_through(
            self.tx,
            alert,
            kinds[: len(times)],
            times,
            user_id=self._one(None, *users),
            ward_id=self._one(heard, None, *self.wards.values()),
            rule=self._one("above 6.0", "below 2.5", None),
            lab_result_id=result,
        )

    async def _order_past(self, order: UUID) -> None:
        """What happened to an order, and what it is warned of by an allergy and another order."""
        kinds = ("ORDERED", "STARTED", "HELD", "RESUMED", "OVERRIDDEN", "IMPORTED", "STOPPED")
        common = {"hospital_id": self.tx.hospital_id, "patient_id": self.patient}
        for _ in range(self.chance.randint(0, 3)):
            await self.tx.insert(
                models.MedicationOrderStep,
                common
                | {"id": models.new_id(), "medication_order_id": order, "kind": self._one(*kinds)}
                | {"occurred_at": self._moment(), "status": self.chance.choice(ORDERS)}
                | {"reason": self.chance.choice(TEXTS), "user_id": self._one(*self.writers)},
            )
        self._orders.append(order)
        for _ in range(self.chance.randint(0, 2)):
            overridden = self._one(True, False)
            await self.tx.insert(
                models.MedicationWarning,
                common
                | {"id": models.new_id(), "medication_order_id": order, "kind": "DUPLICATE_CLASS"}
                | {"severity": self._one("HIGH", "MODERATE", "LOW"), "message": "two of a kind"}
                | {"source": "WHO ATC index", "other_order_id": self._one(*self._orders)}
                | {"found_at": self._moment(), "resolved_at": self._one(None, None, self.tx.now)}
                | {"overridden_at": self.tx.now if overridden else None}
                | {"override_reason": "no choice" if overridden else None}
                | {"overridden_by": self._one(*self.writers) if overridden else None},
            )

    async def _order(self) -> None:
        status = self.chance.choice(ORDERS)
        dose = self._one(None, *POSITIVE)
        order = await self._insert(
            models.MedicationOrder,
            {"drug": self._one("amoxicillin", "metoprolol"), "code": self._one(None, "1191")}
            | {"dose": dose, "dose_unit": None if dose is None else "mg", "status": status}
            | {"route": self._one(None, "oral"), "frequency": self._one(None, "Q8H", "QOD")}
            | {"as_needed": self._one(True, False), "as_needed_reason": self.chance.choice(TEXTS)}
            | {"ordered_at": self._moment(), "warnings": self._one([], ["allergy", 'a "b", {c}'])}
            | {"stopped_at": self.tx.now if status == "STOPPED" else None}
            | {"stop_reason": self.chance.choice(TEXTS)}
            | {
                "override_reason": self.chance.choice(TEXTS),
                "hold_reason": self._one(None, "nausea"),
            }
            | {"starts_at": self._one(None, self.tx.now - timedelta(days=3))}
            | {"max_per_day": self._one(None, 4)}
            | {"times": self._one([], ["06:00", "14:00", "22:00"])}
            | {"times_by_default": self._one(True, False)},
        )
        await self._order_past(order)
        for _ in range(self.chance.randint(0, 3)):
            users = self.chance.choice(self.writers)
            await self._insert(
                models.MedicationAdministration,
                {"medication_order_id": order, "status": self._one("GIVEN", "NOT_GIVEN")}
                | {"given_at": self._moment(), "dose": self._one(None, *POSITIVE)}
                | {"dose_unit": self._one(None, "mg"), "reason": "asleep", "given_by": users},
            )
