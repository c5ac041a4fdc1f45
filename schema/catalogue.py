"""The Strawberry schema, and the catalogue of sources that the read engine plans from."""

from typing import Any

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

import models
from resolvers.reading.catalogue import Catalogue
from resolvers.reading.sources import Source
from schema.fields import Listening, Work
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import SCALARS
from schema.subscription import Subscription

SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map=SCALARS, disable_field_suggestions=True),
)

CORE: GraphQLSchema = SCHEMA._schema  # noqa: SLF001 (Strawberry has no public way to it)

SCHEMA_TEXT = print_schema(SCHEMA) + "\n"
"""The SDL: committed as schema.graphql."""


class Undeclared(TypeError):
    """A field of the schema does not say where its value comes from or what it requires."""


def metadata(type_name: str, field_name: str) -> dict[str, Any]:
    """What schema/fields declared of a field."""
    type_ = CORE.get_type(type_name)
    assert isinstance(type_, GraphQLObjectType)
    declared = type_.fields[field_name].extensions.get("strawberry-definition")
    return dict(declared.metadata) if declared is not None else {}


def work_of(field_name: str) -> Work:
    """What a mutation field does."""
    found: Work = metadata("Mutation", field_name)["work"]
    return found


def listening_of(field_name: str) -> Listening:
    """What a subscription field listens to."""
    found: Listening = metadata("Subscription", field_name)["listening"]
    return found


def _catalogue() -> Catalogue:
    sources: dict[tuple[str, str], Source] = {}
    rows: dict[str, type[models.Base]] = {}
    for type_name, type_ in CORE.type_map.items():
        if not isinstance(type_, GraphQLObjectType) or type_name.startswith("__"):
            continue
        if _is_page(type_name):
            continue
        for field_name in type_.fields:
            declared = metadata(type_name, field_name)
            root = type_ in (CORE.query_type, CORE.mutation_type, CORE.subscription_type)
            if root and declared.get("requires") is None:
                raise Undeclared(f"{type_name}.{field_name} does not say what it requires")
            if type_ in (CORE.mutation_type, CORE.subscription_type):
                continue
            make = declared.get("source")
            if make is None:
                raise Undeclared(f"{type_name}.{field_name} does not say where it comes from")
            python_name = type_.fields[field_name].extensions["strawberry-definition"].python_name
            sources[type_name, field_name] = make(python_name)
            if "model" in declared and any(i.name == "Node" for i in type_.interfaces):
                rows[type_name] = declared["model"]
    return Catalogue(CORE, sources, rows)


def _is_page(type_name: str) -> bool:
    return type_name.endswith(("Connection", "Edge")) or type_name == "PageInfo"


CATALOGUE = _catalogue()
