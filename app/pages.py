"""Pages: the built web board and GraphiQL, from web/dist, without anything from elsewhere."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.compression import compressed_once
from app.negotiation import coding

DIST = Path(__file__).resolve().parent.parent / "web" / "dist"

# blob: workers are GraphiQL's editor; styles are set by its scripts.
POLICY = (
    "default-src 'self'; connect-src 'self' ws: wss:; worker-src 'self' blob:;"
    " img-src 'self' data:; font-src 'self' data:; style-src 'self' 'unsafe-inline';"
    " frame-ancestors 'none'; base-uri 'none'; form-action 'self'; object-src 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def page(name: str, status: int = 200) -> Response:
    """One of the built pages."""
    path = DIST / name
    if not path.is_file():
        return PlainTextResponse("The web pages are not built here: run `make web`.\n", 503)
    return FileResponse(path, status, headers=HEADERS)


TEXT = frozenset({".css", ".js", ".json", ".map", ".svg"})


class Assets(StaticFiles):
    """Built files have the hash of their content in their names, so they never change: the
    browser keeps them for good, and each is compressed once, when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory=directory, check_dir=False)
        self._compressed: dict[tuple[str, str], bytes] = {}

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file."""
        response = await super().get_response(path, scope)
        if isinstance(response, FileResponse) and Path(response.path).suffix in TEXT:
            response = await self._smaller(response, Headers(scope=scope))
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response

    async def _smaller(self, whole: FileResponse, asked: Headers) -> Response:
        named = coding(asked.get("accept-encoding", ""))
        # A range is one of the file's own bytes.
        if named is None or "range" in asked:
            whole.headers["vary"] = "accept-encoding"
            return whole
        # The etag stays that of the file: with a hash in its name there is no second version of it.
        kept = ("content-type", "last-modified", "etag")
        headers = {name: whole.headers[name] for name in kept if name in whole.headers}
        headers |= {"content-encoding": named, "vary": "accept-encoding"}
        key = (str(whole.path), named)
        if key not in self._compressed:
            body = await asyncio.to_thread(Path(whole.path).read_bytes)
            self._compressed[key] = await compressed_once(body, named)
        return Response(self._compressed[key], headers=headers)


async def board(_request: Request) -> Response:
    """The web board, which finds its own way by the path."""
    return page("index.html")


def nowhere() -> Response:
    """The web board where there is no such page: it says so in the reader's language."""
    return page("index.html", 404)


# web/src/app/paths.ts has the same.
PATHS = (
    "/",
    "/wards/{path:path}",
    "/critical-results",
    "/patients/{path:path}",
    "/find",
    "/report",
    "/rules",
    "/admin",
    "/admin/{path:path}",
    "/help",
)


def routes() -> list[BaseRoute]:
    """The pages: the board's own paths, and the built files."""
    return [
        Mount("/assets", Assets(DIST / "assets")),
        *(Route(path, board) for path in PATHS),
    ]
