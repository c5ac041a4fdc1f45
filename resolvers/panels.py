"""Panels: the results of a patient collected together, beside the tests that are missing.

A collection is what was taken at one time for one order of the sender (its panel, where it names
one). A member of a panel that has no result in it is shown as missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    FromClause,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    select,
    true,
)
from sqlalchemy.types import TypeEngine

import models
from models.rules.critical_results import TAKEN_BACK
from models.rules.panels import LOINC, PANELS
from models.rules.trends import same_test
from resolvers.errors import BadInput
from resolvers.reading.aliases import alias_of
from resolvers.reading.shapes import number, words
from resolvers.reading.sources import Derivation, there_is
from resolvers.trends import constants, period, seen_of_patient, within

USUAL, MOST = 10, 50
_CODES = ARRAY(Text())
_MEMBERS: Mapping[str, TypeEngine[Any]] = {
    "panel": Text(),
    "loinc": Text(),
    "number": Integer(),
    "name": Text(),
    "code": Text(),
    "codes": _CODES,
    "instead": _CODES,
}


@cache
def _rows() -> tuple[dict[str, Any], ...]:
    return tuple(
        {
            "panel": panel,
            "loinc": LOINC[panel],
            "number": number_,
            "name": member.name,
            "code": member.code,
            "codes": list(dict.fromkeys(code for one in member.codes for code in same_test(one))),
            "instead": member.instead,
        }
        for panel, members in PANELS.items()
        for number_, member in enumerate(members)
    )


def _members(name: str) -> FromClause:
    return constants(_rows(), _MEMBERS, name)


def panels(patient: FromClause, given: Derivation) -> Select[Any]:
    """The collections of a panel, newest first."""
    panel = given.argument("panel")
    assert panel is not None
    wanted = cast(panel(Text(), str), Text)
    row, member = alias_of(models.LabResult, "panel_result"), _members("member")
    asked = select(*period(given)).correlate_except().subquery("asked")
    collected = (
        select(
            row.c.observed_at.label("collected_at"),
            row.c.panel.label("ordered"),
            func.array_agg(row.c.code).label("found"),
        )
        .select_from(row.join(asked, within(asked, row.c.observed_at)))
        .where(
            *_standing(patient.c.id, row, given),
            there_is(member, member.c.panel == wanted, row.c.code == func.any(_all(member))),
        )
        .group_by(row.c.observed_at, row.c.panel)
        .order_by(row.c.observed_at.desc(), row.c.panel)
        .limit(_first(given))
        .correlate_except(row, asked)
        .subquery("collected")
    )
    missing = _members("missing")
    lacks = there_is(
        missing, missing.c.panel == wanted, ~_all(missing).bool_op("&&")(collected.c.found)
    )
    first = _members("first_member")
    place = func.row_number().over(order_by=(collected.c.collected_at.desc(), collected.c.ordered))
    return (
        select(
            place.label("place"),
            patient.c.id.label("patient_id"),
            collected.c.collected_at,
            collected.c.ordered,
            first.c.panel,
            first.c.loinc.label("code"),
            (~lacks).label("complete"),
        )
        .select_from(
            collected.join(first, and_(first.c.panel == wanted, first.c.number == number(0)))
        )
        .correlate_except(collected, first)
    )


def members(panel: FromClause, given: Derivation) -> Select[Any]:
    """The members of a panel, each with the result that a collection has of it.

    Where it has several, the panel's own quantity goes before another, then what came last.
    """
    row, member = alias_of(models.LabResult, "member_result"), _members("member")
    other = case((row.c.code == func.any(member.c.codes), number(0)), else_=number(1))
    found = (
        select(row.c.id)
        .where(
            *_standing(panel.c.patient_id, row, given),
            row.c.observed_at == panel.c.collected_at,
            row.c.panel.is_not_distinct_from(panel.c.ordered),
            row.c.code == func.any(_all(member)),
        )
        .order_by(other, row.c.issued_at.desc(), row.c.id.desc())
        .limit(number(1))
        .correlate_except(row)
        .lateral("found")
    )
    return (
        select(
            panel.c.patient_id,
            member.c.number,
            member.c.name,
            member.c.code,
            found.c.id.label("result_id"),
            found.c.id.is_(None).label("missing"),
        )
        .select_from(member.outerjoin(found, true()))
        .where(member.c.panel == panel.c.panel)
        .correlate_except(member, found)
    )


def _standing(
    patient_id: ColumnElement[Any], row: FromClause, given: Derivation
) -> list[ColumnElement[bool]]:
    """The newest version of a result of the patient, unless it was taken back."""
    return [
        row.c.patient_id == patient_id,
        row.c.superseded_at.is_(None),
        row.c.status.not_in(words(sorted(TAKEN_BACK))),
        *seen_of_patient(given, models.LabResult, row),
    ]


def _all(member: FromClause) -> ColumnElement[Any]:
    """Every code by which the member is reported."""
    return func.array_cat(member.c.codes, member.c.instead, type_=_CODES)


def _first(given: Derivation) -> ColumnElement[Any]:
    argument = given.argument("first")
    return number(USUAL) if argument is None else cast(argument(Integer(), _size), Integer)


def _size(asked: int) -> int:
    if 1 <= asked <= MOST:
        return asked
    raise BadInput("so many collections are shown", field="first", limit=f"1 to {MOST}")
