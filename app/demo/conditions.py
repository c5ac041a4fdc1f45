"""Why people lie on the wards of the demo, and what that does to their vitals, blood and chart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.demo.people import Generation


@dataclass(frozen=True, slots=True)
class Condition:
    """A reason for admission, at its worst: a severity of 1 applies all of it, 0 none.

    `pulse`, `breathing` and `pressure` are factors of the healthy value; `heat` and `desaturation`
    are degrees and percentage points. `blood` shifts analytes (LOINC) by so many standard
    deviations of the healthy spread. `drugs` are names of the formulary of the age.
    """

    reason: str
    pulse: float = 1.0
    breathing: float = 1.0
    pressure: float = 1.0
    heat: float = 0.0
    desaturation: float = 0.0
    oxygen: bool = False
    drowsy: bool = False
    pain: int = 0
    blood: Mapping[str, float] = field(default_factory=dict)
    drugs: tuple[str, ...] = ()


_INFECTED = {"6690-2": 3.5, "777-3": 0.8, "1751-7": -1.0}
_BLED = {"789-8": -3.2, "777-3": 0.5}
_KIDNEY = {"2160-0": 4.5, "3094-0": 4.0, "2823-3": 1.2, "2028-9": -1.2}
_LIVER = {"1975-2": 4.0, "1742-6": 5.0, "1920-8": 5.0, "1751-7": -1.8, "777-3": -1.2}
_SUGAR = {"2345-7": 6.0, "2028-9": -1.5, "2951-2": -0.8}

SEPSIS = Condition(
    "Sepsis, source under investigation",
    1.4, 1.6, 0.78, 1.8, 3.0, oxygen=True, drowsy=True,
    blood=_INFECTED | _KIDNEY,
    drugs=("piperacillin-tazobactam", "vancomycin", "norepinephrine", "pantoprazole"),
)  # fmt: skip
PNEUMONIA = Condition(
    "Community-acquired pneumonia", 1.25, 1.5, 0.95, 1.5, 4.0, oxygen=True,
    blood=_INFECTED,
    drugs=("ceftriaxone", "azithromycin", "paracetamol", "enoxaparin"),
)  # fmt: skip
HEART_FAILURE = Condition(
    "Decompensated heart failure", 1.2, 1.4, 1.1, 0.0, 3.0, oxygen=True,
    blood={"2951-2": -1.6, "2160-0": 1.8, "3094-0": 2.0},
    drugs=("furosemide", "lisinopril", "metoprolol", "enoxaparin"),
)  # fmt: skip
COPD = Condition(
    "Exacerbation of COPD", 1.2, 1.5, 1.05, 0.4, 5.0, oxygen=True,
    blood={"2028-9": 1.8, "6690-2": 1.5},
    drugs=("salbutamol", "prednisolone", "azithromycin"),
)  # fmt: skip
KIDNEY_INJURY = Condition(
    "Acute kidney injury", 1.05, 1.1, 1.1, blood=_KIDNEY, drugs=("pantoprazole", "amlodipine")
)
DIABETES = Condition(
    "Hyperglycaemia in type 2 diabetes", 1.1, 1.1, 1.0, blood=_SUGAR,
    drugs=("insulin glargine", "insulin lispro", "atorvastatin"),
)  # fmt: skip
CIRRHOSIS = Condition(
    "Decompensated cirrhosis", 1.1, 1.05, 0.9, 0.2, 1.0, drowsy=True,
    blood=_LIVER, drugs=("lactulose", "furosemide", "pantoprazole"),
)  # fmt: skip
FIBRILLATION = Condition(
    "Atrial fibrillation with fast rate", 1.55, 1.15, 0.95,
    drugs=("metoprolol", "apixaban", "atorvastatin"),
)  # fmt: skip
URINARY = Condition(
    "Complicated urinary tract infection", 1.15, 1.15, 0.97, 1.4,
    blood=_INFECTED, drugs=("ceftriaxone", "paracetamol", "tamsulosin"),
)  # fmt: skip
BLEEDING = Condition(
    "Upper gastrointestinal bleeding", 1.3, 1.15, 0.85, blood=_BLED | {"3094-0": 2.5},
    drugs=("pantoprazole", "ondansetron"),
)  # fmt: skip
INFARCTION = Condition(
    "Acute myocardial infarction", 1.15, 1.15, 0.92, 0.2, 1.5, pain=5,
    drugs=("acetylsalicylic acid", "atorvastatin", "metoprolol", "morphine"),
)  # fmt: skip
VENTILATED = Condition(
    "Acute respiratory failure, ventilated", 1.2, 1.25, 0.9, 0.6, 4.0, oxygen=True, drowsy=True,
    blood=_INFECTED, drugs=("propofol", "fentanyl", "pantoprazole", "enoxaparin"),
)  # fmt: skip
TRAUMA = Condition(
    "Multiple trauma after road accident", 1.3, 1.2, 0.88, 0.5, 1.5, oxygen=True, pain=7,
    blood=_BLED, drugs=("fentanyl", "cefazolin", "enoxaparin", "pantoprazole"),
)  # fmt: skip
APPENDIX = Condition(
    "Acute appendicitis, after appendectomy", 1.15, 1.1, 1.0, 0.9, pain=5,
    blood=_INFECTED, drugs=("cefazolin", "metronidazole", "paracetamol", "ondansetron"),
)  # fmt: skip
HIP = Condition(
    "Hip fracture, after hemiarthroplasty", 1.1, 1.05, 0.98, 0.3, 1.0, pain=6,
    blood=_BLED, drugs=("paracetamol", "oxycodone", "enoxaparin"),
)  # fmt: skip
COLON = Condition(
    "Colon cancer, after hemicolectomy", 1.1, 1.1, 0.97, 0.5, 1.0, pain=5,
    blood=_BLED | {"1751-7": -1.5}, drugs=("paracetamol", "oxycodone", "enoxaparin", "ondansetron"),
)  # fmt: skip
GALLBLADDER = Condition(
    "Acute cholecystitis", 1.15, 1.1, 1.02, 1.2, pain=5,
    blood=_INFECTED | {"1975-2": 2.5, "6768-6": 3.0},
    drugs=("ceftriaxone", "metronidazole", "paracetamol"),
)  # fmt: skip
CHEST_PAIN = Condition(
    "Chest pain", 1.1, 1.1, 1.08, pain=4, drugs=("acetylsalicylic acid", "atorvastatin")
)
FALL = Condition("Fall at home, wrist fracture", 1.05, 1.05, 1.05, pain=5, drugs=("paracetamol",))
ABDOMINAL_PAIN = Condition(
    "Abdominal pain", 1.1, 1.1, 1.0, 0.4, pain=6, blood={"6690-2": 1.5},
    drugs=("paracetamol", "ondansetron"),
)  # fmt: skip

BRONCHIOLITIS = Condition(
    "Bronchiolitis", 1.15, 1.4, 1.0, 0.8, 4.0, oxygen=True, drugs=("paracetamol",)
)
ASTHMA = Condition(
    "Asthma attack", 1.2, 1.45, 1.0, 0.1, 4.0, oxygen=True, drugs=("salbutamol", "prednisolone")
)
GASTROENTERITIS = Condition(
    "Gastroenteritis with dehydration", 1.2, 1.1, 0.95, 1.0,
    blood={"2028-9": -1.6, "3094-0": 2.0, "2951-2": 1.0}, drugs=("ondansetron",),
)  # fmt: skip
SEIZURE = Condition(
    "Febrile seizure", 1.15, 1.1, 1.0, 1.6, drowsy=True, drugs=("paracetamol", "levetiracetam")
)
CHILD_PNEUMONIA = Condition(
    "Pneumonia", 1.15, 1.35, 1.0, 1.5, 4.0, oxygen=True, blood=_INFECTED,
    drugs=("ampicillin", "paracetamol"),
)  # fmt: skip
CHILD_DIABETES = Condition(
    "New type 1 diabetes", 1.1, 1.15, 0.98, blood={"2345-7": 4.5, "2028-9": -1.8},
    drugs=("insulin glargine",),
)  # fmt: skip
FOREARM = Condition(
    "Forearm fracture, after reduction", 1.05, pain=4, drugs=("paracetamol", "ibuprofen")
)

PREMATURE = Condition(
    "Prematurity, 32 weeks", 1.05, 1.15, 0.95, -0.2, 3.0, oxygen=True,
    blood={"1751-7": -1.0}, drugs=("caffeine citrate",),
)  # fmt: skip
JAUNDICE = Condition("Neonatal jaundice, phototherapy", 1.0, 1.02, blood={"1975-2": 2.2})
NEWBORN_SEPSIS = Condition(
    "Suspected early-onset sepsis", 1.12, 1.25, 0.95, 0.7, 2.0, blood={"6690-2": 1.5},
    drugs=("ampicillin", "gentamicin"),
)  # fmt: skip
WET_LUNG = Condition("Transient tachypnoea of the newborn", 1.05, 1.5, 1.0, 0.0, 3.0, oxygen=True)
LOW_SUGAR = Condition("Infant of a diabetic mother, hypoglycaemia", blood={"2345-7": -1.2})

CONDITIONS: Mapping[str, tuple[Condition, ...]] = {
    "ICU": (SEPSIS, VENTILATED, TRAUMA, INFARCTION, BLEEDING),
    "MED1": (
        PNEUMONIA, HEART_FAILURE, COPD, KIDNEY_INJURY, DIABETES, CIRRHOSIS, FIBRILLATION, URINARY,
        BLEEDING,
    ),
    "SURG1": (APPENDIX, HIP, COLON, GALLBLADDER),
    "PEDS": (
        BRONCHIOLITIS, ASTHMA, GASTROENTERITIS, SEIZURE, CHILD_PNEUMONIA, CHILD_DIABETES, FOREARM,
    ),
    "NICU": (PREMATURE, JAUNDICE, NEWBORN_SEPSIS, WET_LUNG, LOW_SUGAR),
    "ED": (CHEST_PAIN, FALL, ABDOMINAL_PAIN, FIBRILLATION, URINARY, DIABETES),
}  # fmt: skip
"""By ward code. Children come to the ED with what is under PEDS."""

BY_REASON: Mapping[str, Condition] = {
    condition.reason: condition for found in CONDITIONS.values() for condition in found
}


def candidates(ward: str, generation: Generation) -> tuple[Condition, ...]:
    """What brings somebody of that generation to that ward."""
    if generation is Generation.CHILD:
        return CONDITIONS["PEDS"]
    return CONDITIONS[ward]
