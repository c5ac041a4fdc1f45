"""Hospital: the tenant. Every clinical row names its hospital; none joins across two."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Identified


class Hospital(Identified, Base):
    """A hospital; made once, never deleted. `time_zone` is an IANA name: local times of doses are
    of it, and what is printed."""

    __tablename__ = "hospitals"

    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
