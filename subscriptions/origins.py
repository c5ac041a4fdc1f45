"""Origins: which pages may open a socket, and use the browser's cookie for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

COOKIE = "wardline_session"

_PORTS = {"http": 80, "https": 443, "ws": 80, "wss": 443}


def allowed(headers: Mapping[str, str], allowed_origins: Collection[str]) -> bool:
    """Whether the page that opened a connection is our own, or one the settings name.

    A browser always says the origin of a WebSocket; who says none is no browser, and has no
    business with a browser's cookie.
    """
    origin = headers.get("origin", "")
    if origin in allowed_origins:
        return True
    try:
        page = urlsplit(origin)
        here = urlsplit(f"{page.scheme}://{headers.get('host', '')}")
        default = _PORTS[page.scheme]
        ports = (page.port or default, here.port or default)
    except (ValueError, KeyError):
        return False
    return page.hostname is not None and page.hostname == here.hostname and ports[0] == ports[1]


def token_of(
    payload: Mapping[str, Any], headers: Mapping[str, str], allowed_origins: Collection[str]
) -> str:
    """The token that a client gives in connection_init, or its browser's cookie if the page may use
    it; empty where there is neither."""
    for name, value in payload.items():
        if name.lower() == "authorization" and value is not None:
            kind, _, token = value.partition(" ") if isinstance(value, str) else ("", "", "")
            return token.strip() if kind.lower() == "bearer" else ""
    if not allowed(headers, allowed_origins):
        return ""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return ""
    return "" if cookie is None else cookie.value
