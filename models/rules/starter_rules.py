"""The critical values that ship: a starter set that the hospital's laboratory edits.

Row by row the hospital's clinical table, each with its source and its comparator. How its bands
are read:

- "adult" begins at 16 years, because the child's column ends with 15; "same" widens the adult row
  to those ages. A gap in the table stays a gap here. `critical_values` then falls back on the adult
  limits and says so in the verdict, with one exception, creatinine below.
- Completed time: "1-28 d" is 24 h up to 29 d, "5 wk-23 mo" is 35 d up to 2 years, "0-15 y" ends on
  the 16th birthday, "days 1-30" after "first 24 h" is 24 h up to 31 d.
- A narrower band wins over a wider one, side by side: the newborn's potassium has no low limit of
  its own, so the child's (0-15 y) holds from birth.
- Codes: those of the table, and the LOINC siblings that report the same quantity of the same person
  (whole blood, method not said, amount of substance), without which a rule would never fire for
  the laboratories that use them.
"""

from dataclasses import replace
from decimal import Decimal
from typing import NamedTuple

from models.rules.critical_rules import ADULT, DAY, MONTH, YEAR, CriticalRule

IOWA = "Univ. of Iowa"
METHODIST = "Houston Methodist"
WAKEMED = "WakeMed"
STARLING = "Starling"
ANSARI = "ansari.egpnl.com"
ANSARI_CARRIED = f"{ANSARI}, newborn limit carried over days 0 and 29-34"
CITILAB = "citilab"
RCPA = "RCPA-AACB, doi 10.1515/cclm-2017-1114"


class _Test(NamedTuple):
    name: str
    unit: str
    codes: tuple[str, ...]


POTASSIUM = _Test("potassium", "mmol/L", ("2823-3", "6298-4"))
SODIUM = _Test("sodium", "mmol/L", ("2951-2", "2947-0"))
GLUCOSE = _Test("glucose", "mg/dL", ("2345-7", "2339-0", "14749-6", "15074-8"))
CALCIUM = _Test("calcium", "mg/dL", ("17861-6", "49765-1", "2000-8"))
IONIZED_CALCIUM = _Test("ionized calcium", "mmol/L", ("1995-0", "1994-3"))
CARBON_DIOXIDE = _Test("carbon dioxide", "mmol/L", ("2028-9", "20565-8"))
MAGNESIUM = _Test("magnesium", "mg/dL", ("19123-9", "2601-3"))
CREATININE = _Test("creatinine", "mg/dL", ("2160-0", "38483-4", "14682-9"))
BILIRUBIN = _Test("bilirubin, total", "mg/dL", ("1975-2", "42719-5", "14631-6"))
HAEMOGLOBIN = _Test("haemoglobin", "g/dL", ("718-7",))
LEUCOCYTES = _Test("leucocytes", "10*3/uL", ("6690-2", "26464-8"))
PLATELETS = _Test("platelets", "10*3/uL", ("777-3", "26515-7"))
NEUTROPHILS = _Test("neutrophils, absolute", "10*3/uL", ("751-8", "26499-4"))
INR = _Test("INR", "{INR}", ("6301-6",))
APTT = _Test("aPTT", "s", ("14979-9",))
FIBRINOGEN = _Test("fibrinogen", "mg/dL", ("3255-7",))
TROPONIN_I = _Test("troponin I", "ng/mL", ("10839-9",))
LACTATE = _Test("lactate", "mmol/L", ("2524-7", "32693-4"))
ARTERIAL_PH = _Test("arterial pH", "[pH]", ("2744-1",))
ARTERIAL_PCO2 = _Test("arterial pCO2", "mm[Hg]", ("2019-8",))
ARTERIAL_PO2 = _Test("arterial pO2", "mm[Hg]", ("2703-7",))

_Ages = tuple[int | None, int | None]
ADULTS: _Ages = (ADULT, None)
ALL_AGES: _Ages = (None, None)


def _at(
    key: str,
    test: _Test,
    source: str,
    ages: _Ages,
    *,
    low: str | None = None,
    high: str | None = None,
) -> CriticalRule:
    """A row whose limits are critical themselves (<=, >=)."""
    return CriticalRule(
        key=key,
        test=test.name,
        codes=test.codes,
        unit=test.unit,
        source=source,
        low=None if low is None else Decimal(low),
        high=None if high is None else Decimal(high),
        min_age_hours=ages[0],
        max_age_hours=ages[1],
    )


