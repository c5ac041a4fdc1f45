"""What an operation costs: counted from the document and the variables, before anything runs."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import GraphQLError, get_introspection_query, parse, visit
from graphql.language import (
    DocumentNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    OperationDefinitionNode,
    SelectionNode,
    Visitor,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.reading.cost import COUNTED, Walk
from resolvers.reading.documents import Documents, GraphQLRequest
from resolvers.reading.limits import Limits
from resolvers.reading.outline import _WORD, Outline, Whole, look_over
from schema.catalogue import CATALOGUE, CORE
from tests.resolvers.reading.bombs import bombs, fan_out, repeated
from tests.resolvers.reading.hospital import ROOMY

NODES = len(CORE.get_possible_types(CORE.get_type("Node")))  # type: ignore[arg-type]
"""Each of these types is asked for the id of a node."""


def cost(text: str, variables: dict[str, Any] | None = None, limits: Limits = ROOMY) -> int:
    documents = Documents(CORE, sources=CATALOGUE.sources, limits=limits)
    return documents.prepare(GraphQLRequest(text, None, variables)).cost


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("{ __typename }", 0),
        ("{ viewer { username } }", 1),
        ("{ wards { id code name } }", 10),
        ("{ wards { id beds { code } } }", 10 + 10 * 25),
        ('{ ward(code: "MED1") { beds { admission { patient { id } } } } }', 1 + 25 * 3),
        ("{ patients { nodes { id } } }", 50),
        ("{ patients(first: 7) { nodes { id } pageInfo { hasNextPage } } }", 7),
        ("{ patients(first: null, last: 7) { nodes { id } } }", 7),
        ("{ patients(first: 0) { nodes { id } } }", 1),
        ("{ patients(first: 7) { totalCount } }", 7 + COUNTED),
        ("{ patients(first: 7) { edges { node { vitals(first: 3) { nodes { id } } } } } }", 7 * 4),
        (
            "{ patients(first: 7) { nodes { vitals(first: 3) { totalCount } } } }",
            7 * 4 + 7 * COUNTED,
        ),
        ("{ a: wards { id } b: wards { id } }", 20),
        ("{ ...A ...A } fragment A on Query { wards { id } }", 10),
        ("{ ...A ... { ...A } } fragment A on Query { wards { id } }", 20),
        ("{ wards @skip(if: true) { id } viewer { id } }", 1),
        ("{ wards @include(if: false) { id } viewer { id } }", 1),
        ('{ nodes(ids: ["x", "y", "z"]) { ... on Ward { beds { id } } } }', 3 * (NODES + 25)),
        ('{ node(id: "x") { ... on Ward { beds { id } } ... on Patient { id } } }', NODES + 25),
    ],
)
def test_rows_are_counted_by_the_sizes_of_lists(text: str, rows: int) -> None:
    assert cost(text) == 1 + rows


PAGES = """query($n: Int, $m: Int = 4, $yes: Boolean = true) {
  patients(first: $n) { nodes @include(if: $yes) { vitals(first: $m) { nodes { id } } } }
}"""


@pytest.mark.parametrize(
    ("variables", "rows"),
    [
        ({"n": 10}, 10 + 10 * 4),
        ({"n": 10, "m": 2}, 10 + 10 * 2),
        ({"n": None}, 50 + 50 * 4),
        ({}, 50 + 50 * 4),
        ({"n": 10, "yes": False}, 10),
        ({"n": 2**31 - 1, "yes": False}, 500),
        ({"n": -5, "yes": False}, 1),
    ],
)
def test_variables_count_as_what_they_are(variables: dict[str, Any], rows: int) -> None:
    assert cost(PAGES, variables) == 1 + rows


def test_a_mutation_counts_what_it_writes_and_what_it_answers() -> None:
    text = """mutation($input: RecordLabResultsInput!) {
      recordLabResults(input: $input) { outcomes { labResult { patient { id } } } }
    }"""
    result = {
        "patientId": "pat_x",
        "code": "1-8",
        "value": "1",
        "observedAt": "2026-01-01T00:00:00Z",
    }
    one = cost(text, {"input": {"results": [result]}})
    ten = cost(text, {"input": {"results": [result] * 10}})
    assert one == 1 + 1 + 3
    assert ten == 1 + 10 + 10 * 3


def test_the_description_of_the_schema_has_its_price() -> None:
    ordinary = cost(get_introspection_query())
    assert 1_000 < ordinary < 100_000
    squared = "{ __schema { types { fields { type { fields { name } } } } } }"
    assert cost(squared) > cost("{ __schema { types { fields { name } } } }") * 3


def test_it_is_kept_for_each_set_of_sizes() -> None:
    documents = Documents(CORE, sources=CATALOGUE.sources)
    for n in (5, 6, 5, 6, 5):
        prepared = documents.prepare(GraphQLRequest(PAGES, None, {"n": n, "m": 1}))
        assert prepared.cost == 1 + n + n
    known = prepared.document.costs._known
    assert len(known) == 2
    for n in range(1, 501):
        documents.prepare(GraphQLRequest(PAGES, None, {"n": n, "m": 1}))
    assert len(known) <= 256


# -- the work of counting --------------------------------------------------------------------------


def defined(
    tree: DocumentNode,
) -> tuple[dict[str, FragmentDefinitionNode], list[OperationDefinitionNode]]:
    """The fragments by name, and the operations."""
    fragments = [one for one in tree.definitions if isinstance(one, FragmentDefinitionNode)]
    operations = [one for one in tree.definitions if isinstance(one, OperationDefinitionNode)]
    return {one.name.value: one for one in fragments}, operations


def selections(text: str) -> int:
    """How many selections a document writes down."""

    class Count(Visitor):
        number = 0

        def enter(self, node: Any, *_: Any) -> None:
            self.number += isinstance(node, SelectionNode)

    count = Count()
    visit(parse(text), count)
    return count.number


@pytest.mark.parametrize("text", [text for _, text in bombs()], ids=[name for name, _ in bombs()])
def test_a_bomb_is_looked_at_once(text: str) -> None:
    """Each selection is visited once a type, however many fields they come to."""
    try:
        tree = parse(text, max_tokens=100_000)
    except (GraphQLError, RecursionError):
        return
    fragments, operations = defined(tree)
    walk = Walk(CORE, CATALOGUE.sources, fragments)
    try:
        for one in operations:
            walk.operation(one)
    except RecursionError:
        # What is nested so deeply does not come this far: see the limits.
        assert text.count("{") > 1_000
    assert walk.visits <= selections(text)


def test_a_fragment_is_visited_once_for_each_type_it_is_met_under() -> None:
    text = (
        "{ patients { nodes { ...N } } wards { ...N } "
        "} fragment N on Node { ...M } fragment M on Node { " + repeated("a%: id", 100) + "}"
    )
    fragments, [operation] = defined(parse(text))
    walk = Walk(CORE, CATALOGUE.sources, fragments)
    walk.operation(operation)
    assert walk.visits <= 2 * selections(text)


def test_numbers_do_not_grow_without_end() -> None:
    """Ten to the power of a thousand is as much too much as a million millions."""
    fragments, [operation] = defined(parse(fan_out(60, 10)))
    found = Walk(CORE, CATALOGUE.sources, fragments).operation(operation)
    assert found.rows < 10**20
    assert found.relations < 10**20


# -- the outline -----------------------------------------------------------------------------------


class Naive:
    """The same numbers from the tree, every fragment walked wherever it is spread."""

    def __init__(self, text: str) -> None:
        self.fragments, [self.operation] = defined(parse(text))

    def size(self, node: Any = None, /) -> tuple[int, int, int]:
        fields = depth = roots = 0
        held: Any = node or self.operation
        for one in held.selection_set.selections:
            fields += 1
            if one.kind == "field":
                inner = self.size(one) if one.selection_set else (0, 0, 0)
                roots += 1
                depth = max(depth, 1 + inner[1])
            else:
                spread = isinstance(one, FragmentSpreadNode)
                inner = self.size(self.fragments[one.name.value] if spread else one)
                roots += inner[2]
                depth = max(depth, inner[1])
            fields += inner[0]
        return fields, depth, roots


NAMES = st.sampled_from(["id", "on", "fragment", "query", "true", "beds", "type"])
ARGUMENTS = st.sampled_from(
    [
        "",
        '(a: 1, b: "}{", c: [1, [2], {x: [3]}])',
        '(a: """ } \\""" { """)',
        "(a: {b: {c: $d}})",
        "(a: on)",
    ]
)
DIRECTIVES = st.sampled_from(["", "@skip(if: $v)", '@include(if: true) @other(x: {y: "..."})'])
NOISE = st.sampled_from([" ", ",", "\n# } { ...F1 \n", " , "])


