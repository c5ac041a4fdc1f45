"""The root fields: reading by DataLoader, writing through one session and one commit."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import orjson
import strawberry
from sqlalchemy import select, tuple_

import models
from bench.documented.loaders import Sessions
from bench.documented.types import Connection, Info, LabResult, PageInfo, Patient, Ward

SELECTION = hashlib.sha256(b"W4").digest()
SMALLEST = ("", UUID(int=0))


def _sessions(info: Info) -> Sessions:
    sessions: Sessions = info.context["sessions"]
    return sessions


@strawberry.type
class Query:
    """What can be read."""

    @strawberry.field
    async def ward(self, info: Info, code: str) -> Ward | None:
        """The ward of a code."""
        async with _sessions(info)() as session:
            row = await session.scalar(select(models.Ward).where(models.Ward.code == code))
        if row is None:
            return None
        return Ward(id=strawberry.ID(f"wrd_{row.id}"), key=row.id, code=row.code, name=row.name)

    @strawberry.field
    async def patient(self, info: Info, id: strawberry.ID) -> Patient | None:  # noqa: A002 (the schema's name)
        """One patient."""
        row = await info.context["loaders"].patient.load(UUID(id[4:]))
        return None if row is None else Patient.of(row)

    @strawberry.field
    async def patients(
        self, info: Info, search: str, first: int = 50, after: str | None = None
    ) -> Connection[Patient]:
        """By the beginning of a name, or by MRN; each way of finding has an index of its own."""
        table = models.Patient
        key = tuple_(table.name_key, table.id)
        given = SMALLEST if after is None else orjson.loads(base64.b64decode(after))
        ways = (
            (table.name_key >= search) & (table.name_key < search + "\U0010ffff"),
            (table.given_key >= search) & (table.given_key < search + "\U0010ffff"),
            table.mrn == search,
        )
        found = [
            select(table.id)
            .where(
                table.hospital_id == info.context["hospital_id"],
                way,
                key > tuple_(given[0], UUID(str(given[1]))),
            )
            .order_by(table.name_key, table.id)
            .limit(first + 1)
            .subquery()
            for way in ways
        ]
        ids = select(found[0].c.id).union(*(select(each.c.id) for each in found[1:]))
        async with _sessions(info)() as session:
            rows = (
                await session.scalars(
                    select(table)
                    .where(table.id.in_(ids))
                    .order_by(table.name_key, table.id)
                    .limit(first + 1)
                )
            ).all()
        cursor = None
        if rows:
            last = rows[:first][-1]
            cursor = base64.b64encode(f'["{last.name_key}", "{last.id}"]'.encode()).decode()
        return Connection(
            nodes=[Patient.of(row) for row in rows[:first]],
            page_info=PageInfo(has_next_page=len(rows) > first, end_cursor=cursor),
        )


@strawberry.input
class LabResultInput:
    """A result to record."""

    patient_id: strawberry.ID
    code: str
    display: str
    value: Decimal
    unit: str
    observed_at: datetime


@strawberry.input
class RecordLabResultsInput:
    """The results to record."""

    results: list[LabResultInput]


@strawberry.type
class LabResultOutcome:
    """What came of one."""

    outcome: str
    lab_result: LabResult


@strawberry.type
class RecordLabResultsPayload:
    """What came of all."""

    outcomes: list[LabResultOutcome]


@strawberry.type
class Mutation:
    """What can be written."""

    @strawberry.mutation
    async def record_lab_results(
        self,
        info: Info,
        input: RecordLabResultsInput,  # noqa: A002 (the schema's name)
    ) -> RecordLabResultsPayload:
        """Result, critical result, step, event and audit, in one transaction."""
        now = datetime.now(UTC)
        hospital_id = info.context["hospital_id"]
        recorded = []
        async with _sessions(info)() as session:
            for result in input.results:
                patient_id, made = UUID(result.patient_id[4:]), models.new_id()
                ward_id = await session.scalar(
                    select(models.BedStay.ward_id).where(
                        models.BedStay.patient_id == patient_id, models.BedStay.ended_at.is_(None)
                    )
                )
                row = models.LabResult(
                    id=made,
                    root_id=made,
                    version=1,
                    hospital_id=hospital_id,
                    created_at=now,
                    patient_id=patient_id,
                    code=result.code,
                    display=result.display,
                    value=result.value,
                    unit=result.unit,
                    canonical_value=result.value,
                    canonical_unit=result.unit,
                    interpretation="CRITICAL_HIGH",
                    rule_id=info.context["rule_id"],
                    status="FINAL",
                    observed_at=result.observed_at,
                    issued_at=now,
                    unmapped=False,
                    arrived_late=False,
                    sender="peer",
                )
                raised = models.CriticalResult(
                    id=models.new_id(),
                    hospital_id=hospital_id,
                    created_at=now,
                    patient_id=patient_id,
                    ward_id=ward_id,
                    lab_result_id=made,
                    rule_id=info.context["rule_id"],
                    rule="high",
                    status="OPEN",
                    raised_at=now,
                    escalation_level=0,
                    next_escalation_at=now + timedelta(minutes=15),
                )
                # Without a relationship() the session does not know what refers to what.
                session.add(row)
                await session.flush()
                session.add(raised)
                await session.flush()
                session.add(
                    models.CriticalResultStep(
                        id=models.new_id(),
                        hospital_id=hospital_id,
                        critical_result_id=raised.id,
                        number=1,
                        kind="RAISED",
                        occurred_at=now,
                        lab_result_id=made,
                        level=0,
                    )
                )
                session.add(
                    models.LoggedEvent(
                        hospital_id=hospital_id,
                        ward_id=ward_id,
                        patient_id=patient_id,
                        kind="CriticalResultRaised",
                        subject_id=raised.id,
                        occurred_at=now,
                    )
                )
                session.add(
                    models.AuditEntry(
                        hospital_id=hospital_id,
                        occurred_at=now,
                        user_id=info.context["user_id"],
                        selection_id=SELECTION,
                        patient_ids=[patient_id],
                    )
                )
                recorded.append(row)
            await session.commit()
        return RecordLabResultsPayload(
            outcomes=[
                LabResultOutcome(outcome="CREATED", lab_result=LabResult.of(row))
                for row in recorded
            ]
        )


SCHEMA = strawberry.Schema(Query, Mutation)
