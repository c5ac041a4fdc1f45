"""The drugs that the demo hospital gives: usual doses, ATC codes. Made for a story, not for use."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from models.rules.medications import DOSES_A_DAY
from models.rules.medications import Frequency as F  # noqa: N817 (a column of a table)

IN_SPITE = "seen with the pharmacist of the ward: no better choice"
"""Why an order is placed in spite of a warning, where there is one."""


@dataclass(frozen=True, slots=True)
class Drug:
    """A usual order. `dose` is in `unit`, or that many `unit` a kilogram where `per_kg`.

    `frequency` None is an infusion, `as_needed` the reason of an order to be given when needed.
    """

    name: str
    code: str
    dose: Decimal
    unit: str
    route: str
    frequency: F | None
    as_needed: str | None = None
    per_kg: bool = False

    @property
    def max_per_day(self) -> int | None:
        """The most doses in 24 hours of an order as needed: what the frequency comes to."""
        if self.as_needed is None or self.frequency is None:
            return None
        return int(DOSES_A_DAY[self.frequency])

    def dose_for(self, weight_kg: Decimal) -> Decimal:
        """The dose for somebody of that weight, as a chart would round it."""
        if not self.per_kg:
            return self.dose
        exact = self.dose * weight_kg
        step = Decimal("0.1") if exact < 10 else Decimal(1) if exact < 100 else Decimal(5)
        return max((exact / step).quantize(Decimal(1)) * step, Decimal("0.1"))


def _drug(
    name: str,
    code: str,
    dose: str,
    route: str,
    frequency: F | None,
    *,
    as_needed: str | None = None,
    per_kg: bool = False,
) -> Drug:
    amount, unit = dose.split(" ")
    return Drug(name, code, Decimal(amount), unit, route, frequency, as_needed, per_kg)


FORMULARY: dict[str, Drug] = {
    drug.name: drug
    for drug in (
        _drug("acetylsalicylic acid", "B01AC06", "81 mg", "oral", F.QD),
        _drug("amlodipine", "C08CA01", "5 mg", "oral", F.QD),
        _drug("apixaban", "B01AF02", "5 mg", "oral", F.BID),
        _drug("atorvastatin", "C10AA05", "40 mg", "oral", F.QD),
        _drug("azithromycin", "J01FA10", "500 mg", "oral", F.QD),
        _drug("cefazolin", "J01DB04", "2 g", "intravenous", F.Q8H),
        _drug("ceftriaxone", "J01DD04", "2 g", "intravenous", F.QD),
        _drug("enoxaparin", "B01AB05", "40 mg", "subcutaneous", F.QD),
        _drug("fentanyl", "N01AH01", "50 ug/h", "intravenous", None),
        _drug("furosemide", "C03CA01", "40 mg", "intravenous", F.BID),
        _drug("insulin glargine", "A10AE04", "18 [iU]", "subcutaneous", F.QD),
        _drug("insulin lispro", "A10AB04", "4 [iU]", "subcutaneous", F.TID),
        _drug("lactulose", "A06AD11", "20 g", "oral", F.BID),
        _drug("levetiracetam", "N03AX14", "500 mg", "oral", F.BID),
        _drug("lisinopril", "C09AA03", "10 mg", "oral", F.QD),
        _drug("metoprolol", "C07AB02", "25 mg", "oral", F.BID),
        _drug("metronidazole", "J01XD01", "500 mg", "intravenous", F.Q8H),
        _drug("morphine", "N02AA01", "2 mg", "intravenous", F.Q4H, as_needed="severe pain"),
        _drug("norepinephrine", "C01CA03", "8 ug/min", "intravenous", None),
        _drug("ondansetron", "A04AA01", "4 mg", "intravenous", F.Q8H, as_needed="nausea"),
        _drug("oxycodone", "N02AA05", "5 mg", "oral", F.Q6H, as_needed="moderate pain"),
        _drug("pantoprazole", "A02BC02", "40 mg", "intravenous", F.QD),
        _drug("paracetamol", "N02BE01", "1 g", "oral", F.Q6H),
        _drug("piperacillin-tazobactam", "J01CR05", "4.5 g", "intravenous", F.Q6H),
        _drug("prednisolone", "H02AB06", "40 mg", "oral", F.QD),
        _drug("propofol", "N01AX10", "120 mg/h", "intravenous", None),
        _drug("salbutamol", "R03AC02", "2.5 mg", "inhaled", F.Q4H),
        _drug("tamsulosin", "G04CA02", "0.4 mg", "oral", F.QD),
        _drug("vancomycin", "J01XA01", "1 g", "intravenous", F.BID),
    )
}

PAEDIATRIC: dict[str, Drug] = {
    drug.name: drug
    for drug in (
        _drug("amoxicillin", "J01CA04", "25 mg", "oral", F.BID, per_kg=True),
        _drug("ampicillin", "J01CA01", "50 mg", "intravenous", F.Q8H, per_kg=True),
        _drug("caffeine citrate", "N06BC01", "5 mg", "intravenous", F.QD, per_kg=True),
        _drug("ceftriaxone", "J01DD04", "50 mg", "intravenous", F.QD, per_kg=True),
        _drug("gentamicin", "J01GB03", "4 mg", "intravenous", F.QD, per_kg=True),
        _drug("ibuprofen", "M01AE01", "10 mg", "oral", F.Q8H, as_needed="fever", per_kg=True),
        _drug("insulin glargine", "A10AE04", "0.3 [iU]", "subcutaneous", F.QD, per_kg=True),
        _drug("levetiracetam", "N03AX14", "20 mg", "oral", F.BID, per_kg=True),
        _drug(
            "ondansetron",
            "A04AA01",
            "0.1 mg",
            "intravenous",
            F.Q8H,
            as_needed="vomiting",
            per_kg=True,
        ),
        _drug("paracetamol", "N02BE01", "15 mg", "oral", F.Q6H, per_kg=True),
        _drug("prednisolone", "H02AB06", "1 mg", "oral", F.QD, per_kg=True),
        _drug("salbutamol", "R03AC02", "2.5 mg", "inhaled", F.Q4H),
    )
}

ALLERGIES: tuple[tuple[str, str, str, str], ...] = (
    # substance, code (ATC for drugs, SNOMED CT otherwise), reaction, criticality
    ("penicillin", "J01CE01", "urticaria", "HIGH"),
    ("sulfamethoxazole", "J01EC01", "rash", "LOW"),
    ("codeine", "R05DA04", "vomiting", "LOW"),
    ("ibuprofen", "M01AE01", "bronchospasm", "HIGH"),
    ("latex", "1003755004", "contact dermatitis", "LOW"),
    ("peanut", "762952008", "anaphylaxis", "HIGH"),
    ("shellfish", "227037002", "swelling of the lips", "UNABLE_TO_ASSESS"),
    ("iodinated contrast", "V08A", "flushing and itching", "UNABLE_TO_ASSESS"),
)
