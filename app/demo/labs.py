"""Blood of the demo: CBC and CMP that hang together, and the findings that must be called.

Everyday values stay inside the critical limits of every age (`_SAFE`): in the demo a critical
result is a decision of the story, not an accident of noise.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from app.demo.conditions import Condition
from models.rules.patients import Sex

CBC = "58410-2"
CMP = "24323-8"
_NEWBORN_HOURS = 28 * 24
_CHILD_HOURS = 16 * 8766


@dataclass(frozen=True, slots=True)
class Drawn:
    """One result as a laboratory sends it: LOINC, UCUM, the laboratory's reference range."""

    code: str
    display: str
    panel: str | None
    value: Decimal
    unit: str
    reference_low: Decimal | None
    reference_high: Decimal | None


@dataclass(frozen=True, slots=True)
class Analyte:
    """A test and its reference ranges: adult, child, newborn (as the adult's where None)."""

    code: str
    display: str
    unit: str
    places: int
    adult: tuple[float, float]
    child: tuple[float, float] | None = None
    newborn: tuple[float, float] | None = None
    female: tuple[float, float] | None = None

    def usual(self, hours_old: float, sex: Sex) -> tuple[float, float]:
        """The reference range of somebody that old."""
        if hours_old < _NEWBORN_HOURS and self.newborn is not None:
            return self.newborn
        if hours_old < _CHILD_HOURS and self.child is not None:
            return self.child
        if sex is Sex.FEMALE and self.female is not None:
            return self.female
        return self.adult


WBC = Analyte("6690-2", "Leukocytes", "10*3/uL", 1, (4.0, 11.0), (5.0, 13.5), (9.0, 30.0))
RBC = Analyte("789-8", "Erythrocytes", "10*6/uL", 2, (4.4, 5.9), (4.0, 5.2), (4.0, 5.6), (3.9, 5.2))
HAEMOGLOBIN = Analyte(
    "718-7", "Hemoglobin", "g/dL", 1, (13.5, 17.5), (11.5, 15.5), (14.0, 19.5), (12.0, 15.5)
)
HAEMATOCRIT = Analyte("4544-3", "Hematocrit", "%", 1, (40, 52), (35, 45), (42, 60), (36, 47))
MCV = Analyte("787-2", "MCV", "fL", 1, (80, 100), (77, 95), (96, 112))
MCH = Analyte("785-6", "MCH", "pg", 1, (27, 33), (25, 33), (31, 37))
MCHC = Analyte("786-4", "MCHC", "g/dL", 1, (32, 36))
RDW = Analyte("788-0", "RDW", "%", 1, (11.5, 14.5), None, (14.0, 17.0))
PLATELETS = Analyte("777-3", "Platelets", "10*3/uL", 0, (150, 400))
MPV = Analyte("32623-1", "MPV", "fL", 1, (7.5, 11.5))

CHEMISTRY: tuple[Analyte, ...] = (
    Analyte("2345-7", "Glucose", "mg/dL", 0, (70, 110), None, (55, 95)),
    Analyte("3094-0", "Urea nitrogen", "mg/dL", 0, (7, 20), (5, 18), (4, 15)),
    Analyte("2160-0", "Creatinine", "mg/dL", 2, (0.7, 1.3), (0.3, 0.7), (0.3, 0.9), (0.6, 1.1)),
    Analyte("2951-2", "Sodium", "mmol/L", 0, (135, 145)),
    Analyte("2823-3", "Potassium", "mmol/L", 1, (3.5, 5.1), None, (3.9, 5.9)),
    Analyte("2075-0", "Chloride", "mmol/L", 0, (98, 107)),
    Analyte("2028-9", "Carbon dioxide", "mmol/L", 0, (22, 29), (20, 28), (18, 25)),
    Analyte("17861-6", "Calcium", "mg/dL", 1, (8.6, 10.2), (8.8, 10.8), (8.0, 10.8)),
    Analyte("2885-2", "Protein", "g/dL", 1, (6.0, 8.3), None, (4.6, 7.0)),
    Analyte("1751-7", "Albumin", "g/dL", 1, (3.5, 5.0), None, (2.8, 4.4)),
    Analyte("1975-2", "Bilirubin, total", "mg/dL", 1, (0.2, 1.2), None, (1.0, 8.0)),
    Analyte("6768-6", "Alkaline phosphatase", "U/L", 0, (40, 130), (120, 350), (90, 270)),
    Analyte("1742-6", "ALT", "U/L", 0, (7, 45)),
    Analyte("1920-8", "AST", "U/L", 0, (8, 40), None, (25, 75)),
)
OTHERS: tuple[Analyte, ...] = (
    Analyte("6301-6", "INR", "{INR}", 1, (0.8, 1.2)),
    Analyte("10839-9", "Troponin I", "ng/mL", 2, (0.0, 0.04)),
    Analyte("2524-7", "Lactate", "mmol/L", 1, (0.5, 2.0)),
    Analyte("2744-1", "pH of arterial blood", "[pH]", 2, (7.35, 7.45)),
)
_BY_CODE = {analyte.code: analyte for analyte in (WBC, HAEMOGLOBIN, PLATELETS, *CHEMISTRY, *OTHERS)}

