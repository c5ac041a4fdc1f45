"""Classes of drugs: whose members share reactions, and of which nobody gets two without a thought.

A starter set of ours, by name and by ATC code, for a hospital without a drug knowledge base.
Source of the codes and of who belongs where: WHO ATC index; what each cross-reaction rests on
stands beside it.
"""

from dataclasses import dataclass

from models.rules.drug_warnings import WarningSeverity


@dataclass(frozen=True, slots=True)
class DrugClass:
    """`words` name the class in an allergy list, `drugs` are its members (INN and USAN)."""

    name: str
    words: frozenset[str]
    drugs: frozenset[str]
    atc: tuple[str, ...]
    source: str


def _class(name: str, words: str, drugs: str, atc: str) -> DrugClass:
    source = f"WHO ATC index, {', '.join(atc.split())}; starter set"
    return DrugClass(
        name,
        frozenset(words.split("|")),
        frozenset(drugs.split()),
        tuple(atc.split()),
        source,
    )


CLASSES: tuple[DrugClass, ...] = (
    _class(
        "penicillins",
        "penicillin|penicillins|beta lactam|beta lactams",
        "penicillin benzylpenicillin phenoxymethylpenicillin amoxicillin ampicillin piperacillin"
        " ticarcillin oxacillin cloxacillin dicloxacillin flucloxacillin nafcillin pivmecillinam",
        "J01C",
    ),
    _class(
        "cephalosporins",
        "cephalosporin|cephalosporins|cefalosporin|cefalosporins|beta lactam|beta lactams",
        "cefalexin cephalexin cefazolin cefadroxil cefuroxime cefaclor cefoxitin ceftriaxone"
        " cefotaxime ceftazidime cefixime cefpodoxime cefdinir cefepime ceftaroline",
        "J01DB J01DC J01DD J01DE J01DI",
    ),
    _class(
        "carbapenems",
        "carbapenem|carbapenems|beta lactam|beta lactams",
        "imipenem meropenem ertapenem doripenem",
        "J01DH",
    ),
    _class(
        "sulfonamide antibiotics",
        "sulfa|sulpha|sulfonamide|sulfonamides|sulphonamide|sulphonamides|sulfa drugs",
        "sulfamethoxazole sulfadiazine sulfisoxazole sulfasalazine cotrimoxazole",
        "J01EB J01EC J01ED J01EE",
    ),
    _class(
        "macrolides",
        "macrolide|macrolides",
        "erythromycin clarithromycin azithromycin roxithromycin",
        "J01FA",
    ),
    _class(
        "fluoroquinolones",
        "quinolone|quinolones|fluoroquinolone|fluoroquinolones",
        "ciprofloxacin levofloxacin moxifloxacin ofloxacin norfloxacin",
        "J01MA",
    ),
    _class(
        "tetracyclines",
        "tetracycline|tetracyclines",
        "tetracycline doxycycline minocycline tigecycline",
        "J01A",
    ),
    _class(
        "aminoglycosides",
        "aminoglycoside|aminoglycosides",
        "gentamicin tobramycin amikacin streptomycin neomycin",
        "J01G",
    ),
    _class(
        "NSAIDs",
        "nsaid|nsaids|salicylate|salicylates|nonsteroidal anti inflammatory drugs",
        "aspirin ibuprofen naproxen diclofenac ketorolac indomethacin indometacin ketoprofen"
        " meloxicam piroxicam etodolac nabumetone celecoxib etoricoxib",
        "M01A N02BA",
    ),
    _class(
        "opioids",
        "opioid|opioids|opiate|opiates",
        "morphine codeine hydrocodone oxycodone hydromorphone fentanyl remifentanil sufentanil"
        " alfentanil pethidine tramadol tapentadol methadone buprenorphine",
        "N02A N01AH",
    ),
    _class(
        "ACE inhibitors",
        "ace inhibitor|ace inhibitors",
        "lisinopril enalapril ramipril captopril perindopril benazepril quinapril fosinopril",
        "C09A C09B",
    ),
    _class(
        "statins",
        "statin|statins",
        "simvastatin atorvastatin rosuvastatin pravastatin lovastatin fluvastatin pitavastatin",
        "C10AA",
    ),
    _class(
        "heparins",
        "heparin|heparins",
        "heparin enoxaparin dalteparin tinzaparin nadroparin",
        "B01AB",
    ),
    _class(
        "benzodiazepines",
        "benzodiazepine|benzodiazepines",
        "diazepam lorazepam midazolam clonazepam alprazolam temazepam oxazepam",
        "N05BA N05CD N03AE",
    ),
    _class(
        "aromatic anticonvulsants",
        "aromatic anticonvulsant|aromatic anticonvulsants",
        "carbamazepine oxcarbazepine phenytoin fosphenytoin phenobarbital lamotrigine",
        "N03AA N03AB N03AF N03AX09",
    ),
    _class(
        "amide local anaesthetics",
        "amide anaesthetic|amide anesthetic|amide local anaesthetics|amide local anesthetics",
        "lidocaine bupivacaine ropivacaine mepivacaine prilocaine articaine",
        "N01BB",
    ),
)

_OTHER_SULFONAMIDES = _class(
    "sulfonamides that are no antibiotics",
    "thiazide|thiazides|loop diuretic|loop diuretics",
    "furosemide bumetanide torasemide torsemide hydrochlorothiazide chlorthalidone chlortalidone"
    " indapamide metolazone acetazolamide celecoxib",
    "C03AA C03BA C03CA S01EC01 M01AH01",
)
_ANGIOTENSIN_BLOCKERS = _class(
    "angiotensin receptor blockers",
    "angiotensin receptor blocker|angiotensin receptor blockers|sartan|sartans",
    "losartan valsartan candesartan irbesartan telmisartan olmesartan azilsartan",
    "C09C C09DA C09DB",
)
CLASSES = (*CLASSES, _OTHER_SULFONAMIDES, _ANGIOTENSIN_BLOCKERS)

NO_DUPLICATION = frozenset({_OTHER_SULFONAMIDES.name})
"""Classes by chemistry, whose members are given for different ends: two of them are no doubling."""


@dataclass(frozen=True, slots=True)
class CrossReaction:
    """Two classes that share reactions, in both directions, and who says so."""

    one: str
    other: str
    severity: WarningSeverity
    source: str


CROSS: tuple[CrossReaction, ...] = (
    CrossReaction(
        "penicillins",
        "cephalosporins",
        WarningSeverity.MODERATE,
        "FDA label of cephalexin, 5: cross-hypersensitivity among beta-lactam antibacterials",
    ),
    CrossReaction(
        "penicillins",
        "carbapenems",
        WarningSeverity.MODERATE,
        "FDA label of meropenem, 5: reactions in people allergic to other beta-lactams",
    ),
    CrossReaction(
        "cephalosporins",
        "carbapenems",
        WarningSeverity.MODERATE,
        "FDA label of meropenem, 5: reactions in people allergic to other beta-lactams",
    ),
    CrossReaction(
        "sulfonamide antibiotics",
        _OTHER_SULFONAMIDES.name,
        WarningSeverity.LOW,
        "FDA labels of hydrochlorothiazide and of celecoxib, contraindications: allergy to"
        " sulfonamides",
    ),
    CrossReaction(
        "ACE inhibitors",
        _ANGIOTENSIN_BLOCKERS.name,
        WarningSeverity.LOW,
        "FDA label of valsartan, 6: angioedema, also in people who had it from ACE inhibitors",
    ),
)
