"""Users, and what is in service: who there is, where they work, when they signed in last."""

from __future__ import annotations

from typing import Any

from tests.oracle.rows import Held, Row, spoken
from tests.oracle.sight import Viewer


def in_service(rows: list[Row]) -> list[Row]:
    """Those of the wards, or of the beds, that are not retired."""
    return [row for row in rows if row["retired_at"] is None]


def _wards(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    return in_service(held.all("Ward"))


def _users(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    rows = held.all("User")
    if "active" in given:
        rows = [one for one in rows if (one["disabled_at"] is None) is given["active"]]
    wanted = " ".join(given.get("search", "").lower().split())
    return [
        one for one in rows if wanted in one["username"] or wanted in one["display_name"].lower()
    ]


def works_on(held: Held, viewer: Viewer, user: Row) -> list[str]:
    """The codes of the wards on which somebody works."""
    places = [one for ward in held.places.get(user["id"], ()) for one in held.the("Ward", ward)]
    return sorted((one["code"] for one in in_service(places)), key=str.encode)


def last_sign_in(held: Held, viewer: Viewer, user: Row) -> Any:
    """When the newest session of somebody began."""
    began = [one["created_at"] for one in held.where("Session", "user_id", user["id"])]
    return spoken(max(began, default=None))


IN_SERVICE = {
    "Query.users": _users,
    "Query.wards": _wards,
    "Viewer.wards": _wards,
    "Viewer.session": lambda held, viewer, row, given: held.the("Session", viewer.session),
    "Query.ward": lambda held, viewer, row, given: in_service(
        held.where("Ward", "code", given["code"])
    ),
    "Ward.beds": lambda held, viewer, row, given: in_service(
        held.where("Bed", "ward_id", row["id"])
    ),
}
"""Relations to what is in service, and to whoever asks."""
