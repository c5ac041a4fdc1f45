"""Negotiation: which media type and which content coding an answer has (RFC 9110, section 12.5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from app.http_errors import JSON, Malformed

GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
CODINGS = ("zstd", "br", "gzip")
"""The content codings there are, in our own order of preference: the work for a byte saved."""
REMEMBERED = 512
"""Bytes of a header that is remembered with what it comes to; browsers send half of it."""


def media_type(accept: str) -> str:
    """The media type of the answer. Who accepts nothing in particular gets application/json.

    Raises Malformed (406) where the client would take none of them.
    """
    found = _remembered_type(accept) if len(accept) <= REMEMBERED else _media_type(accept)
    if found is None:
        raise Malformed(406, f"the answer is {GRAPHQL}, {JSON} or {EVENT_STREAM}")
    return found


def coding(accept_encoding: str) -> str | None:
    """The content coding of the answer: what the client weighs most, and of those weighed the same
    the first of CODINGS; None where it wants none, or says nothing."""
    if not accept_encoding:
        return None
    if len(accept_encoding) <= REMEMBERED:
        return _remembered_coding(accept_encoding)
    return _coding(accept_encoding)


def _media_type(accept: str) -> str | None:
    weights = _weights(accept or "*/*")
    for name in sorted(weights, key=lambda one: -weights[one]):
        if weights[name] <= 0:
            return None
        if name == GRAPHQL:
            return GRAPHQL
        if name == EVENT_STREAM:
            return EVENT_STREAM
        # `*/*` and `application/*` leave out what is named beside them with no weight at all.
        if name in (JSON, "application/*", "*/*"):
            return JSON if weights.get(JSON, 1) > 0 else GRAPHQL
    return None


def _coding(accept_encoding: str) -> str | None:
    weights = _weights(accept_encoding)
    others = weights.get("*", 0.0)
    best = max(CODINGS, key=lambda name: weights.get(name, others))
    weight = weights.get(best, others)
    # As it is ("identity") is always acceptable, and preferred where the client says so.
    return best if weight > 0 and weight >= weights.get("identity", 0.0) else None


_WEIGHT = re.compile(r"[01](\.\d{0,9})?|\.\d{1,9}")
_remembered_type = lru_cache(maxsize=256)(_media_type)
_remembered_coding = lru_cache(maxsize=256)(_coding)


def _weights(header: str) -> Mapping[str, float]:
    """Each name of the list in lower case with its weight; what has none has 1, and what has a
    weight that is none is left out."""
    found: dict[str, float] = {}
    for part in header.split(","):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        if _WEIGHT.fullmatch(weight):
            found[name] = float(weight)
    return found
