"""Connections: the fields of a Relay connection, planned; resolvers/reading/pages has the SQL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType
from graphql.execution.values import VariableValues
from sqlalchemy import ColumnElement, func

from resolvers.errors import BadInput
from resolvers.reading import shapes
from resolvers.reading.fields import Selected, stated
from resolvers.reading.listings import Listed, ListedRows, Listing, builder
from resolvers.reading.pages import (
    Aggregates,
    BindKey,
    Cut,
    Ends,
    Keyset,
    PageRows,
    goes_on,
    merged,
    page,
    page_size,
)
from resolvers.reading.places import (
    GivenArguments,
    Place,
    object_type,
    patient_of,
    row_of,
    typename,
)
from resolvers.reading.sources import Page

if TYPE_CHECKING:
    from resolvers.reading.plan import Planner


CURSORS = frozenset({"cursor", "startCursor", "endCursor"})


class Connection:
    """Plans the fields of one connection; see resolvers/reading/pages for the SQL."""

    def __init__(
        self,
        planner: Planner,
        source: Page,
        given: GivenArguments,
        cut: Cut,
        *,
        parent: Place,
        inside: Place,
        level: shapes.Level,
    ) -> None:
        self._planner = planner
        self._source = source
        self._given = given
        self._parent = parent
        self._carried: list[ColumnElement[Any]] = []
        keyset = Keyset.of(source.order, row_of(inside))

        def key_of(name: str) -> BindKey:
            return lambda type_, parse: planner.bind(type_, given[name], parse)

        if "after" in given:
            level.where.append(keyset.after("after", key_of("after")))
        if "before" in given:
            level.where.append(keyset.before("before", key_of("before")))
        if len(level.alternatives) == 1 and parent.row is None:
            level, inside = self._merged(level, inside, cut)
            keyset = Keyset.of(source.order, row_of(inside))
        self._inside = inside
        self._cut = cut
        self._level = level
        self._keyset = keyset

    def _merged(self, level: shapes.Level, inside: Place, cut: Cut) -> tuple[shapes.Level, Place]:
        over = merged(level, self._source.order, cut, self._planner.name("m"))
        inside = replace(inside, row=over.row)
        if level.people:
            over.people.append(shapes.People(patient_of(row_of(inside))))
        return over, inside

    def made(self, chosen: Selected) -> shapes.Made:
        """The connection's object."""
        selected = self._planner.collect(chosen)
        lists = [one for one in selected if one.name in ("nodes", "edges")]
        about = any(one.name == "pageInfo" for one in selected)
        if not lists and not about:
            # A count alone reads no page, and names nobody in the audit.
            return shapes.Made(shapes.object_of([(one.key, self._apart(one)) for one in selected]))
        cursors = any(self._asks_cursor(one) for one in selected)
        if len(lists) == 1 and not cursors and not self._cut.backward:
            return self._plain(selected, lists[0])
        fields = [(one.key, self._field(one)) for one in selected]
        rows = PageRows(self._level, self._keyset, self._cut, cursors)
        return page(
            rows, self._carried, lambda above: [(key, value(above)) for key, value in fields]
        )

    def _plain(self, selected: Sequence[Selected], listed: Selected) -> shapes.Made:
        """Nobody asks for a cursor: the rows need no numbers, and whether there is one more is
        asked of the index alone."""
        if listed.name == "nodes":
            node = replace(
                self._inside, type_=object_type(listed), path=(*self._inside.path, listed.key)
            )
            columns = self._planner.object(node, self._level, listed.selections)
        else:
            columns = self._edge(listed)
        rows = shapes.many(self._level, columns, self._keyset.order_by(), self._cut.size)
        fields = [(one.key, rows.json if one is listed else self._beside(one)) for one in selected]
        return replace(rows, json=shapes.object_of(fields))

    def _beside(self, one: Selected) -> ColumnElement[Any]:
        """A field of a connection whose rows are listed without numbers."""
        if one.name != "pageInfo":
            return self._apart(one)
        type_ = object_type(one)
        ends = Ends(self._cut, goes_on(self._level, self._keyset, self._cut))
        return shapes.object_of(
            [(info.key, _page_info(ends, info, type_)) for info in self._planner.collect(one)]
        )

    def listed(self, chosen: Selected) -> ListedRows | None:
        """The page as rows, where it is flat: one list of nodes without a list in them."""
        planner = self._planner
        selected = planner.collect(chosen)
        lists = [one for one in selected if one.name in ("nodes", "edges")]
        if len(lists) != 1 or any(one.name == "totalCount" for one in selected):
            return None
        inner = [] if lists[0].name == "nodes" else planner.collect(lists[0])
        nodes = [one for one in inner if one.name == "node"] or lists
        if len(nodes) != 1 or (inner and nodes is lists):
            return None
        node = nodes[0]
        if not planner.is_flat(object_type(node), node.selections):
            return None
        path = (lists[0].key,) if nodes is lists else (lists[0].key, node.key)
        place = replace(self._inside, type_=object_type(node), path=(*self._inside.path, *path))
        columns = planner.object(place, self._level, node.selections)
        fields = tuple(self._told(one) for one in selected)
        asked = {name for one in fields for _, name in one.inner}
        node_keys = tuple(key for key, _ in columns)
        keys = self._keyset.columns if asked & CURSORS else ()
        further = "hasPreviousPage" if self._cut.backward else "hasNextPage"
        return ListedRows(
            Listing(chosen.key, fields, node_keys, self._cut, builder(node_keys, len(keys) or 1)),
            self._level,
            columns=[value for _, value in columns],
            order=self._keyset.order_by(backward=self._cut.backward),
            keys=keys,
            limit=self._cut.size + (further in asked),
        )

    def _told(self, one: Selected) -> Listed:
        if one.name == "nodes" or one.definition is None:
            return Listed(one.key, one.name, (), self._inside_type)
        inner = tuple((each.key, each.name) for each in self._planner.collect(one))
        return Listed(one.key, one.name, inner, self._inside_type, object_type(one).name)

    @property
    def _inside_type(self) -> str:
        return self._inside.type_.name

    def _field(self, one: Selected) -> Callable[[Aggregates], ColumnElement[Any]]:
        match one.name:
            case "nodes":
                nodes = self._carry(self._node(one, self._inside))
                return lambda above: above.list(nodes)
            case "edges":
                edges = self._carry(shapes.object_of(self._edge(one)))
                return lambda above: above.list(edges)
            case "pageInfo":
                infos = self._planner.collect(one)
                type_ = object_type(one)
                return lambda above: shapes.object_of(
                    [(info.key, _page_info(above.ends, info, type_)) for info in infos]
                )
        apart = self._apart(one)
        return lambda _above: apart

    def _apart(self, one: Selected) -> ColumnElement[Any]:
        """A field that is not of the page's rows."""
        return self._total(one) if one.name == "totalCount" else typename(self._inside.type_)

    def _asks_cursor(self, one: Selected) -> bool:
        if one.name != "pageInfo":
            return False
        return any(info.name in ("startCursor", "endCursor") for info in self._planner.collect(one))

    def _carry(self, value: ColumnElement[Any]) -> str:
        name = f"c{len(self._carried)}"
        self._carried.append(value.label(name))
        return name

    def _node(self, one: Selected, here: Place) -> ColumnElement[Any]:
        node = replace(here, type_=object_type(one), path=(*here.path, one.key))
        return shapes.object_of(self._planner.object(node, self._level, one.selections))

    def _edge(self, one: Selected) -> list[tuple[str, ColumnElement[Any]]]:
        here = replace(self._inside, path=(*self._inside.path, one.key))
        columns: list[tuple[str, ColumnElement[Any]]] = []
        for each in self._planner.collect(one):
            match each.name:
                case "cursor":
                    columns.append((each.key, self._keyset.cursor()))
                case "node":
                    columns.append((each.key, self._node(each, here)))
                case _:
                    columns.append((each.key, typename(object_type(one))))
        return columns

    def _total(self, one: Selected) -> ColumnElement[Any]:
        """Counted under the same scope and filters, whatever the cursor."""
        _, level = self._planner.enter(
            self._parent, self._inside.type_, self._source, self._given, one.key
        )
        return level.select(func.count()).scalar_subquery()


def _page_info(ends: Ends, info: Selected, type_: GraphQLObjectType) -> ColumnElement[Any]:
    return typename(type_) if info.name == "__typename" else ends.page_info(info.name)


def cut_of(chosen: Selected, given: GivenArguments, variables: VariableValues) -> Cut:
    """Which part of its list a connection asks for."""
    backward = "last" in given
    if backward and "first" in stated(chosen, variables):
        raise BadInput("first or last can be given, not both", field="last")
    name = "last" if backward else "first"
    return Cut(
        size=page_size(given[name](variables), name),
        backward=backward,
        after="after" in given,
        before="before" in given,
    )
