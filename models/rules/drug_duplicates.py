"""A drug beside another that runs already: the same substance, or another of its class."""

from models.rules.drug_allergy import BY_NAME
from models.rules.drug_classes import NO_DUPLICATION
from models.rules.drug_warnings import DrugWarning, WarningKind, WarningSeverity
from models.rules.drugs import Substance, classes, same


def duplicate(drug: Substance, running: Substance) -> DrugWarning | None:
    """Whether `drug` doubles what runs; None: not as far as known."""
    shared = same(drug, running)
    if shared is not None:
        return DrugWarning(
            WarningKind.DUPLICATE_DRUG,
            WarningSeverity.HIGH,
            f"{shared} is ordered already",
            BY_NAME,
        )
    theirs = classes(running)
    for each in classes(drug):
        if each in theirs and each.name not in NO_DUPLICATION:
            return DrugWarning(
                WarningKind.DUPLICATE_CLASS,
                WarningSeverity.LOW,
                f"another drug of the same class ({each.name}) is ordered already",
                each.source,
            )
    return None
