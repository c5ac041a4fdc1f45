"""Audit: who read or wrote what of whom, for auditors and for the patients it is about."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    TIMESTAMP,
    BigInteger,
    ColumnElement,
    FromClause,
    Text,
    Uuid,
    case,
    cast,
    func,
    literal_column,
)
from sqlalchemy.dialects.postgresql import ARRAY

import models
from models.rules.scopes import Scope
from resolvers import ids
from resolvers.reading.aliases import alias_of
from resolvers.reading.scope import entries_of
from resolvers.reading.sources import Argument as Given
from resolvers.reading.sources import looked_up
from schema.enums import AuditOperation, AuditOutcome, Role
from schema.fields import Argument, column, expression, many, one
from schema.viewers import roles_of

if TYPE_CHECKING:
    from schema.patients import Patient

MOMENT = TIMESTAMP(timezone=True)
DETAIL = Scope.AUDIT_DETAIL_READ
MOST_RECIPIENTS = 100
"""How many of those who heard a push are listed; all are counted, and have entries of stays."""


def _shared(name: str) -> Any:
    """A column of what the entries of one plan share."""

    def value(entry: FromClause) -> ColumnElement[Any]:
        shared = alias_of(models.AuditSelection)
        return looked_up(shared.c[name], shared, shared.c.id == entry.c.selection_id)

    return value


def _types(entry: FromClause) -> ColumnElement[Any]:
    named = func.unnest(_shared("fields")(entry)).table_valued("value").render_derived()
    type_ = func.split_part(named.c.value, literal_column("'.'"), literal_column("1"))
    types = func.array_agg(type_.distinct(), type_=ARRAY(Text()))
    return func.coalesce(looked_up(types, named), literal_column("'{}'::text[]"))


def _patient_ids(entry: FromClause) -> ColumnElement[Any]:
    prefix = literal_column(f"'{ids.PREFIXES[models.Patient]}_'", Text())
    named = func.unnest(entry.c.patient_ids).table_valued("value").render_derived()
    public = prefix.op("||")(cast(named.c.value, Text()))
    found = func.array_agg(public.distinct(), type_=ARRAY(Text()))
    return func.coalesce(looked_up(found, named), literal_column("'{}'::text[]"))


def _sealed_at(entry: FromClause) -> ColumnElement[Any]:
    seal = alias_of(models.AuditSeal)
    return looked_up(seal.c.sealed_at, seal, seal.c.entry_id == entry.c.id)


def _seal(entry: FromClause) -> ColumnElement[Any]:
    """Like models.rules.audit_chain.Head."""
    seal = alias_of(models.AuditSeal)
    digits: ColumnElement[str] = func.encode(seal.c.hash, literal_column("'hex'", Text()))
    told = func.concat_ws(literal_column("':'", Text()), seal.c.position, digits)
    return looked_up(told, seal, seal.c.entry_id == entry.c.id)


def _written(name: str) -> Any:
    """A column as text: an id of no type, or a number that may be more than an Int holds."""
    return lambda entry: cast(entry.c[name], Text())


def _recipients(entry: FromClause, most: int | None = None) -> ColumnElement[Any]:
    """Whose stays in the entry's audience cover the events of the push: at most so many, or all.
    `audit_recipients` is a function of migration 0012."""
    listed = literal_column("NULL" if most is None else str(most), BigInteger())
    span = (entry.c.audience_id, entry.c.first_position, entry.c.last_position)
    heard = func.audit_recipients(*span, listed, type_=ARRAY(Uuid()))
    return case((entry.c.user_id.is_(None) & entry.c.audience_id.is_not(None), heard))


def _count_of_recipients(entry: FromClause) -> ColumnElement[Any]:
    return func.coalesce(func.cardinality(_recipients(entry)), literal_column("0"))


def _audience(public: str) -> UUID | None:
    """One spelling alone, like other ids."""
    try:
        found = UUID(public)
    except ValueError:
        return None
    return found if str(found) == public else None


def _user_id(user: FromClause) -> ColumnElement[Any]:
    prefix = literal_column(f"'{ids.PREFIXES[models.User]}_'", Text())
    return prefix.op("||")(cast(user.c.id, Text()))


def _of(model: type[models.Base]) -> Any:
    def about(entry: FromClause, given: Given) -> ColumnElement[bool]:
        return entries_of(entry, given(Uuid(), lambda public: ids.decode(model, public)))

    return about


AUDIT_ARGUMENTS = {
    "patient": Argument(
        strawberry.ID | None,
        _of(models.Patient),
        description="Entries whose answer held rows of this patient.",
        requires=DETAIL,
    ),
    "user": Argument(
        strawberry.ID | None,
        _of(models.User),
        description="Entries of what this user did, and of the pushes that the user heard.",
        requires=DETAIL,
    ),
    "audience": Argument(
        strawberry.ID | None,
        lambda entry, given: entry.c.audience_id == given(Uuid(), _audience),
        description="Entries of the pushes to this audience, and of the stays in it.",
        requires=DETAIL,
    ),
    "from": Argument(datetime | None, lambda entry, given: entry.c.occurred_at >= given(MOMENT)),
    "to": Argument(datetime | None, lambda entry, given: entry.c.occurred_at < given(MOMENT)),
}


@strawberry.type(description="Whoever did what an entry of the audit tells.")
class AuditActor:
    """Roles are those of today; which rights were used stands in the entry's scopes."""

    id: strawberry.ID | None = expression(_user_id, requires=DETAIL)
    username: str | None = column(requires=DETAIL)
    display_name: str = column()
    roles: list[Role] = expression(roles_of)


