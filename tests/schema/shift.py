"""Everything that can be written into a hospital, done at random by one shift."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import models
from models.rules.admissions import AdmissionStatus
from models.rules.care_teams import CareTeamRole
from models.rules.medications import MedicationStatus
from models.rules.news2 import Spo2Scale
from models.rules.patients import Sex
from models.rules.results import ResultStatus
from models.rules.roles import Role
from resolvers import (
    admissions,
    beds,
    care_teams,
    critical_result_listeners,
    critical_results,
    hospitals,
    ids,
    patients,
    pregnancies,
    spo2_scales,
    vitals,
    vitals_errata,
)
from resolvers.actors import Actor
from resolvers.critical_result_listeners import Listener
from resolvers.errors import Refusal
from resolvers.imports import intake
from resolvers.imports.drafts import (
    AdmissionDraft,
    AllergyDraft,
    Batch,
    LabDraft,
    OrderDraft,
    PatientDraft,
    Place,
    VitalsDraft,
)
from resolvers.transaction import Transaction
from tests.resolvers.conftest import House
from tests.resolvers.laboratory import potassium, take
from tests.schema.shift_beds import OF_BEDS
from tests.schema.shift_orders import (
    allergy_recorded,
    allergy_taken_back,
    dose_given,
    dose_taken_back,
    order_moved,
    order_placed,
    order_stopped,
)
from tests.schema.shift_wards import OF_WARDS


@dataclass
class Shift:
    """All that can be written, done at random."""

    house: House
    draw: random.Random
    patients: list[str] = field(default_factory=list)
    mrns: list[str] = field(default_factory=list)
    numbers: int = 0

    @property
    def admin(self) -> Actor:
        return self.house.actor(Role.ADMIN, wards=("med", "icu"))

    def number(self) -> str:
        self.numbers += 1
        return f"N{self.numbers}"

    def patient(self) -> str:
        return self.draw.choice(self.patients)

    async def any(self, model: type[models.Base], where: str = "true") -> str:
        """The public id of a random row."""
        rows = await self.house.pool.fetch(
            f"SELECT id FROM {model.__tablename__} WHERE hospital_id = $1 AND {where} ORDER BY id",
            self.house.id,
        )
        if not rows:
            raise Nothing
        return ids.encode(model, self.draw.choice(rows)["id"])

    async def step(self) -> str:
        """Do something; its name, also where it was refused."""
        doing = self.draw.choice(DOINGS)
        self.house.now = datetime.now(UTC)
        with suppress(Refusal, Nothing):
            if doing in (place_added, result_taken):
                await doing(self, None)
            else:
                async with self.house.begin() as tx:
                    await doing(self, tx)
        return doing.__name__


class Nothing(Exception):
    """There is no such row yet."""


Doing = Callable[[Shift, Any], Awaitable[Any]]


async def vitals_recorded(shift: Shift, tx: Transaction) -> None:
    await vitals.record_vitals(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        recorded_at=tx.now - timedelta(minutes=shift.draw.randrange(500)),
        heart_rate=shift.draw.randrange(40, 150),
    )


async def vitals_taken_back(shift: Shift, tx: Transaction) -> None:
    await vitals_errata.mark_vitals_entered_in_error(
        tx,
        shift.admin,
        vitals_id=await shift.any(models.VitalSigns, "entered_in_error_at IS NULL"),
        reason="of the next bed",
    )


async def scale_set(shift: Shift, tx: Transaction) -> None:
    await spo2_scales.set_spo2_scale(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        scale=shift.draw.choice([*Spo2Scale]),
        reason=shift.number(),
    )


async def pregnancy_recorded(shift: Shift, tx: Transaction) -> None:
    await pregnancies.record_pregnancy(tx, shift.admin, patient_id=shift.patient())


async def pregnancy_ended(shift: Shift, tx: Transaction) -> None:
    await pregnancies.end_pregnancy(
        tx,
        shift.admin,
        pregnancy_id=await shift.any(models.Pregnancy, "entered_in_error_at IS NULL"),
        entered_in_error=shift.draw.random() < 0.3,
    )


async def result_taken(shift: Shift, _: None) -> None:
    """New, or a correction of what was sent before; normal, critical, or taken back."""
    status = shift.draw.choice([ResultStatus.FINAL, ResultStatus.FINAL, ResultStatus.CANCELLED])
    number = shift.draw.randrange(6)
    await take(
        shift.house,
        potassium(
            shift.house,
            shift.patients[number % len(shift.patients)],
            shift.draw.choice(["4.1", "4.2", "6.9", "7.1"]),
            external_id=str(number),
            status=status,
        ),
    )


async def alert_acknowledged(shift: Shift, tx: Transaction) -> None:
    await critical_results.acknowledge_critical_result(
        tx,
        shift.admin,
        critical_result_id=await shift.any(models.CriticalResult, "status = 'OPEN'"),
        read_back=Decimal(shift.draw.choice(["6.9", "7.1"])),
    )


async def alert_escalated(shift: Shift, tx: Transaction) -> None:
    tx.now += timedelta(minutes=shift.draw.choice([1, 6, 40]))
    # Whoever listens or not: that it was told is a step that no station hears.
    listens = [Listener(None, shift.admin.user_id)] if shift.admin.user_id else []
    await critical_result_listeners.tell(tx, shift.draw.choice([None, [], listens]))
    await critical_results.escalate_due(tx)


async def patient_registered(shift: Shift, tx: Transaction) -> None:
    mrn = shift.number()
    made = await patients.register_patient(
        tx, shift.admin, mrn=mrn, given_name="Ada", family_name="Byron", sex=Sex.FEMALE
    )
    shift.patients.append(ids.encode(models.Patient, made["patient"]))
    shift.mrns.append(mrn)


async def patient_admitted(shift: Shift, tx: Transaction) -> None:
    bed = await shift.any(models.Bed, "status = 'UNOCCUPIED'")
    await admissions.admit_patient(
        tx, shift.admin, patient_id=shift.patient(), bed_id=bed, reason="fever"
    )


async def patient_transferred(shift: Shift, tx: Transaction) -> None:
    await admissions.transfer_patient(
        tx,
        shift.admin,
        admission_id=await shift.any(models.Admission, "status = 'IN_PROGRESS'"),
        bed_id=await shift.any(models.Bed, "status = 'UNOCCUPIED'"),
    )


async def patient_discharged(shift: Shift, tx: Transaction) -> None:
    if shift.draw.random() < 0.5:
        raise Nothing
    await admissions.discharge_patient(
        tx,
        shift.admin,
        admission_id=await shift.any(models.Admission, "status = 'IN_PROGRESS'"),
    )


async def bed_reserved(shift: Shift, tx: Transaction) -> None:
    until = shift.draw.choice([None, tx.now + timedelta(milliseconds=300)])
    await beds.reserve_bed(
        tx,
        shift.admin,
        bed_id=await shift.any(models.Bed, "status <> 'OCCUPIED'"),
        patient_id=shift.patient(),
        until=until,
    )


async def reservations_expired(shift: Shift, tx: Transaction) -> None:
    await beds.expire_reservations(tx)


async def place_added(shift: Shift, _: None) -> None:
    ward = shift.house.wards[shift.draw.choice(["med", "icu"])]
    async with shift.house.pool.acquire() as connection:
        await hospitals.create_bed(connection, shift.house.id, ward, shift.number())


async def care_team_joined(shift: Shift, tx: Transaction) -> None:
    name = await shift.house.pool.fetchval(
        "SELECT username FROM users JOIN role_memberships ON user_id = id"
        " WHERE hospital_id = $1 AND role = 'DOCTOR'",
        shift.house.id,
    )
    await care_teams.assign_care_team_member(
        tx,
        shift.admin,
        patient_id=shift.patient(),
        role=CareTeamRole.ATTENDER,
        username=name,
    )


async def care_team_left(shift: Shift, tx: Transaction) -> None:
    await care_teams.end_care_team_membership(
        tx,
        shift.admin,
        care_team_member_id=await shift.any(models.CareTeamMember, "ended_at IS NULL"),
    )


async def imported(shift: Shift, tx: Transaction) -> None:
    """A message of another system about a patient whom it may change in every way it can."""
    if not shift.mrns:
        raise Nothing
    draw = shift.draw
    mrn, old = draw.choice(shift.mrns), timedelta(days=draw.randrange(900))
    number = str(draw.randrange(3))
    draft = draw.choice(
        [
            PatientDraft(records=(), mrn=mrn, values={"family_name": shift.number()}),
            AllergyDraft(
                records=(),
                mrn=mrn,
                external_id=f"{mrn}-{number}",
                values={"substance": draw.choice("ab"), "criticality": "LOW"}
                | {"code": None, "reaction": None, "recorded_at": tx.now - old},
                taken_back=draw.random() < 0.3,
            ),
            OrderDraft(
                records=(),
                mrn=mrn,
                external_id=f"{mrn}-{number}",
                values=dict.fromkeys(
                    ["code", "dose", "dose_unit", "route", "frequency", "as_needed_reason"]
                )
                | {"drug": draw.choice("cd"), "as_needed": False, "ordered_at": tx.now - old}
                | {"status": draw.choice([MedicationStatus.ACTIVE, MedicationStatus.COMPLETED])}
                | {"stopped_at": None, "stop_reason": None},
            ),
            VitalsDraft(
                records=(),
                mrn=mrn,
                external_id=shift.number(),
                recorded_at=tx.now - old,
                values={"heart_rate": draw.randrange(50, 120)},
            ),
            LabDraft(
                records=(),
                mrn=mrn,
                external_id=f"{mrn}-{number}",
                code="2823-3",
                display="Potassium",
                value=Decimal(draw.choice(["4.0", "6.8"])),
                unit="mmol/L",
                observed_at=tx.now - old,
                status=ResultStatus.FINAL,
            ),
            AdmissionDraft(
                records=(),
                mrn=mrn,
                external_id=f"{mrn}-{number}",
                status=draw.choice([AdmissionStatus.IN_PROGRESS, AdmissionStatus.ON_LEAVE]),
                admitted_at=tx.now - timedelta(minutes=1),
                reason=draw.choice(["fever", "fall"]),
                place=Place(draw.choice(["MED", "ICU"]), None, draw.choice("12")),
            ),
        ]
    )
    await intake.write(tx, shift.admin, Batch("fhir", "elsewhere", [draft]))


DOINGS: tuple[Doing, ...] = (
    vitals_recorded,
    vitals_taken_back,
    scale_set,
    pregnancy_recorded,
    pregnancy_ended,
    result_taken,
    result_taken,
    alert_acknowledged,
    alert_escalated,
    order_placed,
    order_stopped,
    order_moved,
    order_moved,
    dose_given,
    dose_taken_back,
    allergy_recorded,
    allergy_taken_back,
    patient_registered,
    patient_admitted,
    patient_admitted,
    patient_transferred,
    patient_transferred,
    patient_discharged,
    bed_reserved,
    reservations_expired,
    *OF_BEDS,
    *OF_WARDS,
    place_added,
    care_team_joined,
    care_team_left,
    imported,
    imported,
)
