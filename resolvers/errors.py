"""The refusals a client can act on. Anything else that is raised is a fault of ours.

`code` goes to `extensions.code`; `field` names the input's field in GraphQL form and `limit` the
bound that was crossed. No message carries a patient's data or the value that was sent.
"""

from __future__ import annotations

from typing import Any, ClassVar, Self

from models.rules.refusals import Refusal as RuledOut


class Refusal(Exception):
    """Base of every error that is the client's to mend; the message is shown as it is.

    Where `keeps` is true, what the transaction wrote before the refusal stays: it is evidence.
    """

    code: ClassVar[str]
    keeps: ClassVar[bool] = False

    def __init__(self, message: str, **extensions: Any) -> None:
        super().__init__(message)
        self.message = message
        self.extensions: dict[str, Any] = {"code": self.code} | {
            name: value for name, value in extensions.items() if value is not None
        }


class Unauthenticated(Refusal):
    """No session, or one that has ended."""

    code = "UNAUTHENTICATED"


class Forbidden(Refusal):
    """The actor's scopes do not hold what the operation requires."""

    code = "FORBIDDEN"


class BadInput(Refusal):
    """An input that cannot be taken: `field` says which, `limit` what would be right."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, *, field: str, limit: str | None = None) -> None:
        super().__init__(message, field=field, limit=limit)


class NotFound(Refusal):
    """No such row, or none that the actor may see: the two are not told apart."""

    code = "NOT_FOUND"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, field=field)


class Conflict(Refusal):
    """The state of the row does not allow it now; `allowed` lists what it does allow."""

    code = "CONFLICT"

    @classmethod
    def by(cls, ruled_out: RuledOut, **extensions: str) -> Self:
        """The conflict that a rule found."""
        return cls(ruled_out.reason, allowed=[*ruled_out.allowed] or None, **extensions)

    @classmethod
    def unless_allowed(cls, ruled_out: RuledOut | None, **extensions: str) -> None:
        """Raise the conflict that a rule found, if it found one."""
        if ruled_out is not None:
            raise cls.by(ruled_out, **extensions)


class ReadBackDiffers(Refusal):
    """The value read back is not the result's. The attempt is kept, the result stays open."""

    code = "READ_BACK_DIFFERS"
    keeps = True


class PasswordDiffers(Refusal):
    """The password of now is not what was typed. The attempt is counted."""

    code = "PASSWORD_DIFFERS"

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message, field=field)


class Throttled(Refusal):
    """Too many attempts; try again after `retryAfter` seconds."""

    code = "THROTTLED"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message, retryAfter=retry_after)


class BudgetExhausted(Refusal):
    """The account has spent what it may in a minute; there is more after `retryAfter` seconds."""

    code = "BUDGET_EXHAUSTED"

    def __init__(self, message: str, *, limit: int, retry_after: int) -> None:
        super().__init__(message, limit=str(limit), retryAfter=retry_after)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """The database is away, or went away in the middle: worth another try in `retryAfter` seconds.

    Of a mutation nobody knows then whether it was done; its idempotencyKey tells the two apart.
    """

    code = "UNAVAILABLE"
    retry_after = 1

    def __init__(self, *, writing: bool) -> None:
        message = (
            "the database went away, and it is not known whether this was done: ask again, under "
            "the same idempotencyKey it is done once"
            if writing
            else "the database is away: try again"
        )
        super().__init__(message, retryAfter=self.retry_after)


class TimedOut(Refusal):
    """The database was not done in time and was stopped; nothing of the operation was written."""

    code = "TIMEOUT"

    def __init__(self, message: str, *, seconds: float) -> None:
        super().__init__(message, limit=f"{seconds:g} s")
