"""Whose cookie counts: of a GET that names no origin, only that of a page of our own."""

from __future__ import annotations

import pytest

from app.credentials import Credentials
from app.settings import load_settings

COOKIE = {b"cookie": b"wardline_session=token", b"host": b"ward.example"}


@pytest.mark.parametrize(
    ("method", "headers", "counts"),
    [
        ("GET", {b"sec-fetch-site": b"same-origin"}, True),
        ("GET", {b"sec-fetch-site": b"same-site"}, False),
        ("GET", {b"sec-fetch-site": b"cross-site"}, False),
        ("GET", {b"sec-fetch-site": b"none"}, False),  # typed, or a link in a mail
        ("GET", {}, False),
        ("POST", {b"sec-fetch-site": b"same-origin"}, False),
        ("GET", {b"origin": b"https://evil.example", b"sec-fetch-site": b"same-origin"}, False),
        ("GET", {b"origin": b"null", b"sec-fetch-site": b"same-origin"}, False),
        ("GET", {b"origin": b"https://evil.example", b"x-wardline-client": b"1"}, False),
        ("POST", {b"origin": b"https://ward.example"}, True),
        ("POST", {b"origin": b"https://ward.example:8443"}, False),
    ],
)
def test_a_cookie_counts_for_our_own_pages(
    method: str, headers: dict[bytes, bytes], counts: bool
) -> None:
    found = Credentials(load_settings()).token(method, {**COOKIE, **headers})
    assert (found == "token") is counts
