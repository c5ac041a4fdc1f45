"""Doses of orders, worked out minute by minute of the ward's clock from the rows in memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer, in_sight, sees

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
OURS = {
    "QD": "08:00",
    "BID": "08:00 20:00",
    "TID": "08:00 14:00 20:00",
    "QID": "08:00 12:00 16:00 20:00",
    "QOD": "08:00",
    "Q4H": "00:00 04:00 08:00 12:00 16:00 20:00",
    "Q6H": "00:00 06:00 12:00 18:00",
    "Q8H": "06:00 14:00 22:00",
}


def of_order(held: Held, viewer: Viewer, order: Row, given: Row) -> list[Row]:
    """MedicationOrder.doses."""
    now = datetime.now(UTC)
    since, until = given.get("from"), given.get("to")
    if since is None and until is None:
        since, until = now - DAY, now + DAY
    elif since is None:
        since = until - 2 * DAY  # type: ignore[operator]
    elif until is None:
        until = since + 2 * DAY
    found = [_dose(order, at, state) for at, state in _waiting(held, order, since, until, now)]
    all_ = held.where("MedicationAdministration", "medication_order_id", order["id"])
    for one in in_sight(held, viewer, all_):
        at = one["due_at"] or one["given_at"]
        if one["status"] in ("GIVEN", "NOT_GIVEN") and since <= at < until:
            made = _dose(order, one["due_at"], one["status"])
            found.append(made | {"administration_id": one["id"], "place": (at, 0, one["id"])})
    return sorted(found, key=lambda one: (*one["place"][:2], str(one["place"][2])))


def due_on_ward(held: Held, viewer: Viewer, row: Row, given: Row) -> list[Row]:
    """Query.medicationsDue."""
    now = datetime.now(UTC)
    until = given.get("until") or now + HOUR
    found = []
    for ward in in_sight(held, viewer, held.where("Ward", "code", given["ward"])):
        for stay in held.where("BedStay", "ward_id", ward["id"]):
            if stay["ended_at"] is not None or not sees(held, viewer, stay, "medication:read"):
                continue
            mine = held.where("MedicationOrder", "patient_id", stay["patient_id"])
            for order in in_sight(held, viewer, mine):
                if order["status"] == "ACTIVE":
                    waiting = _waiting(held, order, now - DAY, until, now)
                    found += [_dose(order, *one) for one in waiting if one[1] != "HELD"]
    return sorted(found, key=lambda one: (one["due_at"], one["medication_id"]))


def _dose(order: Row, at: datetime | None, state: str) -> Row:
    return {
        "__typename": "MedicationDose",
        "medication_id": order["id"],
        "patient_id": order["patient_id"],
        "due_at": at,
        "late_at": None if at is None else at + HOUR,
        "state": state,
        "administration_id": None,
        "place": (at, 1, ""),
    }


def _waiting(
    held: Held, order: Row, since: datetime, until: datetime, now: datetime
) -> list[tuple[datetime, str]]:
    if order["as_needed"] or order["frequency"] not in OURS:
        return []
    of_day = order["times"] or OURS[order["frequency"]].split()
    begins = order["starts_at"] or order["ordered_at"]
    ends = min(filter(None, (until, order["ends_at"], order["stopped_at"])))
    settled = {
        one["due_at"]
        for one in held.where("MedicationAdministration", "medication_order_id", order["id"])
        if one["status"] in ("GIVEN", "NOT_GIVEN")
    }
    zone = ZoneInfo(held.zone)
    first, found = begins.astimezone(zone).date(), []
    at = max(since, begins).replace(second=0, microsecond=0)
    while at < ends:
        local = at.astimezone(zone)
        on_its_day = order["frequency"] != "QOD" or (local.date() - first).days % 2 == 0
        due = on_its_day and f"{local:%H:%M}" in of_day and at >= max(since, begins)
        status = _status(held, order, at) if due and at not in settled else None
        if status == "ON_HOLD":
            found.append((at, "HELD"))
        elif status == "ACTIVE":
            found.append((at, "LATE" if at + HOUR < now else "DUE"))
        # Every time of the tests is of a whole hour.
        at += HOUR if at.minute == 0 else timedelta(minutes=60 - at.minute)
    return found


def _status(held: Held, order: Row, at: datetime) -> str:
    steps = held.where("MedicationOrderStep", "medication_order_id", order["id"])
    before = [one for one in steps if one["occurred_at"] <= at]
    last = max(before, key=lambda one: (one["occurred_at"], one["id"]), default=order)
    return str(last["status"])
