"""A drug against an allergy on record: the same substance, its class, or one that cross-reacts.

By the starter set of models/rules/drug_classes: it warns, and never says that a drug is safe. What
it does not know gives no warning of class, but the same substance is found by name for every drug.
"""

from models.rules.drug_classes import CROSS
from models.rules.drug_warnings import DrugWarning, WarningKind, WarningSeverity
from models.rules.drugs import Substance, classes, same

BY_NAME = "the same substance, by name or code"


def conflict(drug: Substance, allergy: Substance) -> DrugWarning | None:
    """How the allergy speaks against the drug, most directly; None: nothing is known."""
    shared = same(drug, allergy)
    if shared is not None:
        return DrugWarning(
            WarningKind.ALLERGY_SUBSTANCE,
            WarningSeverity.HIGH,
            f"an allergy to {shared} is recorded",
            BY_NAME,
        )
    of_drug, of_allergy = classes(drug), classes(allergy)
    for each in of_drug:
        if each in of_allergy:
            return DrugWarning(
                WarningKind.ALLERGY_CLASS,
                WarningSeverity.HIGH,
                f"an allergy to a drug of the same class ({each.name}) is recorded",
                each.source,
            )
    mine, theirs = {one.name for one in of_drug}, {one.name for one in of_allergy}
    for cross in CROSS:
        for ordered, reacted in ((cross.one, cross.other), (cross.other, cross.one)):
            if ordered in mine and reacted in theirs:
                return DrugWarning(
                    WarningKind.ALLERGY_CROSS,
                    cross.severity,
                    f"an allergy to {reacted} is recorded, which may extend to {ordered}",
                    cross.source,
                )
    return None
