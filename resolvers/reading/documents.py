"""Documents: parsed and validated once, their variables coerced without echoing what was sent."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    VariableNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.execution.values import VariableValues
from graphql.validation.rules import overlapping_fields_can_be_merged

from resolvers.reading.cost import Costs, Sources
from resolvers.reading.limits import DEFAULT_LIMITS, Limits, check_variables
from resolvers.reading.outline import look_over
from resolvers.reading.request_errors import RequestError
from resolvers.reading.variables import Shape, VariableReader, without_value

KEPT_DOCUMENTS = 1_000
KEPT_CHARACTERS = 500_000
"""Of the texts of all documents that are kept: parsed, each takes about 80 bytes."""
MOST_FAULTS = 10
SIZES = frozenset({"first", "last", "ids"})
"""The arguments that say how many rows are asked for."""


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """What a client sent: the document, and which operation with which variables.

    `query` is empty as long as the document is only named: by `document_id`, an id of a trusted
    document, or by `digest`, the SHA-256 of an automatic persisted query.
    """

    query: str
    operation_name: str | None = None
    variables: Mapping[str, Any] | None = None
    document_id: str | None = None
    digest: str | None = None
    cost: bool = False
    """Whether the answer is to tell what it cost."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A valid document. Compared by identity: the cache gives one object for one text."""

    digest: str
    characters: int
    sizes: frozenset[str]
    """The variables that say how large a page is: what a plan costs follows from them."""
    operations: Mapping[str | None, OperationDefinitionNode]
    fragments: Mapping[str, FragmentDefinitionNode]
    costs: Costs
    readers: dict[str | None, VariableReader] = field(default_factory=dict)
    """By the operation's name; made when it is first asked for."""

    def operation(self, name: str | None) -> OperationDefinitionNode:
        """The operation of that name, or the only one."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        found = self.operations.get(name)
        if found is None:
            message = (
                "the document has several operations: operationName says which"
                if name is None
                else "the document has no operation of that name"
            )
            raise RequestError.of(message, "OPERATION_RESOLUTION_FAILURE")
        return found


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation ready to be planned: `shape` is all that variables change about its plan."""

    document: Document
    operation: OperationDefinitionNode
    variables: VariableValues
    shape: Shape
    cost: int = 1
    """See resolvers/reading/cost."""

    @property
    def kind(self) -> OperationType:
        return self.operation.operation

    @property
    def name(self) -> str | None:
        return self.operation.name.value if self.operation.name else None


class Documents:
    """The bounded cache of documents of one schema; `sources` say what its fields cost."""

    def __init__(
        self,
        schema: GraphQLSchema,
        kept: int = KEPT_DOCUMENTS,
        *,
        sources: Sources | None = None,
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self._schema = schema
        self._sources = sources or {}
        self._limits = limits
        self._kept = kept
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._characters = 0

    def prepare(self, request: GraphQLRequest) -> Prepared:
        """Parse, validate, choose the operation and coerce its variables; RequestError if not."""
        document = self.read(request.query)
        operation = document.operation(request.operation_name)
        inputs = request.variables or {}
        elements = check_variables(inputs, self._limits)
        variables, shape = self._reader(document, operation).read(inputs)
        cost = document.costs.of(operation, variables.coerced, elements)
        return Prepared(document, operation, variables, shape, cost)

    def _reader(self, document: Document, operation: OperationDefinitionNode) -> VariableReader:
        name = operation.name.value if operation.name else None
        reader = document.readers.get(name)
        if reader is None:
            reader = VariableReader(self._schema, operation, document.sizes)
            document.readers[name] = reader
        return reader

    def read(self, text: str) -> Document:
        """Parse and validate a document, and keep it; RequestError if it is none."""
        known = self._documents.get(text)
        if known is not None:
            self._documents.move_to_end(text)
            return known
        document = self._parsed(text)
        self._documents[text] = document
        self._characters += len(text)
        while len(self._documents) > self._kept or self._characters > KEPT_CHARACTERS:
            dropped, _ = self._documents.popitem(last=False)
            self._characters -= len(dropped)
        return document

    def _parsed(self, text: str) -> Document:
        # What is cheap to refuse comes first: parsing takes some 3 µs a token, validation more.
        limits = self._limits
        elements = look_over(text, limits)
        try:
            tree = parse(text, max_tokens=limits.tokens)
        except GraphQLError as error:
            raise RequestError([_formatted(error, "GRAPHQL_PARSE_FAILED")]) from None
        except RecursionError:
            raise RequestError.of(
                "the document is nested too deeply", "GRAPHQL_PARSE_FAILED"
            ) from None
        overlapping_fields_can_be_merged.MAX_COMPLEXITY_BUDGET = limits.comparisons
        faults = validate(self._schema, tree, max_errors=MOST_FAULTS, hide_suggestions=True)
        if faults:
            raise RequestError([_formatted(fault, "GRAPHQL_VALIDATION_FAILED") for fault in faults])
        return self._indexed(text, tree, elements)

    def _indexed(self, text: str, tree: DocumentNode, elements: int) -> Document:
        operations: dict[str | None, OperationDefinitionNode] = {}
        fragments: dict[str, FragmentDefinitionNode] = {}
        for definition in tree.definitions:
            if isinstance(definition, OperationDefinitionNode):
                operations[definition.name.value if definition.name else None] = definition
            elif isinstance(definition, FragmentDefinitionNode):
                fragments[definition.name.value] = definition
        costs = Costs(self._schema, self._sources, fragments, self._limits, elements)
        digest = hashlib.sha256(text.encode()).hexdigest()
        return Document(digest, len(text), _sizes(tree), operations, fragments, costs)


def _sizes(tree: DocumentNode) -> frozenset[str]:
    found: set[str] = set()

    class Sizes(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
            if node.name.value in SIZES and isinstance(node.value, VariableNode):
                found.add(node.value.name.value)

    visit(tree, Sizes())
    return frozenset(found)


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    message = without_value(error.message)
    answer: dict[str, Any] = {"message": message, "extensions": {"code": code}}
    if error.locations:
        answer["locations"] = [
            {"line": place.line, "column": place.column} for place in error.locations
        ]
    return answer
