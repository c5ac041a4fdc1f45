"""Actor: who acts, with which rights, on which rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.rules.roles import Role
from models.rules.scopes import Reach, Rights, Scope
from resolvers.errors import Forbidden


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in user, as the session stood when the operation began.

    `ward_ids` are the wards of the reach WARDS, `patient_id` the record of the reach OWN, `treated`
    the patients whose care team the user is on (with the wards, the reach TREATMENT), `opened`
    those of emergency accesses (the reach OPENED); `rights` are made for whether there are any.
    Both may end by time alone: `opened_until` is when the first of them does, and from then on the
    actor must be looked up anew. `rights_version` is the user's when all this was read: a statement
    that reads for the actor asks whether it still is. The system itself (a clock, an import) acts
    with `user_id` and `session_id` None.
    """

    hospital_id: UUID
    user_id: UUID | None
    session_id: UUID | None
    username: str
    roles: frozenset[Role]
    rights: Rights
    ward_ids: tuple[UUID, ...] = ()
    patient_id: UUID | None = None
    treated: tuple[UUID, ...] = ()
    opened: tuple[UUID, ...] = ()
    opened_until: datetime | None = None
    rights_version: int = 0
    address: str | None = None

    def holds(self, now: datetime) -> bool:
        """Whether nothing of it has ended by time alone."""
        return self.opened_until is None or now < self.opened_until

    def reaches(self, scope: Scope) -> frozenset[Reach]:
        """The reaches of a scope; FORBIDDEN where it is not held."""
        found = self.rights.reaches(scope)
        if not found:
            raise Forbidden(f"this needs the scope {scope}", requires=scope.value)
        return found
