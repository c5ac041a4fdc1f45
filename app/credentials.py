"""Credentials: what says who asks, and the cookie that a browser keeps it in."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from starlette.requests import cookie_parser
from starlette.responses import Response
from starlette.types import Scope

from app.settings import Settings
from schema.answers import Answer
from subscriptions import origins

PREFLIGHTED = (
    b"x-wardline-client",
    b"apollo-require-preflight",
    b"x-apollo-operation-name",
    b"graphql-require-preflight",
    b"x-graphql-yoga-csrf",
)
"""A page of another site cannot send these without being asked: each lets the cookie count on GET.
The first is our own; the others are what clients of Apollo, Hot Chocolate and Yoga send anyway."""

Headers = Mapping[bytes, bytes]
RawHeaders = list[tuple[bytes, bytes]]

_OF_SESSIONS = (b"set-cookie", b"clear-site-data")


class Credentials:
    """The rules for tokens and cookies, as the settings have them."""

    def __init__(self, settings: Settings) -> None:
        self._allowed_origins = settings.allowed_origins
        self._cookie_secure = settings.cookie_secure

    def token(self, method: str, headers: Headers) -> str | None:
        """What says who asks. A bearer token always counts; the cookie, which a browser sends by
        itself, only for a page that may use it."""
        given = headers.get(b"authorization")
        if given is not None:
            scheme, _, token = given.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer" and token.strip():
                return token.strip()
        cookies = headers.get(b"cookie")
        if cookies is None or not self._own(method, headers):
            return None
        return cookie_parser(cookies.decode("latin-1")).get(origins.COOKIE, "").strip() or None

    def _own(self, method: str, headers: Headers) -> bool:
        """Whether the request comes from a page that may use the browser's cookie."""
        if b"origin" in headers:
            named = {
                name: headers.get(name.encode("ascii"), b"").decode("latin-1")
                for name in ("origin", "host")
            }
            return origins.allowed(named, self._allowed_origins)
        # A browser names no origin on a GET of the page's own site; newer ones say that it is one,
        # which is all that an EventSource has to show. No page can make them say it.
        return method == "GET" and (
            headers.get(b"sec-fetch-site") == b"same-origin"
            or any(name in headers for name in PREFLIGHTED)
        )

    def cookies(self, scope: Scope, headers: Headers, answer: Answer) -> RawHeaders:
        """The cookie, for a browser: pages never hold the token."""
        if answer.session is None and not answer.signed_out:
            return []
        secure = self._cookie_secure or scope["scheme"] == "https"
        carrier = Response()
        if answer.session is None:
            carrier.delete_cookie(origins.COOKIE, httponly=True, samesite="strict", secure=secure)
            # Boards that a shared station's browser holds (ETag) are not for who comes next.
            carrier.headers["clear-site-data"] = '"cache"'
        elif b"origin" in headers and self._own("POST", headers):
            carrier.set_cookie(
                origins.COOKIE,
                answer.session.token,
                max_age=int((answer.session.expires_at - datetime.now(UTC)).total_seconds()),
                httponly=True,
                samesite="strict",
                secure=secure,
            )
        return [header for header in carrier.raw_headers if header[0] in _OF_SESSIONS]
