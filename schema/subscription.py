"""Subscription: the live feeds."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import strawberry
from sqlalchemy import TIMESTAMP, Boolean, Text, Uuid
from sqlalchemy.types import TypeEngine

import models
from models.events import Feed
from models.rules.scopes import Scope
from schema.beds import Bed
from schema.critical_results import CriticalResult
from schema.emergency_access import EmergencyAccess
from schema.enums import (
    BedChangeEventKind,
    ChartChangeEventKind,
    CriticalResultEventKind,
    EmergencyAccessEventKind,
    VitalSignsEventKind,
)
from schema.fields import Argument, column, given, given_rows, one, subscription
from schema.patients import Patient
from schema.vitals import VitalSigns

EVENT_COLUMNS: Mapping[str, TypeEngine[Any]] = {
    "cursor": Text(),
    "occurred_at": TIMESTAMP(timezone=True),
    "kind": Text(),
    "subject_id": Uuid(),
    "patient_id": Uuid(),
}
"""An event as the hub hands it to the plan."""


@strawberry.type(
    description=(
        "criticalResult is read when the event is sent: it shows the state of that moment, and is"
        " null for whoever may not read it (of vital signs: a laboratory)."
    )
)
class CriticalResultEvent:
    """criticalResult is read when the event is sent: it shows the state of that moment."""

    cursor: str = column()
    occurred_at: datetime = column()
    kind: CriticalResultEventKind = column()
    critical_result: CriticalResult | None = one(
        models.CriticalResult, lambda event, row: row.c.id == event.c.subject_id
    )


@strawberry.type(
    description=(
        "cursor is that up to which the client has now seen everything; live is false while what"
        " was missed is sent; resync says that the history behind `after` is gone: read the state"
        " afresh, then go on from this cursor."
    )
)
class CriticalResultFeed:
    """A message of the feed; an empty one at least every 15 s."""

    cursor: str = given(Text())
    live: bool = given(Boolean())
    resync: bool = given(Boolean())
    events: list[CriticalResultEvent] = given_rows(EVENT_COLUMNS)


@strawberry.type(
    description=(
        "bed is read when the event is sent: it shows the state of that moment. Of a ward (kinds"
        " WARD_…) it is null: read the ward, or the list of wards, again."
    )
)
class BedChangeEvent:
    """bed is read when the event is sent: it shows the state of that moment."""

    cursor: str = column()
    occurred_at: datetime = column()
    kind: BedChangeEventKind = column()
    bed: Bed | None = one(models.Bed, lambda event, row: row.c.id == event.c.subject_id)


@strawberry.type(description="See CriticalResultFeed.")
class BedChangeFeed:
    """A message of the feed; an empty one at least every 15 s."""

    cursor: str = given(Text())
    live: bool = given(Boolean())
    resync: bool = given(Boolean())
    events: list[BedChangeEvent] = given_rows(EVENT_COLUMNS)


@strawberry.type(
    description=(
        "A set of vital signs that was recorded, or taken back: then patient { latestVitals } is"
        " what stands."
    )
)
class VitalSignsEvent:
    """A set of vital signs that was recorded, or taken back."""

    cursor: str = column()
    occurred_at: datetime = column()
    kind: VitalSignsEventKind = column()
    patient: Patient | None = one(models.Patient, lambda event, row: row.c.id == event.c.patient_id)
    vitals: VitalSigns | None = one(
        models.VitalSigns, lambda event, row: row.c.id == event.c.subject_id
    )


@strawberry.type(description="See CriticalResultFeed.")
class VitalSignsFeed:
    """A message of the feed; an empty one at least every 15 s."""

    cursor: str = given(Text())
    live: bool = given(Boolean())
    resync: bool = given(Boolean())
    events: list[VitalSignsEvent] = given_rows(EVENT_COLUMNS)


@strawberry.type(
    description=(
        "Something was written into the patient's chart: a result, an order, a dose, an allergy, a"
        " stay, who they are. It does not say what. What was done to a critical result alone, and a"
        " set of vital signs, criticalResults and vitalSigns tell."
    )
)
class ChartChangeEvent:
    """patient is read when the event is sent: it shows the state of that moment."""

    cursor: str = column()
    occurred_at: datetime = column()
    kind: ChartChangeEventKind = column()
    patient: Patient | None = one(models.Patient, lambda event, row: row.c.id == event.c.patient_id)


@strawberry.type(description="See CriticalResultFeed.")
class ChartChangeFeed:
    """A message of the feed; an empty one at least every 15 s."""

    cursor: str = given(Text())
    live: bool = given(Boolean())
    resync: bool = given(Boolean())
    events: list[ChartChangeEvent] = given_rows(EVENT_COLUMNS)


@strawberry.type(
    description=(
        "emergencyAccess is read when the event is sent: it shows the state of that moment."
    )
)
class EmergencyAccessEvent:
    """emergencyAccess is read when the event is sent: it shows the state of that moment."""

    cursor: str = column()
    occurred_at: datetime = column()
    kind: EmergencyAccessEventKind = column()
    emergency_access: EmergencyAccess | None = one(
        models.EmergencyAccess, lambda event, row: row.c.id == event.c.subject_id
    )


@strawberry.type(description="See CriticalResultFeed.")
class EmergencyAccessFeed:
    """A message of the feed; an empty one at least every 15 s."""

    cursor: str = given(Text())
    live: bool = given(Boolean())
    resync: bool = given(Boolean())
    events: list[EmergencyAccessEvent] = given_rows(EVENT_COLUMNS)


WARD = Argument(str | None, description="The code of a ward; absent: every ward one may hear.")
PATIENT = Argument(strawberry.ID | None, description="Of one patient alone.")
AFTER = Argument(str | None, description="The last cursor one holds: go on after it.")


@strawberry.type(
    description=(
        "Every message carries the cursor up to which the client has now seen everything, and zero"
        " or more events in the order in which they were committed. The first message comes at"
        " once, and an empty one at least every 15 s. A client that comes back passes the last"
        " cursor as `after` and misses nothing and sees nothing twice."
    )
)
class Subscription:
    """The feeds; docs say how a station keeps one."""

    critical_results: CriticalResultFeed = subscription(
        Feed.CRITICAL_RESULTS,
        requires=Scope.CRITICAL_RESULT_READ,
        arguments={"ward": WARD, "after": AFTER},
    )
    bed_changes: BedChangeFeed = subscription(
        Feed.BED_CHANGES,
        requires=Scope.WARD_READ,
        arguments={"ward": WARD, "after": AFTER},
    )
    vital_signs: VitalSignsFeed = subscription(
        Feed.VITAL_SIGNS,
        requires=Scope.VITALS_READ,
        arguments={"ward": WARD, "patient_id": PATIENT, "after": AFTER},
    )
    chart_changes: ChartChangeFeed = subscription(
        Feed.CHART_CHANGES,
        requires=Scope.PATIENT_READ,
        arguments={"ward": WARD, "patient_id": PATIENT, "after": AFTER},
    )
    emergency_accesses: EmergencyAccessFeed = subscription(
        Feed.EMERGENCY_ACCESSES,
        requires=Scope.EMERGENCY_ACCESS_REVIEW,
        arguments={"after": AFTER},
    )
