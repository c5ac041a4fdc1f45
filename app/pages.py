"""Pages: the built web board and GraphiQL, from web/dist, without anything from elsewhere."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

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


def page(name: str) -> Response:
    """One of the built pages."""
    path = DIST / name
    if not path.is_file():
        return PlainTextResponse("The web pages are not built here: run `make web`.\n", 503)
    return FileResponse(path, headers=HEADERS)


class Assets(StaticFiles):
    """Built files have the hash of their content in their names, so they never change."""

    async def get_response(self, path: str, scope: object) -> Response:
        """A file, kept by the browser for good."""
        response = await super().get_response(path, scope)  # type: ignore[arg-type]
        response.headers["cache-control"] = "public, max-age=31536000, immutable"
        response.headers["x-content-type-options"] = "nosniff"
        return response


async def board(_request: Request) -> Response:
    """The web board, which finds its own way by the path."""
    return page("index.html")


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
        Mount("/assets", Assets(directory=DIST / "assets", check_dir=False)),
        *(Route(path, board) for path in PATHS),
    ]
