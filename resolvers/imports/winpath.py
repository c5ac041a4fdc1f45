"""The code map of a laboratory that names its tests locally (system WinPath) to LOINC.

A row maps a name in a unit, since LOINC tells mass from amount of substance: creatinine in umol/L
is 14682-9, in mg/dL it would be 2160-0. What is not here has no honest code and is stored under
the sender's own, marked unmapped. Counts are the analyser's ("by automated count"), as in the
hospital's panels; serum or plasma, as the laboratory's panel of urea and electrolytes is.
Source: LOINC 2.78 (regenstrief.org), by component, property and system.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

SYSTEM = "WinPath"

LOINC_OF: Mapping[tuple[str, str | None], str] = MappingProxyType(
    {
        # Urea and electrolytes
        ("creatinine", "umol/L"): "14682-9",
        ("creatinine", "mg/dL"): "2160-0",
        ("potassium", "mmol/L"): "2823-3",
        ("sodium", "mmol/L"): "2951-2",
        ("urea", "mmol/L"): "22664-7",
        ("egfr (mdrd)", "mL/min"): "33914-3",
        # Lipids
        ("cholesterol", "mmol/L"): "14647-2",
        ("triglyceride", "mmol/L"): "14927-8",
        ("hdl cholesterol", "mmol/L"): "14646-4",
        ("ldl chol. (calc)", "mmol/L"): "39469-2",
        # Blood count
        ("haemoglobin", "g/L"): "718-7",
        ("haemoglobin", "g/dL"): "718-7",
        ("red cell count", "10*12/L"): "789-8",
        ("haematocrit", None): "4544-3",
        ("mean cell volume", "fL"): "787-2",
        ("mean cell haemoglobin", "pg"): "785-6",
        ("platelet count", "10*9/L"): "777-3",
        ("white cell count", "10*9/L"): "6690-2",
        ("neutrophils", "10*9/L"): "751-8",
        ("neutrophils per", "%"): "770-8",
        ("lymphocytes", "10*9/L"): "731-0",
        ("lymphocytes per", "%"): "736-9",
        ("monocytes", "10*9/L"): "742-7",
        ("monocytes per", "%"): "5905-5",
        ("eosinophils", "10*9/L"): "711-2",
        ("eosinophils per", "%"): "713-8",
        ("basophils", "10*9/L"): "704-7",
        ("basophils per", "%"): "706-2",
    }
)
"""By name in lower case and unit in UCUM (None: sent without one, a ratio)."""

PANEL_OF: Mapping[str, str] = MappingProxyType({"complete blood count": "57021-8"})
"""Panels (OBR-4); any other keeps the sender's name."""


def loinc(name: str | None, system: str | None, unit: str | None) -> str | None:
    """The LOINC code of a test, or None where nothing honest can be said."""
    if name is None or system != SYSTEM:
        return None
    return LOINC_OF.get((name.lower(), unit))
