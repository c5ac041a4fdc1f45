"""Episodes of critical results, counted step by step, and the figures over them.

Written from docs/report.md. What PostgreSQL computes in floating point is computed so here, in the
same order, so that the last digit is the same.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer

SCOPE = "critical-result-report:read"
ENDS = {"ACKNOWLEDGED": "ACKNOWLEDGED", "WITHDRAWN": "WITHDRAWN"}
TIMES = {"READ_BACK_REFUSED": "read_backs_refused", "REPEATED": "repeated", "WORSENED": "worsened"}
MICROSECOND = timedelta(microseconds=1)


def reports(held: Held, viewer: Viewer, row: Row, given: dict[str, Any]) -> list[Row]:
    """The report that is asked for; none of a ward that is not in reach."""
    asked = {"__typename": "CriticalResultReport", "time_zone": held.zone, "ward": None} | {
        "from_at": given["from"],
        "to_at": given["to"],
        "ward_id": None,
    }
    if "ward" not in given:
        return [asked]
    wards = [one for one in held.where("Ward", "code", given["ward"]) if _near(viewer, one["id"])]
    return [asked | {"ward": one["code"], "ward_id": one["id"]} for one in wards]


def _near(viewer: Viewer, ward: Any) -> bool:
    return "H" in viewer.reaches(SCOPE) or ward in viewer.wards


def _of_alert(held: Held, alert: Row) -> Iterable[Row]:
    """Every episode of a critical result, whenever it was."""
    steps = held.where("CriticalResultStep", "critical_result_id", alert["id"])
    one: Row | None = None
    for step in sorted(steps, key=lambda each: each["number"]):
        waits = one is not None and one["ended_at"] is None
        if step["kind"] in ("RAISED", "REOPENED") and not waits:
            if one is not None:
                yield one
            one = _begun(held, alert, step)
        elif one is not None:
            one["steps"].append(step)
            _goes_on(held, one, step)
    if one is not None:
        yield one


def _begun(held: Held, alert: Row, step: Row) -> Row:
    wards = held.the("Ward", step["ward_id"])
    return {
        "__typename": "CriticalResultEpisode",
        "id": step["id"],
        "steps": [step],
        "critical_result_id": f"crt_{alert['id']}",
        "kind": alert["kind"],
        "ward_id": step["ward_id"],
        "ward": wards[0]["code"] if wards else None,
        "rule": _rule(step["rule"]),
        "began_at": step["occurred_at"],
        "reopened": step["kind"] == "REOPENED",
        "outcome": "OPEN",
        "escalation_level": 0,
        "breached": False,
        **dict.fromkeys(("ended_at", "minutes", "ended_by", "station", "waited")),
        **dict.fromkeys((*TIMES.values(), "corrected"), 0),
        "read_back_given": False,
    }


def _goes_on(held: Held, one: Row, step: Row) -> None:
    kind = step["kind"]
    if kind in ENDS and one["ended_at"] is None:
        waited = max(step["occurred_at"] - one["began_at"], timedelta(0))
        users, sessions = held.the("Viewer", step["user_id"]), held.sessions
        one["outcome"], one["ended_at"] = ENDS[kind], step["occurred_at"]
        one["waited"] = waited
        one["minutes"] = _rounded(Decimal(waited // MICROSECOND) / 60_000_000, 3)
        one["ended_by"] = users[0]["display_name"] if users else None
        one["station"] = sessions.get(step["session_id"])
        one["read_back_given"] = kind == "ACKNOWLEDGED" and step["read_back"] is not None
    elif kind == "REOPENED":
        one["corrected"] += 1
    elif kind in TIMES:
        one[TIMES[kind]] += 1
    elif kind == "ESCALATED":
        one["escalation_level"] = max(one["escalation_level"], step["level"])
    one["breached"] |= kind == "BREACHED"


def counted(held: Held, viewer: Viewer, asked: Row) -> list[Row]:
    """The episodes of a report, in the order in which they began."""
    found = [
        one
        for alert in held.all("CriticalResult")
        for one in _of_alert(held, alert)
        if asked["from_at"] <= one["began_at"] < asked["to_at"]
        and (asked["ward_id"] is None or one["ward_id"] == asked["ward_id"])
        and _near(viewer, one["ward_id"])
    ]
    return sorted(found, key=lambda one: (one["began_at"], one["id"]))


def listed(held: Held, viewer: Viewer, asked: Row, given: dict[str, Any]) -> list[Row]:
    """A page of them."""
    skip, first = given.get("skip", 0), given.get("first", 500)
    return counted(held, viewer, asked)[skip : skip + first]


def steps_of_episode(held: Held, viewer: Viewer, episode: Row, given: dict[str, Any]) -> list[Row]:
    """All that happened in an episode, and nothing of what was found."""
    codes = {ward["id"]: ward["code"] for ward in held.all("Ward")}
    shown = ("number", "kind", "occurred_at", "level", "audience", "called", "user_id")
    return [
        {name: step[name] for name in (*shown, "session_id")}
        | {"__typename": "CriticalResultEpisodeStep", "ward": codes.get(step["ward_id"])}
        | {"read_back_given": step["kind"] == "ACKNOWLEDGED" and step["read_back"] is not None}
        for step in episode["steps"]
    ]


REPORTS = {
    "Query.criticalResultReport": reports,
    "CriticalResultReport.episodes": listed,
    "CriticalResultEpisode.steps": steps_of_episode,
}


def _local_hour(asked: Row, began: datetime) -> str:
    return f"{began.astimezone(ZoneInfo(asked['time_zone'])).hour:02}"


def whole(held: Held, viewer: Viewer, asked: Row) -> Row:
    """The figures of all of them."""
    return _figures(None, counted(held, viewer, asked))


def gathered(name: Callable[[Row, Row], str | None]) -> Callable[[Held, Viewer, Row], list[Row]]:
    """The figures under each name."""

    def find(held: Held, viewer: Viewer, asked: Row) -> list[Row]:
        groups: dict[str | None, list[Row]] = {}
        for one in counted(held, viewer, asked):
            groups.setdefault(name(asked, one), []).append(one)
        names = sorted(groups, key=lambda each: (each is None, (each or "").encode()))
        return [_figures(each, groups[each]) for each in names]

    return find


def _rule(verdict: str | None) -> str | None:
    if verdict is None:
        return None
    words = verdict.split("; ")
    while len(words) > 1 and _of_the_patient(words[-1]):
        words.pop()
    named = "; ".join(words)
    points, colon, asks_for = named.partition(":")
    return f"NEWS2:{asks_for}" if colon and points.startswith("NEWS2 ") else named


def _of_the_patient(said: str) -> bool:
    return (
        said.startswith("not judged by the rules: ")
        or said.endswith(" not known: every limit tried")
        or said == "no limits for this age: adult limits applied"
    )


GATHERED = {
    "CriticalResultReport.byKind": gathered(lambda asked, one: one["kind"]),
    "CriticalResultReport.byRule": gathered(lambda asked, one: one["rule"]),
    "CriticalResultReport.byWard": gathered(lambda asked, one: one["ward"]),
    "CriticalResultReport.byHour": gathered(lambda asked, one: _local_hour(asked, one["began_at"])),
}


def _figures(name: str | None, ones: list[Row]) -> Row:
    ended = {how: [one for one in ones if one["outcome"] == how] for how in ENDS.values()}
    answered, withdrawn = ended["ACKNOWLEDGED"], ended["WITHDRAWN"]
    found = {
        "__typename": "CriticalResultFigures",
        "name": name,
        "ones": ones,
        "episodes": len(ones),
        "raised": sum(not one["reopened"] for one in ones),
        "reopened": sum(one["reopened"] for one in ones),
        "acknowledged": len(answered),
        "withdrawn": len(withdrawn),
        "open": len(ones) - len(answered) - len(withdrawn),
        "breached": sum(one["breached"] for one in ones),
        "share_read_back": _share(
            sum(one["read_back_given"] for one in ones), len(ones) - len(withdrawn)
        ),
    }
    for column in (*TIMES.values(), "corrected"):
        found[column] = sum(one[column] for one in ones)
    times = sorted(one["waited"] // MICROSECOND for one in answered)
    for column, place in (("median", 0.5), ("p90", 0.9), ("p99", 0.99)):
        found[f"{column}_minutes"] = _percentile(times, place)
    for minutes in (15, 30, 60):
        goal = timedelta(minutes=minutes)
        early = [one for one in withdrawn if one["waited"] <= goal]
        inside = sum(one["waited"] <= goal for one in answered)
        found[f"within{minutes}_minutes"] = _share(inside, len(ones) - len(early))
    return found


def escalations(held: Held, viewer: Viewer, figures: Row) -> list[Row]:
    """How many reached each level."""
    tops = [one["escalation_level"] for one in figures["ones"]]
    return [
        {"level": level, "episodes": sum(top >= level for top in tops)}
        for level in range(1, max(tops, default=0) + 1)
    ]


def _percentile(times: list[int], place: float) -> Decimal | None:
    if not times:
        return None
    at = place * (len(times) - 1)
    low, high = float(times[math.floor(at)]), float(times[math.ceil(at)])
    spread = low if low == high else low + (at - math.floor(at)) * (high - low)
    return _rounded(Decimal(f"{spread / 60_000_000.0:.15g}"), 3)


def _share(part: int, all_: int) -> Decimal | None:
    return _rounded(Decimal(part) / all_, 4) if all_ else None


def _rounded(value: Decimal, places: int) -> Decimal:
    return value.quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
