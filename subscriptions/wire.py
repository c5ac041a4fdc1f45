"""Wire: uvicorn's WebSocket protocol, with a way to cut a connection.

A client that stops reading is never disconnected by uvicorn: its `close` waits for a buffer that
never drains. ASGI has no word for it, so the scope gets an extension. Name it as uvicorn's `ws`:
`subscriptions.wire:WireProtocol`.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from typing import Any, cast

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

EXTENSION = "wardline.wire"


class WireProtocol(WebSocketsSansIOProtocol):
    """Puts `abort` into `scope["extensions"]`."""

    async def run_asgi(self) -> None:
        """Run the application with the extension in its scope."""
        extensions = cast("dict[str, Any]", self.scope["extensions"])
        extensions[EXTENSION] = {"abort": self.transport.abort}
        await super().run_asgi()


def abort_of(scope: MutableMapping[str, Any]) -> Callable[[], None] | None:
    """What cuts the connection of a scope; None where the server can not."""
    extension = (scope.get("extensions") or {}).get(EXTENSION)
    return None if extension is None else cast("Callable[[], None]", extension["abort"])
