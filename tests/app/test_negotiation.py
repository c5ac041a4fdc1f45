"""What a client accepts, weighed as RFC 9110 says."""

from __future__ import annotations

import pytest

from app.http_errors import JSON, Malformed
from app.negotiation import GRAPHQL, REMEMBERED, coding, media_type


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ("", JSON),
        ("*/*", JSON),
        (JSON, JSON),
        (GRAPHQL, GRAPHQL),
        (f"{GRAPHQL}; charset=utf-8, {JSON}; charset=utf-8", GRAPHQL),
        (f"{JSON};q=0.9, {GRAPHQL}", GRAPHQL),
        (f"*/*, {JSON};q=0", GRAPHQL),
        (f"{JSON};q=x, {GRAPHQL};q=0.1", GRAPHQL),
        (f"text/html, {JSON};q=0.1", JSON),
        (f"text/html, application/*;q=0.1,{' ' * REMEMBERED}image/png", JSON),
    ],
)
def test_the_media_type_is_the_one_that_is_weighed_most(accept: str, found: str) -> None:
    assert media_type(accept) == found


@pytest.mark.parametrize(
    "accept", ["text/html", "image/*", f"{JSON};q=0", ",", ";;;", "*/*;q=0", "*/*;q=nan"]
)
def test_who_takes_neither_is_told_what_there_is(accept: str) -> None:
    with pytest.raises(Malformed) as refused:
        media_type(accept)
    assert refused.value.status == 406


@pytest.mark.parametrize(
    ("accept", "found"),
    [
        ("", None),
        ("identity", None),
        ("compress, deflate", None),
        ("gzip", "gzip"),
        ("GZIP", "gzip"),
        ("gzip, deflate", "gzip"),
        ("gzip, deflate, br", "br"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("zstd;q=0.5, br;q=0.8, gzip;q=0.1", "br"),
        ("gzip;q=1.0, br;q=0.9", "gzip"),
        ("zstd;q=0, br;q=0, gzip", "gzip"),
        ("gzip;q=0", None),
        ("*", "zstd"),
        ("zstd;q=0, *", "br"),
        ("*;q=0", None),
        ("br;q=0.1, identity", None),
        ("gzip;q=x", None),
    ],
)
def test_the_coding_is_the_one_that_is_weighed_most(accept: str, found: str | None) -> None:
    assert coding(accept) == found