def _beyond(
    key: str,
    test: _Test,
    source: str,
    ages: _Ages,
    *,
    low: str | None = None,
    high: str | None = None,
) -> CriticalRule:
    """A row whose limits are not yet critical (<, >)."""
    row = _at(key, test, source, ages, low=low, high=high)
    return replace(row, low_inclusive=False, high_inclusive=False)


STARTER_RULES: tuple[CriticalRule, ...] = (
    _at("potassium-adult", POTASSIUM, WAKEMED, ADULTS, low="2.5", high="6.5"),
    _beyond("potassium-child", POTASSIUM, IOWA, (0, ADULT), low="3.0", high="6.5"),
    _beyond("potassium-newborn", POTASSIUM, RCPA, (0, YEAR // 2), high="7.0"),
    _beyond("sodium", SODIUM, IOWA, ALL_AGES, low="120", high="160"),
    _beyond("glucose", GLUCOSE, IOWA, (MONTH, None), low="50", high="450"),
    _beyond("glucose-newborn", GLUCOSE, IOWA, (0, MONTH), low="40", high="300"),
    # "same" for the child, nothing for the newborn: the row begins where the newborn's month ends.
    _beyond("calcium", CALCIUM, IOWA, (MONTH, None), low="6.0", high="13.0"),
    _at("ionized-calcium-adult", IONIZED_CALCIUM, METHODIST, ADULTS, low="0.75", high="1.50"),
    _beyond("carbon-dioxide-adult", CARBON_DIOXIDE, IOWA, ADULTS, low="10", high="50"),
    _beyond("magnesium-adult", MAGNESIUM, IOWA, ADULTS, low="1.0", high="4.7"),
    _at("creatinine-adult", CREATININE, ANSARI, ADULTS, high="10"),
    _at("creatinine-12-to-15-years", CREATININE, ANSARI, (12 * YEAR, ADULT), high="3"),
    _at("creatinine-2-to-11-years", CREATININE, ANSARI, (2 * YEAR, 12 * YEAR), high="2.5"),
    _at("creatinine-infant", CREATININE, ANSARI, (35 * DAY, 2 * YEAR), high="2"),
    _at("creatinine-newborn", CREATININE, ANSARI, (DAY, 29 * DAY), high="1.5"),
    # The source leaves out the first day and days 29 to 34. The adult's 10 mg/dL would hide a
    # newborn's renal failure there, so the newborn's limit is carried over the gaps.
    _at("creatinine-first-weeks", CREATININE, ANSARI_CARRIED, (0, 35 * DAY), high="1.5"),
    _at("bilirubin-adult", BILIRUBIN, STARLING, ADULTS, high="10"),
    _beyond("bilirubin-first-day", BILIRUBIN, IOWA, (0, DAY), high="10"),
    _beyond("bilirubin-newborn", BILIRUBIN, IOWA, (DAY, 31 * DAY), high="13"),
    _at("haemoglobin-low-adult", HAEMOGLOBIN, METHODIST, ADULTS, low="7.0"),
    _at("haemoglobin-high-adult", HAEMOGLOBIN, ANSARI, ADULTS, high="20"),
    _at("leucocytes-adult", LEUCOCYTES, WAKEMED, ADULTS, low="1.0", high="50"),
    _at("platelets-adult", PLATELETS, STARLING, ADULTS, low="20", high="1000"),
    _at("neutrophils-adult", NEUTROPHILS, CITILAB, ADULTS, low="0.5"),
    _at("inr-adult", INR, WAKEMED, ADULTS, high="5.0"),
    _at("aptt-adult", APTT, WAKEMED, ADULTS, high="85"),
    _at("fibrinogen-adult", FIBRINOGEN, METHODIST, ADULTS, low="100"),
    _at("troponin-i-adult", TROPONIN_I, CITILAB, ADULTS, high="0.3"),
    _at("lactate-adult", LACTATE, METHODIST, ADULTS, high="3.5"),
    _at("arterial-ph-adult", ARTERIAL_PH, METHODIST, ADULTS, low="7.20", high="7.60"),
    _beyond("arterial-ph-newborn", ARTERIAL_PH, WAKEMED, (0, MONTH), low="7.20"),
    _at("arterial-pco2-adult", ARTERIAL_PCO2, METHODIST, ADULTS, low="20", high="60"),
    _beyond("arterial-pco2-newborn", ARTERIAL_PCO2, WAKEMED, (0, MONTH), low="30", high="60"),
    _at("arterial-po2-adult", ARTERIAL_PO2, METHODIST, ADULTS, low="50"),
    _beyond("arterial-po2-newborn", ARTERIAL_PO2, WAKEMED, (0, MONTH), low="40", high="90"),
)
