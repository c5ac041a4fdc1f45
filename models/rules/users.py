"""Users: what an administrator may take away, and from whom.

A hospital always has somebody who can make the others users: the last administrator who can sign in
is not taken away, by whatever way.
"""

from collections.abc import Collection

from models.rules.refusals import Refusal
from models.rules.roles import Role

_LAST = "this is the last administrator who can sign in: make another one first"


def disable(*, own: bool, administers: bool, others: int) -> Refusal | None:
    """Whether a user may be disabled; None: yes. `own`: it is whoever asks; `administers`: it is an
    active administrator; `others`: how many active ones there are beside."""
    if own:
        return Refusal("nobody disables themselves: another administrator does")
    if administers and not others:
        return Refusal(_LAST, ("createUser", "changeUser", "enableUser"))
    return None


def change_roles(after: Collection[Role], *, administers: bool, others: int) -> Refusal | None:
    """Whether a user may have these roles from now on; None: yes. See `disable`."""
    if administers and not others and Role.ADMIN not in after:
        return Refusal(_LAST, ("createUser", "changeUser", "enableUser"))
    return None
