"""Panels: which tests a panel has. Source: the hospital's clinical table, whose panels are LOINC's
(58410-2, 57021-8, 24323-8); the names are LOINC components."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class LabPanel(StrEnum):
    """A panel of laboratory tests."""

    CMP = "CMP"
    CBC = "CBC"
    CBC_WITH_DIFFERENTIAL = "CBC_WITH_DIFFERENTIAL"


@dataclass(frozen=True, slots=True)
class Member:
    """One test of a panel. `codes` are LOINC and mean the same quantity, the panel's own first;
    `instead` are codes by which a laboratory reports the same test as another quantity (the cells
    of a differential per cent of leucocytes): one stands for the other in the panel, not in a
    trend."""

    name: str
    codes: tuple[str, ...]
    instead: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        return self.codes[0]


_COUNT: tuple[Member, ...] = (
    Member("Leukocytes", ("6690-2",)),
    Member("Erythrocytes", ("789-8",)),
    Member("Hemoglobin", ("718-7",)),
    Member("Hematocrit", ("4544-3",)),
    Member("Erythrocyte mean corpuscular volume", ("787-2",)),
    Member("Erythrocyte mean corpuscular hemoglobin", ("785-6",)),
    Member("Erythrocyte mean corpuscular hemoglobin concentration", ("786-4",)),
    Member("Erythrocyte distribution width", ("788-0",)),
    Member("Platelets", ("777-3",)),
    Member("Platelet mean volume", ("32623-1",)),
)
_DIFFERENTIAL: tuple[Member, ...] = (
    Member("Neutrophils", ("751-8",), instead=("770-8",)),
    Member("Lymphocytes", ("731-0",), instead=("736-9",)),
    Member("Monocytes", ("742-7",), instead=("5905-5",)),
    Member("Eosinophils", ("711-2",), instead=("713-8",)),
    Member("Basophils", ("704-7",), instead=("706-2",)),
)
# Serum or plasma, and the code of the same quantity in whole blood where the clinical table has it.
_METABOLIC: tuple[Member, ...] = (
    Member("Glucose", ("2345-7", "2339-0")),
    Member("Urea nitrogen", ("3094-0",)),
    Member("Creatinine", ("2160-0", "38483-4")),
    Member("Sodium", ("2951-2", "2947-0")),
    Member("Potassium", ("2823-3", "6298-4")),
    Member("Chloride", ("2075-0",)),
    Member("Carbon dioxide, total", ("2028-9", "20565-8")),
    Member("Calcium", ("17861-6", "49765-1")),
    Member("Protein", ("2885-2",)),
    Member("Albumin", ("1751-7",)),
    Member("Bilirubin, total", ("1975-2",)),
    Member("Alkaline phosphatase", ("6768-6",)),
    Member("Alanine aminotransferase", ("1742-6",)),
    Member("Aspartate aminotransferase", ("1920-8",)),
)

LOINC: Mapping[LabPanel, str] = MappingProxyType(
    {
        LabPanel.CBC: "58410-2",
        LabPanel.CBC_WITH_DIFFERENTIAL: "57021-8",
        LabPanel.CMP: "24323-8",
    }
)
PANELS: Mapping[LabPanel, tuple[Member, ...]] = MappingProxyType(
    {
        LabPanel.CBC: _COUNT,
        LabPanel.CBC_WITH_DIFFERENTIAL: (*_COUNT, *_DIFFERENTIAL),
        LabPanel.CMP: _METABOLIC,
    }
)
MEMBERS: tuple[Member, ...] = (*_COUNT, *_DIFFERENTIAL, *_METABOLIC)
