"""An evaluation of queries that shares nothing with the plan: graphql-core over rows in memory.

For somebody who sees the whole hospital. Rows are dicts as PostgreSQL holds them, and a field is
found by its name, or by what RELATIONS says of it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import asyncpg
from graphql import GraphQLResolveInfo, GraphQLSchema, build_schema, execute_sync, parse

import models
from resolvers import ids
from schema.catalogue import SCHEMA_TEXT

Row = dict[str, Any]
Tables = dict[str, list[Row]]

TYPES = {model: prefix for model, prefix in ids.PREFIXES.items() if model is not models.User}


async def tables(pool: asyncpg.Pool[Any], hospital: Any) -> Tables:
    """Every row of a hospital, by table; each knows its type."""
    found: Tables = {}
    for model in (*TYPES, models.BedStay, models.Reservation):
        rows = await pool.fetch(
            f"SELECT * FROM {model.__tablename__} WHERE hospital_id = $1", hospital
        )
        found[model.__tablename__] = [dict(row) | {"__typename": model.__name__} for row in rows]
    users = await pool.fetch("SELECT id, display_name FROM users")
    found["users"] = [dict(row) for row in users]
    return found


def evaluate(held: Tables, text: str) -> Any:
    """The data of a query."""
    result = execute_sync(
        SCHEMA,
        parse(text),
        root_value={},
        context_value=held,
        field_resolver=_field,
        type_resolver=lambda row, *_: row["__typename"],
    )
    assert result.errors is None, result.errors
    return result.data


SCHEMA: GraphQLSchema = build_schema(SCHEMA_TEXT, assume_valid_sdl=True)


def _field(row: Any, info: GraphQLResolveInfo, **given: Any) -> Any:
    name = f"{info.parent_type.name}.{info.field_name}"
    held: Tables = info.context
    if name in RELATIONS:
        return RELATIONS[name](held, row, {k: v for k, v in given.items() if v is not None})
    if info.field_name == "id":
        model = next(m for m in TYPES if m.__name__ == row["__typename"])
        return f"{TYPES[model]}_{row['id']}"
    column = re.sub(r"(?=[A-Z])", "_", info.field_name).lower()
    if info.parent_type.name == "News2":
        column = f"news2_{column}"
    value = row[info.field_name] if info.field_name in row else row[column]
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def the(rows: list[Row], **wanted: Any) -> Row | None:
    """The one row with these values."""
    return next((row for row in rows if all(row[k] == v for k, v in wanted.items())), None)


def all_of(rows: list[Row], **wanted: Any) -> list[Row]:
    return [row for row in rows if all(row[k] == v for k, v in wanted.items())]


def newest(rows: list[Row], column: str) -> list[Row]:
    return sorted(rows, key=lambda row: (row[column], row["id"]), reverse=True)


def page(rows: list[Row], given: dict[str, Any]) -> Row:
    first = given.get("first", 50)
    shown = rows[:first]
    return {
        "nodes": shown,
        "edges": [{"node": row} for row in shown],
        "totalCount": len(rows),
        "pageInfo": {"hasNextPage": len(rows) > first, "hasPreviousPage": False},
    }


def _current(held: Tables, admission: Row) -> Row | None:
    return the(held["bed_stays"], admission_id=admission["id"], ended_at=None)


def _place(table: str, column: str) -> Callable[[Tables, Row, Any], Row | None]:
    def find(held: Tables, row: Row, _: Any) -> Row | None:
        stay = _current(held, row)
        return None if stay is None else the(held[table], id=stay[column])

    return find


def _patient(held: Tables, row: Row, _: Any) -> Row | None:
    return the(held["patients"], id=row["patient_id"])


def _by_code(table: str) -> Callable[[Tables, Row, Any], list[Row]]:
    return lambda held, row, _: sorted(
        all_of(held[table], ward_id=row["id"]), key=lambda one: one["code"]
    )


def _pages(table: str, column: str, keep: Callable[[Row], bool] = lambda _: True) -> Any:
    def find(held: Tables, row: Row, given: dict[str, Any]) -> Row:
        mine = [one for one in all_of(held[table], patient_id=row["id"]) if keep(one)]
        if "code" in given:
            mine = [one for one in mine if one["code"] == given["code"]]
        if "abnormal" in given:
            fine = ("NORMAL", "NOT_JUDGED")
            mine = [one for one in mine if (one["interpretation"] in fine) is not given["abnormal"]]
        if "status" in given:
            mine = [one for one in mine if one["status"] in given["status"]]
        return page(newest(mine, column), given)

    return find


def _in_bed(held: Tables, bed: Row, _: Any) -> Row | None:
    stay = the(held["bed_stays"], bed_id=bed["id"], ended_at=None)
    return None if stay is None else the(held["admissions"], id=stay["admission_id"])


def _kept(held: Tables, bed: Row, _: Any) -> Row | None:
    found = the(held["reservations"], bed_id=bed["id"], ended_at=None)
    return None if found is None else the(held["patients"], id=found["patient_id"])


def _admission(held: Tables, patient: Row, _: Any) -> Row | None:
    return the(held["admissions"], patient_id=patient["id"], status="IN_PROGRESS")


def _occupancy(held: Tables, ward: Row, _: Any) -> Row:
    beds = all_of(held["beds"], ward_id=ward["id"])
    free = [bed for bed in beds if bed["status"] == "UNOCCUPIED"]
    kept = [bed for bed in free if the(held["reservations"], bed_id=bed["id"], ended_at=None)]
    occupied = len(all_of(beds, status="OCCUPIED"))
    return {
        "beds": len(beds),
        "occupied": occupied,
        "reserved": len(kept),
        "available": len(free) - len(kept),
        "unavailable": len(beds) - len(free) - occupied,
    }


def _name(column: str) -> Callable[[Tables, Row, Any], str | None]:
    def find(held: Tables, row: Row, _: Any) -> str | None:
        user = the(held["users"], id=row[column])
        return None if user is None else user["display_name"]

    return find


def _history(held: Tables, result: Row, _: Any) -> list[Row]:
    rows = all_of(held["lab_results"], root_id=result["root_id"])
    earlier = [row for row in rows if row["version"] < result["version"]]
    return sorted(earlier, key=lambda row: row["version"], reverse=True)


def _critical(held: Tables, _: Any, given: dict[str, Any]) -> Row:
    rows = held["critical_results"]
    if "ward" in given:
        ward = the(held["wards"], code=given["ward"])
        rows = [] if ward is None else all_of(rows, ward_id=ward["id"])
    if "status" in given:
        rows = [row for row in rows if row["status"] in given["status"]]
    return page(newest(rows, "raised_at"), given)


def _latest(held: Tables, patient: Row, _: Any) -> Row | None:
    rows = newest(all_of(held["vital_signs"], patient_id=patient["id"]), "recorded_at")
    return rows[0] if rows else None


RELATIONS: dict[str, Callable[[Tables, Any, dict[str, Any]], Any]] = {
    "Query.wards": lambda held, _, __: sorted(held["wards"], key=lambda ward: ward["code"]),
    "Query.ward": lambda held, _, given: the(held["wards"], code=given["code"]),
    "Query.patient": lambda held, _, given: the(held["patients"], mrn=given["mrn"]),
    "Query.patients": lambda held, _, given: page(
        sorted(held["patients"], key=lambda row: (row["name_key"], row["id"])), given
    ),
    "Query.criticalResults": _critical,
    "Ward.beds": _by_code("beds"),
    "Ward.occupancy": _occupancy,
    "Bed.ward": lambda held, bed, _: the(held["wards"], id=bed["ward_id"]),
    "Bed.admission": _in_bed,
    "Bed.reserved": lambda held, bed, given: _kept(held, bed, given) is not None,
    "Bed.reservedFor": _kept,
    "BedStay.bed": lambda held, stay, _: the(held["beds"], id=stay["bed_id"]),
    "Admission.patient": _patient,
    "Admission.bed": _place("beds", "bed_id"),
    "Admission.ward": _place("wards", "ward_id"),
    "Admission.stays": lambda held, row, _: newest(
        all_of(held["bed_stays"], admission_id=row["id"]), "started_at"
    ),
    "Patient.admission": _admission,
    "Patient.admissions": _pages("admissions", "admitted_at"),
    "Patient.allergies": lambda held, row, _: newest(
        all_of(held["allergies"], patient_id=row["id"]), "recorded_at"
    ),
    "Patient.latestVitals": _latest,
    "Patient.vitals": _pages("vital_signs", "recorded_at"),
    "Patient.labResults": _pages(
        "lab_results", "observed_at", lambda row: row["superseded_at"] is None
    ),
    "Patient.medications": _pages("medication_orders", "ordered_at"),
    "VitalSigns.news2": lambda _, row, __: row if row["news2_applies"] else None,
    "LabResult.patient": _patient,
    "LabResult.criticalResult": lambda held, row, _: the(
        held["critical_results"], lab_result_id=row["id"]
    ),
    "LabResult.history": _history,
    "CriticalResult.patient": _patient,
    "CriticalResult.ward": lambda held, row, _: the(held["wards"], id=row["ward_id"]),
    "CriticalResult.labResult": lambda held, row, _: the(
        held["lab_results"], id=row["lab_result_id"]
    ),
    "CriticalResult.acknowledgedBy": _name("acknowledged_by"),
    "MedicationOrder.patient": _patient,
    "MedicationOrder.administrations": lambda held, row, given: page(
        newest(
            all_of(held["medication_administrations"], medication_order_id=row["id"]), "given_at"
        ),
        given,
    ),
    "MedicationAdministration.givenBy": _name("given_by"),
}
