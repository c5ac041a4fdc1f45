"""Beds, counted one by one: what a ward can do with them, and how long they wait to be cleaned."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer, in_sight

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def kept(held: Held, bed: Row) -> list[Row]:
    """The reservation of a bed that still holds."""
    now = datetime.now(UTC)
    return [
        one
        for one in held.where("Reservation", "bed_id", bed["id"])
        if one["ended_at"] is None
        and (one["reserved_until"] is None or one["reserved_until"] > now)
    ]


def _away(held: Held, bed: Row) -> bool:
    """Whether who lies in the bed is on leave."""
    return any(
        admission["status"] == "ON_LEAVE"
        for stay in held.where("BedStay", "bed_id", bed["id"])
        if stay["ended_at"] is None
        for admission in held.the("Admission", stay["admission_id"])
    )


def occupancy(held: Held, viewer: Viewer, ward: Row) -> Row:
    """Of a ward out of sight, shown as the place of a stay, there is nothing to count."""
    beds = held.where("Bed", "ward_id", ward["id"]) if in_sight(held, viewer, [ward]) else []
    beds = [bed for bed in beds if bed["retired_at"] is None]
    found = {
        status: [bed for bed in beds if bed["status"] == status]
        for status in (
            *("UNOCCUPIED", "OCCUPIED", "HOUSEKEEPING", "CONTAMINATED", "ISOLATED", "CLOSED"),
        )
    }
    free, occupied = found["UNOCCUPIED"], found["OCCUPIED"]
    promised = [bed for bed in free if kept(held, bed)]
    return {
        "beds": len(beds),
        "occupied": len(occupied),
        "available": len(free) - len(promised),
        "unavailable": len(beds) - len(free) - len(occupied),
        "reserved": len(promised),
        "onLeave": len([bed for bed in occupied if _away(held, bed)]),
        "cleaning": len(found["HOUSEKEEPING"] + found["CONTAMINATED"]),
        "isolated": len(found["ISOLATED"]),
        "closed": len(found["CLOSED"]),
    }


def cleaning(held: Held, viewer: Viewer, ward: Row, given: dict[str, Any]) -> list[Row]:
    """The waits of a ward in sight: those that go on, and those that ended in the time."""
    seen = bool(in_sight(held, viewer, [ward]))
    beds = held.where("Bed", "ward_id", ward["id"]) if seen else []
    since = [bed["waiting_since"] for bed in beds if bed["waiting_since"] is not None]
    seconds = [Decimal((at - EPOCH) // timedelta(microseconds=1)) / 1_000_000 for at in since]
    waits = [
        Decimal((one["occurred_at"] - one["waited_since"]) // timedelta(microseconds=1))
        for one in (held.where("BedTransition", "ward_id", ward["id"]) if seen else [])
        if one["waited_since"] is not None
        and ("from" not in given or one["occurred_at"] >= given["from"])
        and ("to" not in given or one["occurred_at"] < given["to"])
    ]
    mean = None if not since else EPOCH + timedelta(seconds=int(sum(seconds) / len(seconds)))
    return [
        {
            "__typename": "BedCleaning",
            "waiting": len(since),
            "waiting_since": min(since, default=None),
            "mean_waiting_since": mean,
            "cleaned": len(waits),
            "mean_minutes": _minutes(sum(waits) / len(waits)) if waits else None,
            "longest_minutes": _minutes(max(waits)) if waits else None,
        }
    ]


def _minutes(microseconds: Decimal) -> Decimal:
    minutes = microseconds / 60_000_000
    return minutes.quantize(Decimal("0.001"), rounding=ROUND_HALF_UP)
