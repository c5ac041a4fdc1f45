"""Panels of laboratory tests, as they were collected."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

import models
from models.rules.scopes import Scope
from resolvers import panels
from schema.enums import LabPanel
from schema.fields import Argument, column, derived, one

if TYPE_CHECKING:
    from schema.labs import LabResult

_ARGUMENTS = {
    "panel": Argument(LabPanel, default=...),
    "from": Argument(datetime | None),
    "to": Argument(datetime | None),
    "first": Argument(
        int | None, default=panels.USUAL, description=f"How many, at most {panels.MOST}."
    ),
}


@strawberry.type(description="A test of a panel, with its result in one collection.")
class PanelMember:
    """`code` is LOINC, the panel's own; the result may have another one that stands for it."""

    name: str = column()
    code: str = column()
    missing: bool = column()
    result: Annotated["LabResult", strawberry.lazy("schema.labs")] | None = one(
        models.LabResult, lambda member, result: result.c.id == member.c.result_id
    )


@strawberry.type(description="A panel of tests, collected at one time for one order.")
class CollectedPanel:
    """`code` is the panel's LOINC code, `ordered` what the sender called the panel."""

    panel: LabPanel = column()
    code: str = column()
    collected_at: datetime = column()
    ordered: str | None = column()
    complete: bool = column()
    members: list[PanelMember] | None = derived(
        panels.members,
        requires=Scope.LAB_READ,
        order=("number",),
        of=models.LabResult,
        size=20,
    )


def lab_panels() -> Any:
    """The collections of a panel of a patient, newest first."""
    return derived(
        panels.panels,
        requires=Scope.LAB_READ,
        order=("place",),
        of=models.LabResult,
        size=panels.USUAL,
        sized_by="first",
        arguments=_ARGUMENTS,
    )
