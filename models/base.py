"""The base of every table: naming convention and the columns that repeat.

Ids are UUIDv7 made in the app, times are `timestamptz` in UTC, enumerations are text with a CHECK
that holds the same words as the GraphQL enum, so that a value needs no translation on its way out.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import uuid_utils.compat
from sqlalchemy import CheckConstraint, ForeignKey, MetaData, Numeric, Text, func
from sqlalchemy.dialects import postgresql
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column


class Base(DeclarativeBase):
    """Metadata of the whole database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        UUID: postgresql.UUID(as_uuid=True),
        datetime: postgresql.TIMESTAMP(timezone=True),
        Decimal: Numeric(),
        bytes: postgresql.BYTEA(),
        list[str]: postgresql.ARRAY(Text()),
        list[UUID]: postgresql.ARRAY(postgresql.UUID(as_uuid=True)),
    }


class Identified:
    """`id`: UUIDv7 made in the app, so that ids sort by the time they were made."""

    id: Mapped[UUID] = mapped_column(primary_key=True)


class InHospital:
    """`hospital_id`: the key by which the data can be distributed; no row points outside it."""

    @declared_attr
    def hospital_id(cls) -> Mapped[UUID]:  # noqa: N805 (SQLAlchemy passes the class)
        return mapped_column(ForeignKey("hospitals.id"))


class Written:
    """Who wrote the row and when; `created_by` is null for the system itself."""

    created_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @declared_attr
    def created_by(cls) -> Mapped[UUID | None]:  # noqa: N805 (SQLAlchemy passes the class)
        return mapped_column(ForeignKey("users.id"), index=True)


class Edited(Written):
    """Also who changed the row last, and when: for what people edit."""

    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())

    @declared_attr
    def updated_by(cls) -> Mapped[UUID | None]:  # noqa: N805 (SQLAlchemy passes the class)
        return mapped_column(ForeignKey("users.id"), index=True)


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return uuid_utils.compat.uuid7()


def one_of(column: str, words: Iterable[enum.StrEnum]) -> CheckConstraint:
    """CHECK that a text column holds one of the words of an enumeration."""
    listed = ", ".join(f"'{word.value}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def within(column: str, low: str, high: str) -> CheckConstraint:
    """CHECK that a number lies in a closed range; null passes."""
    return CheckConstraint(f"{column} BETWEEN {low} AND {high}", name=f"{column}_plausible")
