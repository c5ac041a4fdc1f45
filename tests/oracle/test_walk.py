"""Every field of every type, and every argument, is answered as the oracle answers it.

So there is nothing that a document can legally say and the engine cannot plan.
"""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import pytest
import pytest_asyncio
from graphql import GraphQLObjectType, get_named_type, is_leaf_type

import models
from models.rules.roles import Role
from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import departures
from tests.oracle.chains import REPORTED, Given, along, calls, object_of, roads, types_below, whole
from tests.oracle.conftest import leave_traces
from tests.oracle.cursors import Cursors
from tests.oracle.execution import Question, expected, unknown
from tests.oracle.grants import ENTRY, GUARDS
from tests.oracle.hospitals import House
from tests.oracle.people import staffed
from tests.oracle.relations import NODES
from tests.oracle.rows import spoken
from tests.oracle.sight import needed, viewer_of
from tests.oracle.trends import TYPES as TREND_TYPES
from tests.resolvers.reading.hospital import MRNS, Hospital

TYPES = types_below("Query")
WALKED: set[str] = set()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def house(whole: Hospital) -> House:
    found = await staffed(whole)
    await leave_traces(found)
    return found


def given(house: House) -> Given:
    """The arguments of the roots that name one row."""
    hospital = house.hospital
    # The one that is over.
    admission = hospital.public(models.Admission, hospital.charts["Dora"].newest(models.Admission))
    return {
        "medicationsDue": '(ward: "ICU")',
        "ward": '(code: "ICU")',
        "patient": f'(mrn: "{MRNS["Ben"]}")',
        "admission": f'(id: "{admission}")',
        "auditEntries": f'(to: "{spoken(house.held.at)}")',
        "criticalResultReport": f'{REPORTED[:-1]}, ward: "ICU")',
    }


async def answered(house: House, question: Question, role: Role) -> Any:
    """The oracle's data, which are the engine's."""
    actor = house.actors[list(Role).index(role)]
    cursors = Cursors()
    wanted = expected(question, house.held, viewer_of(actor, house.held), cursors)
    request = GraphQLRequest(question.text, question.operation, question.variables)
    raw = await house.hospital.engine.execute(request, actor)
    assert departures(raw, wanted, cursors) == [], (role, question.text)
    return wanted


def test_the_oracle_knows_the_whole_schema() -> None:
    assert unknown() == []
    assert {
        t for t in TYPES if not t.endswith(("Connection", "Edge"))
    } - ENTRY.keys() - TREND_TYPES == {
        *("Viewer", "News2", "News2Parts", "WardOccupancy", "PageInfo", "AuditActor", "Station"),
        "Session",
        *("CriticalResultReport", "CriticalResultFigures", "CriticalResultEscalations"),
        *("CriticalResultEpisode", "CriticalResultStep", "EscalationChain", "EscalationStep"),
        *("BedCleaning", "CriticalResultEpisodeStep"),
    }


def test_the_directives_say_what_the_oracle_asks() -> None:
    """The scopes printed in the SDL, which the oracle's table was written without."""
    for name in ("Query", *TYPES):
        for field_name, field in object_of(name).fields.items():
            node: Any = field.ast_node
            printed = [
                directive.arguments[0].value.values[0].values[0].value
                for directive in node.directives or ()
                if directive.name.value == "requiresScopes"
            ]
            asked = needed(name, field_name, field.type)
            assert printed == ([] if asked is None else [asked]), f"{name}.{field_name}"
    assert {name.partition(".")[0] for name in GUARDS} <= {"Query", *TYPES}


@pytest.mark.parametrize("name", TYPES)
async def test_every_field_of_a_type(house: House, name: str) -> None:
    """By every root that leads there; each has a value for somebody who may see it."""
    type_ = object_of(name)
    found = [
        along(road, whole(type_), f"r{number}")
        for number, road in enumerate(roads("Query", given(house)).get(name, []))
    ]
    assert found, "no road leads here"
    text = " ".join(road[1:-1] for road in found)
    wanted = await answered(house, Question("{ " + text + " }"), Role.ADMIN)
    WALKED.update(f"{name}.{field}" for field in type_.fields)
    missing = {field for field in type_.fields if field not in met(wanted.data, name)}
    assert missing - UNSEEN.get(name, set()) == set()


UNSEEN = {
    # What hangs on a patient or a rule of another kind: test_trend_bands.py of the resolvers.
    "News2Band": {"scale", "onOxygen"},
    "TrendPoint": {"comparator"},
    "CriticalLimit": {"sex", "specimen", "maxAgeHours"},
    "TrendLeftOut": {"reason", "unit", "count"},
    # Nothing is retired, and nobody disabled: test_ward_changes.py of the resolvers.
    "Ward": {"retiredAt"},
    "Bed": {"retiredAt"},
    "User": {"disabledAt"},
    "AuditEntry": {"sealedAt", "seal", "requestId", "address"},
    "Allergy": {"enteredInErrorAt", "errorReason"},
    "Isolation": {"endedAt", "endedBy"},
    # The shortest roads lead to what stands; test_matrix asks the others by their ids.
    "VitalSigns": {"news2NotApplicableReason"}
    | {f"enteredInError{what}" for what in ("At", "By", "Reason")},
    "Pregnancy": {"enteredInErrorAt"},
    "CriticalResultFigures": {"name"},
}
"""What no entry of this hospital has: nobody sealed the audit, or asked over HTTP; no
list shows an isolation that has ended; and the shortest
road to figures leads to those of the whole."""


