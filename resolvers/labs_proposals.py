"""Recording laboratory results in one round trip, where nothing but new ones comes in.

They are judged by what this process remembers of the patients, of the rules and of the chains; the
statement that writes them makes sure that it is still so. Whatever is more than new results (a
number that is held already, an unknown patient, an alert for somebody in no bed) goes the general
way (`labs_ingest`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    FromClause,
    Integer,
    Text,
    Uuid,
    bindparam,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.scopes import Reach, Scope
from resolvers import critical_rules, escalation_chains
from resolvers.callees import called
from resolvers.labs import sender_of, sifted, told
from resolvers.labs_inputs import LabResultInput, Names, Patients
from resolvers.labs_intake import Intake
from resolvers.labs_judgement import Bench, NewLabResult
from resolvers.labs_memory import Memory, Remembered
from resolvers.proposals import Errand, Proposal, Rows, Terms, writing
from resolvers.reading import scope as scoping
from resolvers.reading.overlay import Writing, listed, record, records
from resolvers.reading.sources import looked_up, there_is


async def propose_lab_results(
    pool: asyncpg.Pool[Any],
    memory: Memory,
    errand: Errand,
    *,
    results: Sequence[LabResultInput],
) -> Proposal | None:
    """What `record_lab_results` would write; None: that is to be found out the general way.

    Asks the database only for what the process does not remember.
    """
    ledger, actor = errand.ledger, errand.actor
    reaches = actor.reaches(Scope.LAB_RECORD)
    names = Names.of(results)
    if len(results) > ledger.policy.max_results_per_call:
        return None
    found = await memory.patients(pool, actor, reaches, names)
    if found is None:
        return None
    clinicians = await memory.clinicians(
        pool, ledger.hospital_id, (given.ordered_by for given in results)
    )
    if clinicians is None:
        return None
    patients = Patients(one.named for one in found)
    taken, outcomes = sifted(results, patients, clinicians, ledger.now)
    numbers = [one.external_id for one in taken if one.external_id]
    if not taken or len(set(numbers)) < len(numbers):
        return None
    rules = await memory.rules(pool, ledger.hospital_id)
    bench = Bench(rules, {one.named.id: one.subject for one in found})
    intake = Intake(ledger, actor, bench, sender_of(actor), {})
    placed = [intake.place(one) for one in taken]
    intake.judge()
    if any(one.repeat_keys & intake.repeat_keys for one in found):
        # The alert that it repeats may be there: that is to be locked, and looked at.
        return None
    chains = await memory.chains(pool, ledger.hospital_id)
    rows: dict[type[models.Base], list[dict[str, Any]]] = {
        models.LabResult: intake.rows(),
        models.LoggedEvent: ledger.logged(),
        **intake.loop.rows(chains),
    }
    alerts = rows[models.CriticalResult]
    if not rows[models.LabResult] or any(alert["ward_id"] is None for alert in alerts):
        # An alert for somebody in no bed: nothing could be held against their being laid into one.
        return None
    outcomes |= {one.index: intake.outcome(one) for one in placed}
    produced = {"outcomes": told(outcomes)}
    if errand.claim is not None:
        rows[models.IdempotencyKey] = [errand.claim.row(produced)]
    many = _lists(rows)
    return Proposal(
        writing=_writing(reaches, errand.terms(many=many)),
        rows=rows,
        assumed={
            **_assumed(found, {alert["patient_id"] for alert in alerts}, many=bool(many - _LOG)),
            **_rules(bench, taken),
            "chain_ids": chains.ids(),
            "hospital_id": ledger.hospital_id,
            "sender": sender_of(actor),
            "external_ids": numbers,
            **_repeats(intake),
            **errand.binds(),
        },
        produced=produced,
        forget=partial(memory.forget, ledger.hospital_id, names),
    )


def _lists(rows: Rows) -> frozenset[type[models.Base]]:
    """The tables that take lists of rows. Few combinations: each is a statement of its own."""
    several = frozenset(model for model, new in rows.items() if len(new) > 1)
    # One critical result alone leaves two events.
    return several if several <= _LOG else frozenset(rows)


def _assumed(found: Iterable[Remembered], alerted: set[UUID], *, many: bool) -> dict[str, Any]:
    patients = [
        {
            "id": row_id,
            "mrn": one.named.mrn,
            "birth_date": one.subject.birth_date,
            "sex": one.subject.sex,
            "ward_id": one.subject.ward_id,
        }
        for row_id, one in {one.named.id: one for one in found}.items()
    ]
    each: dict[str, Any]
    if many:
        each = {"assumed": listed(patients)}
    else:
        each = {f"assumed_{name}": value for name, value in patients[0].items()}
    return {**each, "assumed_count": len(patients), "alerted": sorted(alerted)}


def _rules(bench: Bench, taken: Iterable[NewLabResult]) -> dict[str, Any]:
    codes = {one.code for one in taken}
    return {
        "codes": sorted(codes),
        "rule_ids": sorted({rule.id for code in codes for rule in bench.rules.get(code, ())}),
    }


def _repeats(intake: Intake) -> dict[str, Any]:
    pairs = sorted(intake.repeat_keys)
    return {
        "alarming": [patient_id for patient_id, _ in pairs],
        "repeat_keys": [key for _, key in pairs],
    }


@lru_cache(maxsize=128)
def _writing(reaches: frozenset[Reach], terms: Terms) -> Writing:
    columns = (
        *(Column(name, _PATIENT.c[name].type) for name in ("id", "mrn", "birth_date", "sex")),
        Column("ward_id", _STAY.c.ward_id.type),
    )
    return writing(
        (models.LabResult, models.CriticalResult, models.CriticalResultStep, models.LoggedEvent),
        _as_remembered(
            records("assumed", "assumed", columns)
            if terms.many - _LOG
            else select(*record("assumed", columns)).subquery("assumed"),
            reaches,
        ),
        _stay_where_they_are(),
        critical_rules.still_in_force(),
        or_(_nobody_alerted(), escalation_chains.still_in_force()),
        ~_known(),
        ~_repeated(),
        terms=terms,
        filled={models.CriticalResultStep: {"called": _called}},
    )


def _called(
    step: FromClause, written: Mapping[type[models.Base], FromClause]
) -> ColumnElement[Any]:
    """Whom a step calls, of an alert that the same statement writes."""
    alert, result = written[models.CriticalResult], written[models.LabResult]
    patient = looked_up(alert.c.patient_id, alert, alert.c.id == step.c.critical_result_id)
    ordered_by = looked_up(result.c.ordered_by, result, result.c.id == step.c.lab_result_id)
    return called(
        step.c.audience,
        ward=step.c.ward_id,
        patient=patient,
        at=step.c.occurred_at,
        ordered_by=ordered_by,
    )


def _nobody_alerted() -> ColumnElement[bool]:
    return func.cardinality(bindparam("alerted", type_=ARRAY(Uuid()))) == 0


def _as_remembered(assumed: FromClause, reaches: frozenset[Reach]) -> ColumnElement[bool]:
    """Every patient is visible, and judged by what is still true of them."""
    patient = _PATIENT.alias("patient")
    stay = _STAY.alias("lies")
    ward = looked_up(
        stay.c.ward_id, stay, stay.c.patient_id == patient.c.id, stay.c.ended_at.is_(None)
    )
    # A subquery for each: how many records there are PostgreSQL cannot know, and would rather join
    # with all patients.
    same = looked_up(
        literal_column("true", Boolean()),
        patient,
        patient.c.id == assumed.c.id,
        scoping.of_hospital(patient),
        scoping.visible(models.Patient, patient, reaches),
        patient.c.mrn == assumed.c.mrn,
        patient.c.sex == assumed.c.sex,
        patient.c.birth_date.is_not_distinct_from(assumed.c.birth_date),
        ward.is_not_distinct_from(assumed.c.ward_id),
    )
    count = select(func.count()).select_from(assumed).where(same).correlate_except(assumed)
    return count.scalar_subquery() == bindparam("assumed_count", type_=Integer())


def _stay_where_they_are() -> ColumnElement[bool]:
    """Those who get an alert stay on the ward that hears it until it is written.

    Whoever moves a patient ends the stay, and then takes the open alerts along: with the stay held
    that waits for ours. A stay that is about to end, or that has ended since this statement began,
    is not held, and nothing is written.
    """
    stay = _STAY.alias("held")
    kept = (
        select(stay.c.id)
        .where(
            stay.c.patient_id == bindparam("alerted", type_=ARRAY(Uuid())).any_(),
            stay.c.ended_at.is_(None),
        )
        .with_for_update(read=True, skip_locked=True, of=stay)
        .cte("held_stays")
    )
    count = select(func.count()).select_from(kept).scalar_subquery()
    return count == func.cardinality(bindparam("alerted", type_=ARRAY(Uuid())))


def _known() -> ColumnElement[bool]:
    """The sender has sent one of the numbers before."""
    newest = models.LabResult.__table__.alias("newest")
    return there_is(
        newest,
        newest.c.hospital_id == scoping.HOSPITAL,
        newest.c.sender == bindparam("sender", type_=Text()),
        newest.c.external_id == bindparam("external_ids", type_=ARRAY(Text())).any_(),
        newest.c.superseded_at.is_(None),
    )


def _repeated() -> ColumnElement[bool]:
    """There is an alert that one of the results may have to join.

    Of one that is raised at this very moment the unique index of what repeats must match knows.
    """
    alert = models.CriticalResult.__table__.alias("repeated")
    patients = bindparam("alarming", type_=ARRAY(Uuid()))
    keys = bindparam("repeat_keys", type_=ARRAY(Text()))
    alarm = (
        func.unnest(patients, keys)
        .table_valued(Column("patient_id", Uuid()), Column("repeat_key", Text()))
        .render_derived(name="alarm")
    )
    # A subquery for each: see _as_remembered.
    found = looked_up(
        literal_column("true", Boolean()),
        alert,
        alert.c.patient_id == alarm.c.patient_id,
        alert.c.repeat_key == alarm.c.repeat_key,
    )
    return there_is(alarm, found)


_LOG: frozenset[type[models.Base]] = frozenset({models.LoggedEvent})
_PATIENT = models.Patient.__table__
_STAY = models.BedStay.__table__