# Never left by noise: inside the critical limits of adult, child and newborn alike.
_SAFE: dict[str, tuple[float, float]] = {
    "6690-2": (1.8, 38),
    "718-7": (7.6, 19.0),
    "777-3": (35, 900),
    "2345-7": (58, 290),
    "2951-2": (124, 156),
    "2823-3": (3.2, 6.1),
    "17861-6": (6.9, 12.2),
    "2028-9": (13, 44),
    "1975-2": (0.2, 9.4),
}
_SAFE_CREATININE = ((_NEWBORN_HOURS * 1.5, 1.2), (2 * 8766, 1.6), (_CHILD_HOURS, 2.1))


def cbc(
    rng: random.Random, hours_old: float, sex: Sex, condition: Condition | None, severity: float
) -> list[Drawn]:
    """A complete blood count. The indices follow from cells, volume and haemoglobin, as they do in
    the analyser."""

    def draw(analyte: Analyte) -> float:
        return _draw(rng, analyte, analyte.usual(hours_old, sex), condition, severity)

    cells, volume, concentration = draw(RBC), draw(MCV), draw(MCHC)
    haematocrit = cells * volume / 10
    haemoglobin = _safe(HAEMOGLOBIN, hours_old, haematocrit * concentration / 100)
    haematocrit = haemoglobin * 100 / concentration
    volume = haematocrit * 10 / cells
    values = {
        WBC: draw(WBC),
        RBC: cells,
        HAEMOGLOBIN: haemoglobin,
        HAEMATOCRIT: haematocrit,
        MCV: volume,
        MCH: haemoglobin * 10 / cells,
        MCHC: concentration,
        RDW: draw(RDW),
        PLATELETS: draw(PLATELETS),
        MPV: draw(MPV),
    }
    return [
        _drawn(analyte, hours_old, sex, _safe(analyte, hours_old, value), CBC)
        for analyte, value in values.items()
    ]


def cmp(
    rng: random.Random, hours_old: float, sex: Sex, condition: Condition | None, severity: float
) -> list[Drawn]:
    """A comprehensive metabolic panel."""
    found = []
    for analyte in CHEMISTRY:
        value = _draw(rng, analyte, analyte.usual(hours_old, sex), condition, severity)
        found.append(_drawn(analyte, hours_old, sex, _safe(analyte, hours_old, value), CMP))
    return found


def finding(code: str, value: Decimal, hours_old: float, sex: Sex) -> Drawn:
    """One test with a value that the story sets, outside any panel."""
    analyte = _BY_CODE[code]
    low, high = analyte.usual(hours_old, sex)
    return Drawn(
        code, analyte.display, None, value, analyte.unit,
        _rounded(low, analyte.places), _rounded(high, analyte.places),
    )  # fmt: skip


def _draw(
    rng: random.Random,
    analyte: Analyte,
    usual: tuple[float, float],
    condition: Condition | None,
    severity: float,
) -> float:
    low, high = usual
    shift = 1.5 * condition.blood.get(analyte.code, 0.0) * severity if condition else 0.0
    deviations = max(-2.5, min(2.5, rng.gauss(0, 1))) + shift
    value = (low + high) / 2 + deviations * (high - low) / 4
    # What is measured from zero up does not fall below a third of its lower limit.
    return max(value, low / 3)


def _safe(analyte: Analyte, hours_old: float, value: float) -> float:
    if analyte.code == "2160-0":
        limit = next((top for age, top in _SAFE_CREATININE if hours_old < age), 8.0)
        return min(value, limit)
    low, high = _SAFE.get(analyte.code, (value, value))
    return min(max(value, low), high)


def _drawn(analyte: Analyte, hours_old: float, sex: Sex, value: float, panel: str) -> Drawn:
    low, high = analyte.usual(hours_old, sex)
    return Drawn(
        code=analyte.code,
        display=analyte.display,
        panel=panel,
        value=_rounded(value, analyte.places),
        unit=analyte.unit,
        reference_low=_rounded(low, analyte.places),
        reference_high=_rounded(high, analyte.places),
    )


def _rounded(value: float, places: int) -> Decimal:
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)
