"""Origins: which pages may use the browser's cookie."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
