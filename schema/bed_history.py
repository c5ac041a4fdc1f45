"""Bed history: each change of a bed, and how long beds wait to be cleaned."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import TIMESTAMP, ColumnElement, FromClause

import models
from models.rules.scopes import Scope
from resolvers import bed_waits
from resolvers.reading.aliases import alias_of
from resolvers.reading.sources import looked_up
from schema.enums import BedChangeEventKind, BedStatus
from schema.fields import Argument, column, derived, expression, newest_first, one

if TYPE_CHECKING:
    from schema.admissions import Admission
    from schema.beds import Bed

_MOMENT = TIMESTAMP(timezone=True)

HISTORY_ORDER = newest_first(models.BedTransition.occurred_at, models.BedTransition)
PERIOD = {
    "from": Argument(datetime | None, lambda row, given: row.c.occurred_at >= given(_MOMENT)),
    "to": Argument(datetime | None, lambda row, given: row.c.occurred_at < given(_MOMENT)),
}


def _changed_by(row: FromClause) -> ColumnElement[str]:
    user = alias_of(models.User)
    return looked_up(user.c.display_name, user, user.c.id == row.c.created_by)


@strawberry.type(
    description=(
        "A change of a bed: of its status, or of who lies in it. It is written with the change and"
        " never again."
    )
)
class BedTransition:
    """`occurredAt` is when it was written; from when to when a patient lay there, a stay tells.
    `changedBy` is null for the system. Who sees no admissions reads no reason: it may be of one."""

    occurred_at: datetime = column()
    kind: BedChangeEventKind = column()
    from_status: BedStatus = column()
    to_status: BedStatus = column()
    reason: str | None = column(requires=Scope.ADMISSION_READ)
    changed_by: str | None = expression(_changed_by)
    bed: Annotated["Bed", strawberry.lazy("schema.beds")] = one(
        models.Bed, lambda row, bed: bed.c.id == row.c.bed_id, inherits=True
    )
    admission: Annotated["Admission", strawberry.lazy("schema.admissions")] | None = one(
        models.Admission, lambda row, admission: admission.c.id == row.c.admission_id
    )


@strawberry.type(
    description=(
        "How long the beds of a ward wait to be cleaned: those that wait now, and those that became"
        " ready from `from` on and before `to`."
    )
)
class BedCleaning:
    """A bed waits from when it is HOUSEKEEPING or CONTAMINATED until it is UNOCCUPIED or ISOLATED;
    one that is closed before is not counted. `waitingSince` is when the one that waits longest
    began to, `meanWaitingSince` when all did on average."""

    waiting: int = column()
    waiting_since: datetime | None = column()
    mean_waiting_since: datetime | None = column()
    cleaned: int = column()
    mean_minutes: Decimal | None = column()
    longest_minutes: Decimal | None = column()


def cleaning() -> Any:
    """The field of a ward."""
    return derived(
        bed_waits.of_ward,
        requires=Scope.WARD_READ,
        single=True,
        arguments={"from": Argument(datetime | None), "to": Argument(datetime | None)},
    )
