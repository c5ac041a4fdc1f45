"""Request errors: why a request is not executed at all."""

from __future__ import annotations

from typing import Any


class RequestError(Exception):
    """The request cannot be executed; `errors` are ready to be sent, and repeat nothing of it."""

    def __init__(self, errors: list[dict[str, Any]]) -> None:
        super().__init__("request refused")
        self.errors = errors

    @classmethod
    def of(cls, message: str, code: str, **extensions: Any) -> RequestError:
        """A single error."""
        return RequestError([{"message": message, "extensions": {"code": code, **extensions}}])
