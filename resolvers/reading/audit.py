"""Audit: the row that a statement leaves behind of what it reads."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Text, Uuid, bindparam, column, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY

import models
from resolvers.actors import Actor
from resolvers.reading import scope as scoping
from resolvers.reading.documents import Prepared
from resolvers.reading.plan import Findings


def entries(prepared: Prepared, found: Findings, answer: Any) -> Any:
    """INSERT of one audit row an actor, from the answer itself.

    `answer` has the column `people`: the ids of the patients it holds.
    """
    who = (
        func.unnest(
            bindparam("audit_users", type_=ARRAY(Uuid())),
            bindparam("audit_sessions", type_=ARRAY(Uuid())),
            bindparam("audit_addresses", type_=ARRAY(Text())),
        )
        .table_valued(column("user_id", Uuid()), column("session_id", Uuid()), column("address"))
        .render_derived(name="who")
    )
    constants: dict[str, Any] = {
        "operation": prepared.kind.value,
        "operation_name": prepared.name,
        "document_hash": prepared.document.digest,
        "fields": sorted(found.read),
        "refused": sorted({name for _, name, _ in found.refused}),
    }
    table = models.AuditEntry.__table__
    row = {
        "hospital_id": scoping.HOSPITAL,
        "occurred_at": scoping.NOW,
        "user_id": who.c.user_id,
        "session_id": who.c.session_id,
        "address": who.c.address,
        **{
            name: bindparam(f"audit_{name}", value, type_=table.c[name].type)
            for name, value in constants.items()
        },
        "patient_ids": answer.c.people,
    }
    source = select(*row.values()).select_from(answer.join(who, literal_column("true")))
    return insert(models.AuditEntry).from_select(list(row), source).returning(table.c.id)


def binds(actors: Sequence[Actor]) -> dict[str, Any]:
    """The values of the INSERT's bind parameters: who is given the answer."""
    return {
        "audit_users": [actor.user_id for actor in actors],
        "audit_sessions": [actor.session_id for actor in actors],
        "audit_addresses": [actor.address for actor in actors],
    }
