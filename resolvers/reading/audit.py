"""Audit: the row that a statement leaves behind of what it reads.

What all runs of a plan share (the document, the root fields, the scopes, the fields read and
refused) is a selection, which is written once; the row on the way of every read holds its id, who
and whose data alone. See docs/decisions/0006.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import asyncpg
from graphql import OperationType
from sqlalchemy import (
    BigInteger,
    LargeBinary,
    Text,
    Uuid,
    bindparam,
    func,
    insert,
    select,
)
from sqlalchemy.dialects.postgresql import insert as insert_or

import models
from models.rules import audit_chain
from models.rules.audit import AuditOperation, AuditOutcome
from models.rules.scopes import Scope
from resolvers import faults, history
from resolvers.actors import Actor
from resolvers.database import Connection, Statement
from resolvers.reading import scope as scoping
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected
from resolvers.reading.plan import Findings


@dataclass(frozen=True, slots=True)
class Heard:
    """What a push tells: the positions of its first and last event in the hospital's log, and the
    audience that hears it. None: the actor alone does."""

    first: int
    last: int
    audience: UUID | None = None


_SESSIONS = {"signIn": AuditOperation.SIGN_IN, "signOut": AuditOperation.SIGN_OUT}


class Shared:
    """What the entries of one plan share. `keep` it before the first of them is written."""

    __slots__ = ("_kept", "_stays", "content", "id")

    def __init__(self, content: audit_chain.Selection) -> None:
        self.content = content
        self.id = content.id
        self._kept = -1
        self._stays: dict[AuditOperation, Shared] = {}

    def stay(self, operation: AuditOperation) -> Shared:
        """What the beginnings (SUBSCRIBED) or the endings of stays in the audience of such pushes
        share: the same, but that nothing was read yet."""
        if operation not in self._stays:
            content = replace(self.content, operation=operation, fields=())
            self._stays[operation] = Shared(content)
        return self._stays[operation]

    async def keep(self, connection: Connection | asyncpg.Pool[Any]) -> None:
        """See to it that it is in the database: one statement, the first time alone, and again in
        a database that was brought back to an earlier state.

        Within a transaction every time, since that may be rolled back. It is waited for to reach
        the disk also where the entries are not: it is not written again.
        """
        changes = history.changes()
        if self._kept == changes:
            return
        await connection.execute(
            _KEEP.sql,
            *_KEEP.bind(
                {
                    "id": self.id,
                    "operation": self.content.operation,
                    "operation_name": self.content.operation_name,
                    "document_hash": self.content.document_hash,
                    "outcome": self.content.outcome,
                    "roots": list(self.content.roots),
                    "scopes": list(self.content.scopes),
                    "fields": list(self.content.fields),
                    "refused": list(self.content.refused),
                }
            ),
        )
        if isinstance(connection, asyncpg.Pool) or not connection.is_in_transaction():
            self._kept = changes


def shared(prepared: Prepared, found: Findings, root: Selected | None = None) -> Shared:
    """What runs of the plan share; `root` is the field that its payload is of."""
    roots, scopes = set(found.roots), {scope.value for scope in found.scopes}
    if root is not None:
        assert root.definition is not None
        roots.add(f"{prepared.kind.value.title()}.{root.name}")
        requires = root.definition.extensions["strawberry-definition"].metadata["requires"]
        if isinstance(requires, Scope):
            scopes.add(requires.value)
    return Shared(
        audit_chain.Selection(
            operation=operation_of(prepared, root),
            operation_name=prepared.name,
            document_hash=prepared.document.digest,
            outcome=AuditOutcome.DONE,
            roots=tuple(sorted(roots)),
            scopes=tuple(sorted(scopes)),
            fields=tuple(sorted(found.read)),
            refused=tuple(sorted({name for _, name, _ in found.refused})),
        )
    )


def operation_of(prepared: Prepared, root: Selected | None) -> AuditOperation:
    """The kind of operation that an entry tells."""
    kind = AuditOperation(prepared.kind.value.upper())
    return kind if root is None else _SESSIONS.get(root.name, kind)


def entries(prepared: Prepared, common: Shared, answer: Any) -> Any:
    """INSERT of one audit row from the answer itself.

    `answer` has the column `people`: the ids of the patients it holds.
    """
    table = models.AuditEntry.__table__
    row = {
        "hospital_id": scoping.HOSPITAL,
        "occurred_at": scoping.NOW,
        "user_id": bindparam("audit_user", type_=Uuid()),
        "session_id": bindparam("audit_session", type_=Uuid()),
        "address": bindparam("audit_address", type_=Text()),
        "selection_id": bindparam("audit_selection", common.id, type_=LargeBinary()),
        "request_id": bindparam("audit_request_id", type_=Text()),
        "patient_ids": answer.c.people,
    }
    if prepared.kind is OperationType.SUBSCRIPTION:
        row["audience_id"] = bindparam("audit_audience", type_=Uuid())
        row["first_position"] = bindparam("audit_first", type_=BigInteger())
        row["last_position"] = bindparam("audit_last", type_=BigInteger())
    chosen = select(*row.values()).select_from(answer)
    return insert(models.AuditEntry).from_select(list(row), chosen).returning(table.c.id)


def binds(actor: Actor, heard: Heard | None = None) -> dict[str, Any]:
    """The values of the INSERT's bind parameters: who is given the answer, upon which request.

    An audience stands for all who hear: the entry of its push names no user.
    """
    if heard is None or heard.audience is None:
        who = (actor.user_id, actor.session_id, actor.address)
    else:
        who = (None, None, None)
    found: dict[str, Any] = dict(zip(_WHO, who, strict=True))
    found["audit_request_id"] = faults.CORRELATION.get()
    if heard is not None:
        found["audit_audience"] = heard.audience
        found["audit_first"], found["audit_last"] = heard.first, heard.last
    return found


_WHO = ("audit_user", "audit_session", "audit_address")
_WAITED_FOR = select(func.set_config("synchronous_commit", "on", True)).cte("waited_for")
_ROW = {
    name: bindparam(name, type_=models.AuditSelection.__table__.c[name].type)
    for name in models.AuditSelection.__table__.c.keys()  # noqa: SIM118 (columns, not rows)
}
_KEEP = Statement(
    insert_or(models.AuditSelection)
    .from_select(list(_ROW), select(*_ROW.values()).select_from(_WAITED_FOR))
    .on_conflict_do_nothing()
)
