"""Trends and panels, worked out by plain walks over the rows in memory."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import product
from typing import Any

from tests.oracle.rows import Held, Row
from tests.oracle.sight import Viewer, in_sight, sees

TICK = timedelta(microseconds=1)
COMPARATORS = (None, "<", "<=", ">", ">=")
MEANT = ({"2823-3", "6298-4"},)
"""The codes of a hospital of the tests that mean one test."""
UNITS = {
    "HEART_RATE": ("/min", 0, 300),
    "SYSTOLIC": ("mm[Hg]", 0, 300),
    "DIASTOLIC": ("mm[Hg]", 0, 200),
    "RESPIRATORY_RATE": ("/min", 0, 100),
    "TEMPERATURE": ("Cel", 25, 45),
    "OXYGEN_SATURATION": ("%", 0, 100),
    "WEIGHT_KG": ("kg", "0.2", 500),
    "HEIGHT_CM": ("cm", 15, 272),
    "PAIN_SCORE": ("{score}", 0, 10),
}
SCORE = {
    ("RESPIRATORY_RATE", None, None): "..8:3 9..11:1 12..20:0 21..24:2 25..:3",
    ("OXYGEN_SATURATION", "SCALE_1", None): "..91:3 92..93:2 94..95:1 96..:0",
    ("OXYGEN_SATURATION", "SCALE_2", False): "..83:3 84..85:2 86..87:1 88..:0",
    ("OXYGEN_SATURATION", "SCALE_2", True): (
        "..83:3 84..85:2 86..87:1 88..92:0 93..94:1 95..96:2 97..:3"
    ),
    ("SYSTOLIC", None, None): "..90:3 91..100:2 101..110:1 111..219:0 220..:3",
    ("HEART_RATE", None, None): "..40:3 41..50:1 51..90:0 91..110:1 111..130:2 131..:3",
    ("TEMPERATURE", None, None): "..35.0:3 35.1..36.0:1 36.1..38.0:0 38.1..39.0:1 39.1..:2",
}
"""The chart of NEWS2, read across."""
CBC = """Leukocytes 6690-2 26464-8|Erythrocytes 789-8|Hemoglobin 718-7|Hematocrit 4544-3
Erythrocyte mean corpuscular volume 787-2|Erythrocyte mean corpuscular hemoglobin 785-6
Erythrocyte mean corpuscular hemoglobin concentration 786-4|Erythrocyte distribution width 788-0
Platelets 777-3 26515-7|Platelet mean volume 32623-1"""
DIFFERENTIAL = """Neutrophils 751-8 26499-4 770-8|Lymphocytes 731-0 736-9|Monocytes 742-7 5905-5
Eosinophils 711-2 713-8|Basophils 704-7 706-2"""
CMP = """Glucose 2345-7 2339-0|Urea nitrogen 3094-0|Creatinine 2160-0 38483-4|Sodium 2951-2 2947-0
Potassium 2823-3 6298-4|Chloride 2075-0|Carbon dioxide, total 2028-9 20565-8
Calcium 17861-6 49765-1|Protein 2885-2|Albumin 1751-7|Bilirubin, total 1975-2
Alkaline phosphatase 6768-6|Alanine aminotransferase 1742-6|Aspartate aminotransferase 1920-8"""
PANELS = {
    "CBC": ("58410-2", CBC),
    "CBC_WITH_DIFFERENTIAL": ("57021-8", f"{CBC}|{DIFFERENTIAL}"),
    "CMP": ("24323-8", CMP),
}


def vital_trend(held: Held, viewer: Viewer, patient: Row, given: Row) -> list[Row]:
    """Patient.vitalTrend."""
    parameter = given["parameter"]
    mine = in_sight(held, viewer, held.where("VitalSigns", "patient_id", patient["id"]))
    drawn = [
        _point(one, one["recorded_at"], Decimal(one[parameter.lower()]), None)
        for one in mine
        if one["entered_in_error_at"] is None and one[parameter.lower()] is not None
    ]
    unit, low, high = UNITS[parameter]
    found = _trend(held, drawn, given) | {
        "__typename": "VitalTrend",
        "parameter": parameter,
        "unit": unit,
        "plausible": {"low": Decimal(low), "high": Decimal(high)},
    }
    found["bands"] = list(_bands(held, viewer, patient, parameter, found["moment"]))
    return [found]


def _point(row: Row, at: datetime, value: Decimal, comparator: str | None) -> Row:
    return {"at": at, "value": value, "comparator": comparator, "row": row["id"]}


def _trend(held: Held, all_: Iterable[Row], given: Row) -> Row:
    since, until = given.get("from"), given.get("to")
    drawn = sorted(
        (
            one
            for one in all_
            if (since is None or one["at"] >= since) and (until is None or one["at"] < until)
        ),
        key=lambda one: (one["at"], one["row"]),
    )
    start = since or (drawn[0]["at"] if drawn else None)
    end = until or (drawn[-1]["at"] + TICK if drawn else None)
    return {
        "start": start,
        "end": end,
        "count": len(drawn),
        "first": drawn[0] if drawn else None,
        "last": drawn[-1] if drawn else None,
        "buckets": list(_buckets(drawn, start, end, given.get("points", 200) // 2)),
        "moment": until or datetime.now(UTC),
    }


def _buckets(drawn: list[Row], start: Any, end: Any, number: int) -> Iterable[Row]:
    if not drawn:
        return
    width = max(-(-((end - start) // TICK) // number), 1) * TICK
    places = [(one["at"] - start) // width for one in drawn]
    for place in sorted(set(places)):
        inside = [one for one, where in zip(drawn, places, strict=True) if where == place]
        yield {
            "start": start + place * width,
            "end": min(start + (place + 1) * width, end),
            "count": len(inside),
            "minimum": min(inside, key=lambda one: (one["value"], *_second(one))),
            "maximum": min(inside, key=lambda one: (-one["value"], *_second(one))),
        }


def _second(one: Row) -> tuple[datetime, int]:
    return one["at"], COMPARATORS.index(one["comparator"])


def _bands(
    held: Held, viewer: Viewer, patient: Row, parameter: str, moment: datetime
) -> Iterable[Row]:
    day = moment.astimezone(UTC).date()
    born = patient["birth_date"]
    if born is not None and (day.year - born.year, day.month, day.day) < (
        16,
        born.month,
        born.day,
    ):
        return
    if any(_pregnant(one, day) for one in _known(held, viewer, "Pregnancy", patient)):
        return
    decisions = [
        one["scale"]
        for one in _known(held, viewer, "Spo2ScaleDecision", patient)
        if one["decided_at"] <= moment and (one["ended_at"] is None or one["ended_at"] > moment)
    ]
    scale = max(decisions, default="SCALE_1")
    for (name, of_scale, on_oxygen), line in SCORE.items():
        if name != parameter or of_scale not in (None, scale):
            continue
        for part in line.split():
            span, _, points = part.partition(":")
            low, _, high = span.partition("..")
            yield {
                "low": Decimal(low) if low else None,
                "high": Decimal(high) if high else None,
                "points": int(points),
                "scale": of_scale,
                "on_oxygen": on_oxygen,
            }


def _known(held: Held, viewer: Viewer, type_: str, patient: Row) -> list[Row]:
    rows = held.where(type_, "patient_id", patient["id"])
    return [one for one in rows if sees(held, viewer, one, "vitals:read")]


def _pregnant(one: Row, day: date) -> bool:
    if one["entered_in_error_at"] is not None or day < one["onset"]:
        return False
    over = one["onset"] + timedelta(weeks=42)
    return day < min(over, one["abatement"] or over)


def lab_trend(held: Held, viewer: Viewer, patient: Row, given: Row) -> list[Row]:
    """Patient.labTrend."""
    code = given["code"].strip()
    same = next((codes for codes in MEANT if code in codes), {code})
    rules = [
        one
        for one in held.all("CriticalRule")
        if one["retired_at"] is None and same & {*one["codes"]}
    ]
    codes = same.union(*(one["codes"] for one in rules))
    mine = sorted(
        (
            one
            for one in in_sight(held, viewer, held.where("LabResult", "patient_id", patient["id"]))
            if one["code"] in codes and _stands(one)
        ),
        key=lambda one: (one["observed_at"], one["id"]),
    )
    units = [_unit(one) for one in mine if one["value"] is not None and _unit(one) is not None]
    unit = units[-1] if units else None
    values = {one["id"]: _in_unit(one, unit) for one in mine}
    drawn = [
        _point(one, one["observed_at"], value, one["comparator"])
        for one in mine
        if (value := values[one["id"]]) is not None
    ]
    found = _trend(held, drawn, given)
    inside = [one for one in mine if _within(one["observed_at"], given)]
    before = [one for one in mine if "to" not in given or one["observed_at"] < given["to"]]
    return [
        found
        | {"__typename": "LabTrend", "codes": sorted(codes), "unit": unit}
        | {
            "left_out": _left_out(one for one in inside if values[one["id"]] is None),
            "reference": next(_references(reversed(before), unit), None),
            "limits": _limits(held, viewer, patient, rules, unit, found["moment"]),
        }
    ]


def _stands(row: Row) -> bool:
    return row["superseded_at"] is None and row["status"] not in ("CANCELLED", "ENTERED_IN_ERROR")


def _within(at: datetime, given: Row) -> bool:
    return not (("from" in given and at < given["from"]) or ("to" in given and at >= given["to"]))


def _unit(row: Row) -> str | None:
    found: str | None = row["canonical_unit"] or row["unit"]
    return found


def _in_unit(row: Row, unit: str | None) -> Decimal | None:
    value = row["canonical_value"] if row["canonical_unit"] else row["value"]
    return _turned(value, _unit(row), unit)


def _turned(value: Any, unit: str | None, wanted: str | None) -> Decimal | None:
    """Of a hospital of the tests no two units convert into each other."""
    return value if unit == wanted else None


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(Decimal("1e-10"), ROUND_HALF_UP).normalize()


def _left_out(rows: Iterable[Row]) -> list[Row]:
    found: dict[tuple[str, str | None], int] = {}
    for one in rows:
        key = ("TEXT" if one["value"] is None else "UNIT", one["unit"])
        found[key] = found.get(key, 0) + 1
    order = sorted(found, key=lambda key: (key[0], key[1] is None, key[1] or ""))
    return [{"reason": key[0], "unit": key[1], "count": found[key]} for key in order]


def _references(rows: Iterable[Row], unit: str | None) -> Iterable[Row]:
    """Of a hospital of the tests every unit that is known is that of the trend."""
    for one in rows:
        if one["unit"] == unit and (one["reference_low"], one["reference_high"]) != (None, None):
            low, high = (
                None if bound is None else _rounded(bound)
                for bound in (one["reference_low"], one["reference_high"])
            )
            yield {"low": low, "high": high, "at": one["observed_at"]}


def _limits(  # noqa: PLR0917 (what a limit hangs on)
    held: Held,
    viewer: Viewer,
    patient: Row,
    rules: list[Row],
    unit: str | None,
    moment: datetime,
) -> list[Row]:
    stays = in_sight(held, viewer, held.where("BedStay", "patient_id", patient["id"]))
    wards = {
        one["ward_id"]
        for one in stays
        if one["started_at"] <= moment and (one["ended_at"] is None or one["ended_at"] > moment)
    }
    fitting = [one for one in rules if one["ward_id"] is None or one["ward_id"] in wards]
    edges = {one[edge] for one in fitting for edge in ("min_age_hours", "max_age_hours")} - {None}
    if patient["birth_date"] is None:
        ages = {0, *edges}
    else:
        born = datetime.combine(patient["birth_date"], datetime.min.time(), UTC)
        hour = timedelta(hours=1)
        young, old = (max((moment - born - timedelta(days=d)) // hour, 0) for d in (1, 0))
        ages = {young, *(edge for edge in edges if young < edge <= old)}
    sexes = {patient["sex"]} if patient["sex"] in ("FEMALE", "MALE") else {None}
    if sexes == {None}:
        sexes |= {one["sex"] for one in fitting}
    specimens = {None, *(one["specimen"] for one in fitting)}
    found = {}
    for age, sex, specimen, side in product(ages, sexes, specimens, ("LOW", "HIGH")):
        having = [
            one
            for one in fitting
            if one[side.lower()] is not None
            and one["sex"] in (None, sex)
            and one["specimen"] in (None, specimen)
        ]
        covering = [
            one
            for one in having
            if (one["min_age_hours"] or 0) <= age
            and (one["max_age_hours"] is None or age < one["max_age_hours"])
        ]
        chosen = covering or [one for one in having if one["max_age_hours"] is None]
        if chosen:
            best = min(chosen, key=_specific)
            found[side, best["id"]] = best
    limits = [_limit(side, one, unit) for (side, _), one in found.items()]
    kept = [one for one in limits if one["value"] is not None]
    return sorted(kept, key=lambda one: (one["side"], one["value"], one["key"]))


def _specific(rule: Row) -> tuple[Any, ...]:
    born, until = rule["min_age_hours"] or 0, rule["max_age_hours"]
    ages = 10**9 if until is None else until - born
    missing = tuple(rule[one] is None for one in ("ward_id", "specimen", "sex"))
    return (*missing, ages, -born, rule["key"])


def _limit(side: str, rule: Row, unit: str | None) -> Row:
    bound = side.lower()
    value = _turned(rule[bound], rule["unit"], unit)
    return rule | {"side": side, "value": value, "inclusive": rule[f"{bound}_inclusive"]}


def panels(held: Held, viewer: Viewer, patient: Row, given: Row) -> list[Row]:
    """Patient.labPanels."""
    code, text = PANELS[given["panel"]]
    members = []
    for line in text.replace("\n", "|").split("|"):
        words = line.split()
        codes = [word for word in words if word[0].isdigit()]
        members.append((" ".join(words[: -len(codes)]), codes))
    wanted = {code for _, codes in members for code in codes}
    groups: dict[tuple[datetime, str | None], list[Row]] = {}
    for one in in_sight(held, viewer, held.where("LabResult", "patient_id", patient["id"])):
        if one["code"] in wanted and _stands(one) and _within(one["observed_at"], given):
            groups.setdefault((one["observed_at"], one["panel"]), []).append(one)
    order = sorted(groups, key=lambda key: (-key[0].timestamp(), key[1] is None, key[1] or ""))
    found = []
    for place, key in enumerate(order[: given.get("first", 10)], 1):
        shown = [_member(name, codes, groups[key]) for name, codes in members]
        found.append(
            {"__typename": "CollectedPanel", "place": place, "panel": given["panel"], "code": code}
            | {"collected_at": key[0], "ordered": key[1], "members": shown}
            | {"complete": not any(one["missing"] for one in shown)}
        )
    return found


def _member(name: str, codes: list[str], results: list[Row]) -> Row:
    """The newest of the results; of the tests' hospitals none has a member in two quantities."""
    mine = [one for one in results if one["code"] in codes]
    best = max(mine, key=lambda one: (one["issued_at"], one["id"]), default=None)
    return {"name": name, "code": codes[0], "missing": best is None, "result": best}