def selection(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    braces = st.lists(inner, min_size=1, max_size=3).map(lambda each: "{ " + " ".join(each) + " }")
    field = st.builds(
        lambda alias, name, arguments, directives, noise, body: (
            f"{alias and alias + ':'}{noise}{name}{arguments}{directives}{body}"
        ),
        st.sampled_from(["", "a", "on", "fragment"]),
        NAMES,
        ARGUMENTS,
        DIRECTIVES,
        NOISE,
        braces | st.just(""),
    )
    inline = st.builds(
        lambda condition, directives, body: f"...{condition} {directives}{body}",
        st.sampled_from(["", "on Ward", "on on"]),
        DIRECTIVES,
        braces,
    )
    return field | inline


SPREADS = st.sampled_from(["...F1", "... F2", "...F1 @skip(if: true)"])
SELECTIONS = st.recursive(NAMES | SPREADS, selection, max_leaves=12)
LEAVES = st.recursive(NAMES, selection, max_leaves=5)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(SELECTIONS, min_size=1, max_size=4),
    st.lists(LEAVES, min_size=1, max_size=3),
    st.lists(LEAVES | st.just("...F1"), min_size=1, max_size=3),
    st.sampled_from(
        [
            "",
            "query ",
            "query on ",
            "query fragment ",
            "query Q($a: [Int!]! = [1], $b: X = {c: {d: 1}}) @e ",
        ]
    ),
)
def test_the_outline_is_that_of_the_tree(
    selected: list[str], first: list[str], second: list[str], heading: str
) -> None:
    text = (
        heading
        + "{ "
        + " ".join(selected)
        + " } fragment F1 on Ward @x { "
        + " ".join(first)
        + " } # {\nfragment F2 on fragment { "
        + " ".join(second)
        + " }"
    )
    outline = Outline(ROOMY)
    outline.read([found[1] for found in _WORD.finditer(text) if found[1]])
    fragments = {one.fragment: one for one in outline.definitions if one.fragment}
    [operation] = [one for one in outline.definitions if one.fragment is None]
    assert set(fragments) == {"F1", "F2"}
    assert Whole(fragments).size(operation)[:3] == Naive(text).size()
    assert operation.variables == heading.count("$")


@given(st.text(max_size=200) | st.text(alphabet='{}()[]"\\.:@$#\n a', max_size=200))
def test_whatever_comes_is_looked_over(text: str) -> None:
    look_over(text, ROOMY)