@strawberry.type(
    description=(
        "One operation of one actor: what it read or wrote of whom, or was refused; or one push to"
        " all who heard it. Names of the schema and ids, never a value."
    )
)
class AuditEntry:
    """A patient sees the entries about the own record, without what is not about them; an auditor
    sees every entry, and nothing clinical behind it.

    A push to one has its `actor`; one to an audience has none, and `recipients` are those who heard
    it: at most 100, of `recipientCount`. Positions are those of the hospital's log of events."""

    id: strawberry.ID = expression(
        lambda entry: literal_column("'aud_'", Text()).op("||")(cast(entry.c.id, Text()))
    )
    occurred_at: datetime = column()
    operation: AuditOperation = expression(_shared("operation"))
    outcome: AuditOutcome = expression(_shared("outcome"))
    actor: AuditActor | None = one(
        models.User,
        lambda entry, user: user.c.id == entry.c.user_id,
        inherits=True,
    )
    recipients: list[AuditActor] = many(
        models.User,
        lambda entry, user: user.c.id == func.any(_recipients(entry, MOST_RECIPIENTS)),
        order=(models.User.display_name, models.User.id),
        inherits=True,
    )
    recipient_count: int = expression(_count_of_recipients)
    roots: list[str] = expression(_shared("roots"))
    scopes: list[str] = expression(_shared("scopes"))
    types: list[str] = expression(_types)
    fields: list[str] = expression(_shared("fields"))
    refused: list[str] = expression(_shared("refused"))
    patients: list[Annotated["Patient", strawberry.lazy("schema.patients")]] | None = many(
        models.Patient,
        lambda entry, patient: patient.c.id == entry.c.patient_ids.any_(),
        order=(models.Patient.name_key, models.Patient.id),
        size=30,
    )
    patient_ids: list[strawberry.ID] | None = expression(_patient_ids, requires=DETAIL)
    rows: int | None = expression(
        lambda entry: func.cardinality(entry.c.patient_ids), requires=DETAIL
    )
    operation_name: str | None = expression(_shared("operation_name"), requires=DETAIL)
    document_hash: str | None = expression(_shared("document_hash"), requires=DETAIL)
    session: str | None = expression(_written("session_id"), requires=DETAIL)
    address: str | None = column(requires=DETAIL)
    request_id: str | None = column(requires=DETAIL)
    audience: str | None = expression(_written("audience_id"), requires=DETAIL)
    first_position: str | None = expression(_written("first_position"), requires=DETAIL)
    last_position: str | None = expression(_written("last_position"), requires=DETAIL)
    sealed_at: datetime | None = expression(_sealed_at, requires=DETAIL)
    seal: str | None = expression(_seal, requires=DETAIL)