def met(value: Any, type_: str) -> set[str]:
    """The fields of a type that had a value somewhere."""
    if isinstance(value, list):
        return set().union(*(met(one, type_) for one in value))
    if not isinstance(value, dict):
        return set()
    found = set().union(*(met(one, type_) for one in value.values()))
    if value.get("__typename") == type_:
        found |= {key for key, one in value.items() if one is not None}
    return found


@pytest.mark.parametrize("name", NODES)
async def test_every_field_of_a_node(house: House, name: str) -> None:
    node = f'{{ node(id: "{house.ids(name)[0]}") {{ ... on {name} {whole(object_of(name))} }} }}'
    wanted = await answered(house, Question(node), Role.ADMIN)
    assert wanted.data["node"]["__typename"] == name


async def test_several_nodes_at_once(house: House) -> None:
    """In the order of the ids, null for those that name nothing, the same one twice."""
    asked = [house.ids(name)[0] for name in NODES]
    asked = [*asked, "nothing", asked[0], *asked[::-1]]
    inside = " ".join(f"... on {name} {{ of{name}: __typename id }}" for name in NODES)
    text = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ __typename {inside} }} }}"
    for role in Role:
        await answered(house, Question(text, {"ids": asked}), role)
        await answered(house, Question(text, {"ids": []}), role)


def arguments() -> list[tuple[str, str, str, str]]:
    """Type, field, argument and the field written with it."""
    return [
        (name, field_name, argument, text)
        for name in ("Query", *TYPES)
        for field_name in object_of(name).fields
        for argument, text in calls(object_of(name), field_name)
    ]


@pytest.mark.parametrize(("name", "field", "argument", "text"), arguments())
async def test_every_argument(
    house: House, name: str, field: str, argument: str, text: str
) -> None:
    """Given alone: as a literal, and as a variable with a value, with a default, and null."""
    type_ = object_of(name)
    road = () if name == "Query" else roads("Query", given(house))[name][0]
    upto = f', to: "{spoken(house.held.at)}")' if field == "auditEntries" else ")"
    if (field, argument) == ("auditEntries", "to"):
        upto, text = ")", f'(to: "{spoken(house.held.at)}")'
    selection = _briefly(get_named_type(type_.fields[field].type))
    literal = along(road, f"{{ {field}{text[:-1]}{upto} {selection} }}")
    await answered(house, Question(literal), Role.ADMIN)
    WALKED.update((f"{name}.{field}", f"{name}.{field}({argument}:)"))
    if (field, argument) == ("auditEntries", "to"):
        return
    declared = type_.fields[field].args[argument].type
    value = text.partition(f"{argument}: ")[2].removesuffix(")")
    call = text.replace(f"{argument}: {value}", f"{argument}: $v")[:-1] + upto
    body = along(road, f"{{ {field}{call} {selection} }}")
    default = f"query ($v: {declared} = {value}) {body}"
    questions = [Question(default), Question(f"query ($v: {declared}) {body}", _plain(value))]
    if not str(declared).endswith("!"):
        questions += [Question(default, {"v": None}), Question(f"query ($v: {declared}) {body}")]
    for question in questions:
        await answered(house, question, Role.ADMIN)


def test_nothing_was_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    """The whole schema below Query, counted anew."""
    wanted = set()
    for name in ("Query", *TYPES):
        for field_name, field in object_of(name).fields.items():
            wanted.add(f"{name}.{field_name}")
            wanted.update(f"{name}.{field_name}({argument}:)" for argument in field.args)
    if not WALKED:
        pytest.skip("the walk was not made in this process")
    with capsys.disabled():
        sys.stdout.write(f"\n{len(WALKED)} of {len(wanted)} fields and arguments walked\n")
    # Roots without arguments are the beginnings of the roads.
    assert {
        name for name in wanted - WALKED if "(" in name or not name.startswith("Query.")
    } == set()


def _plain(value: str) -> dict[str, Any]:
    """The variable of a literal: words of an enumeration are strings there."""
    if value.startswith("["):
        return {"v": [word.strip('"') for word in value.strip("[]").split(", ")]}
    return {"v": value if re.fullmatch("[A-Z][A-Z0-9_]*", value) else json.loads(value)}


def _briefly(target: Any) -> str:
    if isinstance(target, GraphQLObjectType) and target.name.endswith("Connection"):
        return "{ totalCount nodes { __typename } pageInfo { hasNextPage hasPreviousPage } }"
    return "" if is_leaf_type(target) else "{ __typename }"
