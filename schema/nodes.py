"""What every type shares: Relay's Node and connections."""

from typing import Generic, TypeVar

import strawberry

T = TypeVar("T")


@strawberry.interface(description="Whatever has an id of its own (Relay).")
class Node:
    """`id` is opaque: nothing may be read from it but equality."""

    id: strawberry.ID


@strawberry.type(description="Where a page stands in its list (Relay).")
class PageInfo:
    """hasPreviousPage says whether a cursor was given: a page by `after` has something before."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="A row of a page, with the cursor after which the next page begins.")
class Edge(Generic[T]):
    """An edge (Relay)."""

    cursor: str
    node: T


@strawberry.type(description="A page of a list by keyset: stable while rows are added (Relay).")
class Connection(Generic[T]):
    """`totalCount` counts under the same rights and filters, whatever the cursor."""

    edges: list[Edge[T]]
    nodes: list[T]
    page_info: PageInfo
    total_count: int
