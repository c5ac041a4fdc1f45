"""The audit: the kinds of operation that leave an entry, and how each ended."""

from enum import StrEnum


class AuditOperation(StrEnum):
    """What was done. Signing in and out are mutations of GraphQL with kinds of their own.

    SUBSCRIPTION is a push. SUBSCRIBED and UNSUBSCRIBED are where a stay in an audience begins and
    ends, from and up to which a user hears what is pushed to it.
    """

    QUERY = "QUERY"
    MUTATION = "MUTATION"
    SUBSCRIPTION = "SUBSCRIPTION"
    SUBSCRIBED = "SUBSCRIBED"
    UNSUBSCRIBED = "UNSUBSCRIBED"
    SIGN_IN = "SIGN_IN"
    SIGN_OUT = "SIGN_OUT"


class AuditOutcome(StrEnum):
    """How it ended: done (whatever fields were refused of it), or the code it was refused with.

    An input that is no input (BAD_USER_INPUT) and an attempt to sign in that was not looked at
    (THROTTLED) leave no entry.
    """

    DONE = "DONE"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    CONFLICT = "CONFLICT"
    READ_BACK_DIFFERS = "READ_BACK_DIFFERS"
    PASSWORD_DIFFERS = "PASSWORD_DIFFERS"  # noqa: S105 (no password)
    UNAUTHENTICATED = "UNAUTHENTICATED"
