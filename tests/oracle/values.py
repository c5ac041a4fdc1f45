"""Values by chance for arguments: what is there, what is not, and what stands at the border."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from graphql import GraphQLEnumType, GraphQLList, GraphQLNonNull, get_named_type
from hypothesis import strategies as st

from tests.oracle.cursors import Cursors
from tests.oracle.execution import SCHEMA
from tests.oracle.hospitals import House
from tests.oracle.relations import NEWEST
from tests.oracle.rows import PREFIXES, spoken
from tests.oracle.sight import element

Draw = Callable[[st.SearchStrategy[Any]], Any]
SIZES = (2, 50, 1, 3, 0, 5, 500)
STRANGE = ("", "none", " ", "%", "\u2603", "x" * 200, 'a"b\\c', "pat_", "\U0010ffff")
APART = {
    ("criticalResultReport", "from"): (-1, -60, 0, -200),
    ("criticalResultReport", "to"): (1, 60, 0, 200),
}
"""Days by which a period begins before a moment, or ends after one."""
ZONES = (UTC, timezone(timedelta(hours=5, minutes=30)), timezone(-timedelta(hours=9)))


class Value(str):
    """A word of an enumeration: written bare in a document, as a string in variables."""

    __slots__ = ()


def luck(draw: Draw, percent: int) -> bool:
    """True with a chance in percent. Hypothesis likes the ends of a range, so they are left out;
    what it shrinks to is false."""
    return bool(30 < draw(st.integers(0, 999)) / 10 <= 30 + percent)


def literal(value: Any) -> str:
    """A value as it stands in a document."""
    if isinstance(value, Value):
        return str(value)
    if isinstance(value, list):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    return json.dumps(value)


def shaped(value: Any) -> Any:
    """A value as it stands in the variables."""
    if isinstance(value, list):
        return [shaped(one) for one in value]
    return str(value) if isinstance(value, Value) else value


@dataclass
class Facts:
    """What is known of a hospital when values are drawn for it."""

    house: House
    cursors: Cursors

    def value(self, draw: Draw, type_: str, name: str, argument: str, wanted: Any) -> Any:
        """A value for an argument of `type_.name`; null now and then where that may be."""

        def one(values: Any) -> Any:
            known = list(values)
            return known[draw(st.integers(0, len(known) - 1))] if known else "none"

        required = isinstance(wanted, GraphQLNonNull)
        if not required and luck(draw, 6):
            return None
        named = get_named_type(wanted)
        plain = wanted.of_type if required else wanted
        if isinstance(plain, GraphQLList):
            return self._list(draw, one, named, argument)
        match argument, named.name:
            case (("first" | "last" | "skip"), _):
                return one((501, -1)) if luck(draw, 1) else one(SIZES)
            case (("after" | "before"), _):
                return self._cursor(draw, one, type_, name)
            case "points", _:
                return one((1, 2001)) if luck(draw, 1) else one((2, 200, 3, 7, 2000))
            case "audience", _:
                told = [row["audience_id"] for row in self.house.held.all("AuditEntry")]
                return str(one([*filter(None, told), "none"]))
            case _, "ID":
                return self._id(draw, one, argument if argument in ("patient", "user") else name)
            case _, "Boolean":
                return draw(st.booleans())
            case _, "DateTime":
                apart = one(APART.get((name, argument), (0,)))
                return self._until(draw, one) if argument == "until" else self._moment(one, apart)
        if isinstance(named, GraphQLEnumType):
            return Value(one(named.values))
        return self._text(draw, one, name, argument)

    def _list(self, draw: Draw, one: Any, named: Any, argument: str) -> list[Any]:
        size = draw(st.integers(0, 3))
        if isinstance(named, GraphQLEnumType):
            return [Value(one(named.values)) for _ in range(size)]
        return [self._id(draw, one, argument) for _ in range(size + luck(draw, 40))]

    def _id(self, draw: Draw, one: Any, name: str) -> str:
        kinds = {"patient": "Patient", "admission": "Admission", "user": "Viewer"}
        types = [kinds[name]] if name in kinds else list(PREFIXES)
        if luck(draw, 10):
            found = one(self.house.ids(one(PREFIXES)))
            swapped = f"{one(list(PREFIXES.values()))}_{found.partition('_')[2]}"
            return str(one([found, swapped, found.upper(), f" {found}", *STRANGE]))
        if self.house.others and luck(draw, 5):
            return str(one(self.house.others))
        return str(one(self.house.ids(one(types))))

    def _cursor(self, draw: Draw, one: Any, type_: str, name: str) -> str:
        owner: Any = SCHEMA.get_type(type_)
        rows = element(get_named_type(owner.fields[name].type)).name
        known = self.cursors.of(rows)
        if not known or luck(draw, 1):
            return str(one(("no cursor", "", "bm90IGEgY3Vyc29y")))
        return str(one(known))

    def _until(self, draw: Draw, one: Any) -> str:
        """Most of what was ever recorded lies in the past of a round; of the hospital's last days
        some is ahead, and further than a round may look."""
        if luck(draw, 5):
            return self._moment(one)
        ahead = timedelta(hours=one((-48, -1, 0, 1, 8, 23)))
        return str(spoken((datetime.now(UTC) + ahead).astimezone(one(ZONES))))

    def _moment(self, one: Any, days: int = 0) -> str:
        rows = [row for type_ in NEWEST for row in self.house.held.all(type_)]
        if not rows:
            return "2026-01-01T00:00:00Z"
        row = one(rows)
        moment: datetime = row[NEWEST[row["__typename"]]]
        moment += timedelta(days, microseconds=one((0, 0, 1, -1, 3_600_000_000)))
        return str(spoken(moment.astimezone(one(ZONES))))

    def _text(self, draw: Draw, one: Any, name: str, argument: str) -> str:
        if luck(draw, 8):
            return str(one(STRANGE))
        held = self.house.held
        match argument:
            case "ward":
                return str(one([ward["code"] for ward in held.all("Ward")]))
            case "code":
                wards = [ward["code"] for ward in held.all("Ward")]
                return str(one(wards if name == "ward" else ["2823-3", "X-1", "1191"]))
            case "notJudgedReason":
                return str(one(["no unit", " no unit ", "unit"]))
            case "search" if name == "users":
                user = one(held.all("User"))
                return str(one([user["username"], user["username"][3:9], "Some", " some  bODY"]))
            case "nationalId":
                return str(one([f"{sent['national_id']} " for sent in held.all("Patient")]))
            case "birthDate":
                born = [patient["birth_date"] for patient in held.all("Patient")]
                return str(one([*filter(None, born), "1950-02-29"]))
            case "mrn":
                return str(one([patient["mrn"] for patient in held.all("Patient")]))
        patient = one(held.all("Patient"))
        words = [patient["mrn"], f" {patient['mrn']} "]
        for column in ("family_name", "given_name"):
            text = patient[column]
            words += [text, text.upper(), text[:1], f"  {text} ", f"{text}  {text[:1]}"]
        return str(one(words))