def member_result(held: Held, viewer: Viewer, member: Row, given: Row) -> list[Row]:
    """PanelMember.result."""
    return [] if member["result"] is None else [member["result"]]


def part(name: str) -> Callable[[Held, Viewer, Row], Any]:
    """What a trend or a panel holds already."""
    return lambda held, viewer, row: row[name]


PARTS = {
    "VitalTrend.first": part("first"),
    "VitalTrend.last": part("last"),
    "VitalTrend.buckets": part("buckets"),
    "VitalTrend.plausible": part("plausible"),
    "VitalTrend.news2Bands": part("bands"),
    "LabTrend.first": part("first"),
    "LabTrend.last": part("last"),
    "LabTrend.buckets": part("buckets"),
    "LabTrend.leftOut": part("left_out"),
    "LabTrend.reference": part("reference"),
    "LabTrend.criticalLimits": part("limits"),
    "TrendBucket.minimum": part("minimum"),
    "TrendBucket.maximum": part("maximum"),
    "CollectedPanel.members": part("members"),
}
TYPES = (
    {"MedicationDose"}
    | {"VitalTrend", "LabTrend", "CollectedPanel", "PanelMember", "TrendBucket", "TrendPoint"}
    | {
        "News2Band",
        "PlausibleRange",
        "ReferenceRange",
        "CriticalLimit",
        "TrendLeftOut",
    }
)
"""Types that are no rows."""
