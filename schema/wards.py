"""Ward and its occupancy."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import ColumnElement, FromClause, Integer, func, literal_column, or_

import models
from models.rules.scopes import Scope
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import NOW
from resolvers.reading.sources import looked_up, there_is
from schema.bed_history import BedCleaning, cleaning
from schema.chain_versions import chains_of_ward
from schema.enums import AdmissionStatus, BedStatus
from schema.fields import (
    AUTHENTICATED,
    column,
    embedded,
    expression,
    given_rows,
    identifier,
    many,
    words,
)
from schema.nodes import Node
from schema.stations import STATION_COLUMNS, Station, at_ward

if TYPE_CHECKING:
    from schema.beds import Bed
    from schema.escalation import EscalationChain

BEDS = alias_of(models.Bed, "occupancy_bed")
STAYS = alias_of(models.BedStay, "occupancy_stay")
ADMISSIONS = alias_of(models.Admission, "occupancy_admission")
KEPT = alias_of(models.Reservation, "occupancy_reservation")


def _reserved() -> ColumnElement[bool]:
    return there_is(
        KEPT,
        KEPT.c.bed_id == BEDS.c.id,
        KEPT.c.ended_at.is_(None),
        or_(KEPT.c.reserved_until.is_(None), KEPT.c.reserved_until > NOW),
    )


def _on_leave() -> ColumnElement[bool]:
    away = there_is(
        ADMISSIONS,
        ADMISSIONS.c.id == STAYS.c.admission_id,
        ADMISSIONS.c.status.in_(words(AdmissionStatus.ON_LEAVE)),
    )
    return there_is(STAYS, STAYS.c.bed_id == BEDS.c.id, STAYS.c.ended_at.is_(None), away)


def _counted(*conditions: ColumnElement[bool]) -> Any:
    def count(ward: FromClause) -> ColumnElement[int]:
        here = (BEDS.c.ward_id == ward.c.id, BEDS.c.retired_at.is_(None))
        return looked_up(func.count(), BEDS, *here, *conditions)

    return expression(count, masked=literal_column("0", Integer()))


@strawberry.type(description="Beds of a ward by what can be done with them; the parts add up.")
class WardOccupancy:
    """beds = occupied + available + unavailable + reserved, and unavailable = cleaning + isolated +
    closed; onLeave are those of occupied whose patient is away. All are 0 for a ward out of reach,
    which is seen as the place of a stay."""

    beds: int = _counted()
    occupied: int = _counted(BEDS.c.status.in_(words(BedStatus.OCCUPIED)))
    available: int = _counted(BEDS.c.status.in_(words(BedStatus.UNOCCUPIED)), ~_reserved())
    unavailable: int = _counted(
        BEDS.c.status.not_in(words(BedStatus.OCCUPIED, BedStatus.UNOCCUPIED))
    )
    reserved: int = _counted(BEDS.c.status.in_(words(BedStatus.UNOCCUPIED)), _reserved())
    on_leave: int = _counted(BEDS.c.status.in_(words(BedStatus.OCCUPIED)), _on_leave())
    cleaning: int = _counted(
        BEDS.c.status.in_(words(BedStatus.HOUSEKEEPING, BedStatus.CONTAMINATED))
    )
    isolated: int = _counted(BEDS.c.status.in_(words(BedStatus.ISOLATED)))
    closed: int = _counted(BEDS.c.status.in_(words(BedStatus.CLOSED)))


@strawberry.type(description="A ward of the hospital.")
class Ward(Node):
    """Seen by those who work on it, and by roles with the reach of the hospital. One that is
    retired is in no list, and named by what happened there."""

    id: strawberry.ID = identifier(models.Ward)
    code: str = column()
    name: str = column()
    retired_at: datetime | None = column()
    beds: list[Annotated["Bed", strawberry.lazy("schema.beds")]] = many(
        models.Bed,
        lambda ward, bed: (bed.c.ward_id == ward.c.id) & bed.c.retired_at.is_(None),
        order=(models.Bed.code, models.Bed.id),
        within=True,
        requires=AUTHENTICATED,
        size=25,
    )
    occupancy: WardOccupancy = embedded()
    cleaning: BedCleaning | None = cleaning()
    stations: list[Station] | None = given_rows(
        STATION_COLUMNS, at_ward, requires=Scope.CRITICAL_RESULT_READ
    )
    escalation_chains: (
        list[Annotated["EscalationChain", strawberry.lazy("schema.escalation")]] | None
    ) = chains_of_ward()
