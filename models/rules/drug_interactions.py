"""Two drugs that should not run together without a thought: well-known severe pairs.

A starter set of ours, each row with the public label or boxed warning that says so. It warns, and
never says that two drugs go together: what is not in it is not known here. HIGH: the label forbids
or boxes it, or tells of deaths; MODERATE: it asks for another dose or for watching.

Codes are ATC (WHO). Section numbers are those of the label's format (4 contraindications, 5
warnings and precautions, 7 drug interactions); older labels have headings alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from models.rules.drug_warnings import DrugWarning, WarningKind, WarningSeverity
from models.rules.drugs import Substance, coded, names

HIGH, MODERATE = WarningSeverity.HIGH, WarningSeverity.MODERATE


@dataclass(frozen=True, slots=True)
class Agents:
    """One side of a pair: a drug, or drugs that do the same. `drugs` are names as `drugs.names`
    finds them in a text, `atc` codes or groups of codes."""

    name: str
    drugs: frozenset[str]
    atc: tuple[str, ...]

    def hold(self, drug: Substance) -> bool:
        return bool(self.drugs & names(drug.name)) or coded(drug, self.atc)


def _agents(name: str, drugs: str, atc: str) -> Agents:
    return Agents(name, frozenset(drugs.split("|")), tuple(atc.split()))


def _drug(name: str, atc: str) -> Agents:
    return _agents(name, name, atc)


_WARFARIN = _drug("warfarin", "B01AA03")
_ASPIRIN = _drug("aspirin", "B01AC06 N02BA01 M01BA03")
_NSAIDS = _agents(
    "NSAIDs",
    "ibuprofen|naproxen|diclofenac|ketorolac|indometacin|ketoprofen|meloxicam|piroxicam|etodolac"
    "|nabumetone|celecoxib|etoricoxib|sulindac|oxaprozin",
    "M01AB M01AC M01AE M01AH",
)
_DIRECT_ANTICOAGULANTS = _agents(
    "direct oral anticoagulants",
    "apixaban|rivaroxaban|edoxaban|dabigatran|dabigatran etexilate",
    "B01AF B01AE07",
)
_HEPARIN = _drug("heparin", "B01AB01")
_LOW_MOLECULAR = _agents(
    "low molecular weight heparins",
    "enoxaparin|dalteparin|tinzaparin|nadroparin",
    "B01AB04 B01AB05 B01AB06 B01AB10",
)
_METHOTREXATE = _drug("methotrexate", "L01BA01 L04AX03")
_TRIMETHOPRIM = _agents("trimethoprim", "trimethoprim|cotrimoxazole", "J01EA01 J01EE01")
_CYP3A4 = _agents(
    "strong inhibitors of CYP3A4",
    "clarithromycin|itraconazole|ketoconazole|posaconazole|voriconazole|ritonavir|cobicistat"
    "|nefazodone",
    "J01FA09 J02AC02 J02AB02 J02AC04 J02AC03 J05AE03 V03AX03 N06AX06",
)
_ERYTHROMYCIN = _drug("erythromycin", "J01FA01")
_SIMVASTATIN = _drug("simvastatin", "C10AA01")
_LOVASTATIN = _drug("lovastatin", "C10AA02")
_NITRATES = _agents(
    "nitrates",
    "nitroglycerin|glyceryl trinitrate|isosorbide dinitrate|isosorbide mononitrate",
    "C01DA02 C01DA08 C01DA14",
)
_PDE5 = _agents(
    "PDE5 inhibitors", "sildenafil|tadalafil|vardenafil|avanafil", "G04BE03 G04BE08 G04BE09 G04BE10"
)
_RIOCIGUAT = _drug("riociguat", "C02KX05")
_MAOI = _agents(
    "monoamine oxidase inhibitors",
    "phenelzine|tranylcypromine|isocarboxazid|selegiline",
    "N06AF N04BD01",
)
_MAO_A = _agents(
    "inhibitors of monoamine oxidase A", "phenelzine|tranylcypromine|isocarboxazid", "N06AF"
)
_TRIPTANS_BY_MAO = _agents(
    "sumatriptan, zolmitriptan and rizatriptan",
    "sumatriptan|zolmitriptan|rizatriptan",
    "N02CC01 N02CC03 N02CC04",
)
_LINEZOLID = _drug("linezolid", "J01XX08")
_METHYLENE_BLUE = _agents("methylene blue", "methylene blue|methylthioninium", "V03AB17")
_SEROTONERGIC = _agents(
    "SSRIs and SNRIs",
    "fluoxetine|sertraline|citalopram|escitalopram|paroxetine|fluvoxamine|venlafaxine"
    "|desvenlafaxine|duloxetine",
    "N06AB N06AX16 N06AX21 N06AX23",
)
_PETHIDINE = _drug("pethidine", "N02AB02")
_TRAMADOL = _drug("tramadol", "N02AX02")
_OPIOIDS = _agents(
    "opioids",
    "morphine|codeine|hydrocodone|oxycodone|hydromorphone|fentanyl|pethidine|tramadol|tapentadol"
    "|methadone|buprenorphine|oxymorphone",
    "N02A N01AH R05DA04 N07BC01 N07BC02",
)
_BENZODIAZEPINES = _agents(
    "benzodiazepines",
    "diazepam|lorazepam|midazolam|clonazepam|alprazolam|temazepam|oxazepam|chlordiazepoxide",
    "N05BA N05CD N03AE01",
)
_CLOPIDOGREL = _drug("clopidogrel", "B01AC04")
_OMEPRAZOLE = _agents("omeprazole and esomeprazole", "omeprazole|esomeprazole", "A02BC01 A02BC05")
_DIGOXIN = _drug("digoxin", "C01AA05")
_AMIODARONE = _drug("amiodarone", "C01BD01")
_QUINIDINE = _drug("quinidine", "C01BA01")
_VERAPAMIL = _drug("verapamil", "C08DA01")
_BETA_BLOCKERS = _agents(
    "beta blockers",
    "metoprolol|propranolol|atenolol|bisoprolol|carvedilol|labetalol|nadolol|sotalol",
    "C07A",
)
_LITHIUM = _drug("lithium", "N05AN01")
_ACE_INHIBITORS = _agents(
    "ACE inhibitors",
    "lisinopril|enalapril|ramipril|captopril|perindopril|benazepril|quinapril|fosinopril"
    "|trandolapril|moexipril",
    "C09A C09B",
)
_THIAZIDES = _agents(
    "thiazides", "hydrochlorothiazide|chlortalidone|chlorthalidone|indapamide", "C03AA C03BA"
)
_POTASSIUM_SPARING = _agents(
    "potassium-sparing diuretics",
    "spironolactone|eplerenone|amiloride|triamterene",
    "C03DA01 C03DA04 C03DB01 C03DB02",
)
_POTASSIUM = _agents("potassium", "potassium chloride|potassium", "A12BA B05XA01")
_SACUBITRIL = _agents("sacubitril", "sacubitril", "C09DX04")
_COLCHICINE = _drug("colchicine", "M04AC01")
_CICLOSPORIN = _agents("ciclosporin", "ciclosporin|cyclosporine|cyclosporin", "L04AD01")
_AZATHIOPRINE = _agents(
    "azathioprine and mercaptopurine", "azathioprine|mercaptopurine", "L04AX01 L01BB02"
)
_ALLOPURINOL = _drug("allopurinol", "M04AA01")
_FEBUXOSTAT = _drug("febuxostat", "M04AA03")
_TIZANIDINE = _drug("tizanidine", "M03BX02")
_CIPROFLOXACIN = _drug("ciprofloxacin", "J01MA02")
_FLUVOXAMINE = _drug("fluvoxamine", "N06AB08")
_THEOPHYLLINE = _agents("theophylline", "theophylline|aminophylline", "R03DA04 R03DA05")
_ONDANSETRON = _drug("ondansetron", "A04AA01")
_CITALOPRAM = _drug("citalopram", "N06AB04")
_QT = _agents(
    "drugs that prolong QT",
    "haloperidol|droperidol|amiodarone|sotalol|methadone|quinidine|procainamide|chlorpromazine"
    "|thioridazine|moxifloxacin|pentamidine|dofetilide",
    "N05AD01 N05AD08 C01BD01 C07AA07 N07BC02 C01BA01 C01BA02 N05AA01 N05AC02 J01MA14 P01CX01"
    " C01BD04",
)
_VALPROATE = _agents("valproate", "valproate|valproic acid|divalproex|valproic", "N03AG01")
_CARBAPENEMS = _agents("carbapenems", "imipenem|meropenem|ertapenem|doripenem", "J01DH")
_KETOROLAC = _drug("ketorolac", "M01AB15")
_OTHER_NSAIDS = _agents(
    "aspirin and other NSAIDs",
    "aspirin|ibuprofen|naproxen|diclofenac|indometacin|ketoprofen|meloxicam|piroxicam|etodolac"
    "|nabumetone|celecoxib",
    "B01AC06 N02BA01 M01AE M01AC M01AH M01AB01 M01AB05 M01AB08",
)
_PROBENECID = _drug("probenecid", "M04AB01")
_DOFETILIDE = _drug("dofetilide", "C01BD04")
_DOFETILIDE_FOES = _agents(
    "drugs that raise dofetilide",
    "cimetidine|verapamil|ketoconazole|trimethoprim|cotrimoxazole|hydrochlorothiazide"
    "|prochlorperazine|megestrol|dolutegravir",
    "A02BA01 C08DA01 J02AB02 J01EA01 J01EE01 C03AA03 N05AB04 L02AB01 J05AJ03",
)
_ERGOTS = _agents(
    "ergot alkaloids", "ergotamine|dihydroergotamine", "N02CA02 N02CA01 N02CA52 N02CA72"
)
_TRIPTANS = _agents(
    "triptans", "sumatriptan|rizatriptan|zolmitriptan|eletriptan|naratriptan|almotriptan", "N02CC"
)
_AZOLES_AND_CO = _agents(
    "inhibitors of CYP2C9",
    "fluconazole|voriconazole|miconazole|metronidazole|amiodarone|cotrimoxazole",
    "J02AC01 J02AC03 J01XD01 P01AB01 C01BD01 J01EE01",
)


@dataclass(frozen=True, slots=True)
class Interaction:
    """A pair, in either order. `effect` is what happens, in words that follow the two names."""

    one: Agents
    other: Agents
    severity: WarningSeverity
    effect: str
    source: str


_Row = tuple[Agents, Agents, WarningSeverity, str, str]
_ROWS: tuple[_Row, ...] = (
    (_WARFARIN, _ASPIRIN, HIGH, "bleeding", "FDA label of warfarin, 7: antiplatelet agents"),
    (_WARFARIN, _NSAIDS, HIGH, "bleeding", "FDA label of warfarin, 7: NSAIDs"),
    (_WARFARIN, _AZOLES_AND_CO, HIGH, "INR rises", "FDA label of warfarin, 7: CYP2C9 inhibitors"),
    (_WARFARIN, _DIRECT_ANTICOAGULANTS, HIGH, "bleeding",
     "FDA label of warfarin, 7: anticoagulants"),
    (_DIRECT_ANTICOAGULANTS, _NSAIDS, MODERATE, "bleeding", "FDA label of apixaban, 7: NSAIDs"),
    (_DIRECT_ANTICOAGULANTS, _ASPIRIN, MODERATE, "bleeding", "FDA label of apixaban, 7: aspirin"),
    (_HEPARIN, _ASPIRIN, MODERATE, "bleeding", "FDA label of heparin, 7: platelet inhibitors"),
    (_HEPARIN, _CLOPIDOGREL, MODERATE, "bleeding", "FDA label of heparin, 7: platelet inhibitors"),
    (_HEPARIN, _NSAIDS, MODERATE, "bleeding", "FDA label of heparin, 7: platelet inhibitors"),
    (_HEPARIN, _WARFARIN, MODERATE, "bleeding; INR reads too high for hours after a dose",
     "FDA label of heparin, 7: oral anticoagulants"),
    (_HEPARIN, _DIRECT_ANTICOAGULANTS, HIGH, "bleeding",
     "FDA label of apixaban, 7: anticoagulants"),
    (_LOW_MOLECULAR, _ASPIRIN, HIGH, "bleeding, spinal haematoma",
     "FDA label of enoxaparin, boxed warning and 7: platelet inhibitors"),
    (_LOW_MOLECULAR, _CLOPIDOGREL, HIGH, "bleeding, spinal haematoma",
     "FDA label of enoxaparin, boxed warning and 7: platelet inhibitors"),
    (_LOW_MOLECULAR, _NSAIDS, HIGH, "bleeding, spinal haematoma",
     "FDA label of enoxaparin, boxed warning and 7: NSAIDs"),
    (_LOW_MOLECULAR, _WARFARIN, HIGH, "bleeding, spinal haematoma",
     "FDA label of enoxaparin, boxed warning and 7: anticoagulants"),
    (_LOW_MOLECULAR, _DIRECT_ANTICOAGULANTS, HIGH, "bleeding, spinal haematoma",
     "FDA label of enoxaparin, boxed warning and 7: anticoagulants"),
    (_METHOTREXATE, _TRIMETHOPRIM, HIGH, "bone marrow suppression",
     "FDA label of methotrexate, drug interactions: trimethoprim/sulfamethoxazole"),
    (_METHOTREXATE, _NSAIDS, HIGH, "methotrexate stays; marrow and gut toxicity",
     "FDA label of methotrexate, boxed warning (injection): NSAIDs"),
    (_SIMVASTATIN, _CYP3A4, HIGH, "rhabdomyolysis", "FDA label of simvastatin, 4"),
    (_SIMVASTATIN, _ERYTHROMYCIN, HIGH, "rhabdomyolysis", "FDA label of simvastatin, 4"),
    (_SIMVASTATIN, _CICLOSPORIN, HIGH, "rhabdomyolysis", "FDA label of simvastatin, 4"),
    (_SIMVASTATIN, _drug("gemfibrozil", "C10AB04"), HIGH, "rhabdomyolysis",
     "FDA label of simvastatin, 4"),
    (_SIMVASTATIN, _AMIODARONE, MODERATE, "myopathy: simvastatin at most 20 mg a day",
     "FDA label of simvastatin, 2"),
    (_LOVASTATIN, _CYP3A4, HIGH, "rhabdomyolysis", "FDA label of lovastatin, contraindications"),
    (_LOVASTATIN, _ERYTHROMYCIN, HIGH, "rhabdomyolysis",
     "FDA label of lovastatin, contraindications"),
    (_PDE5, _NITRATES, HIGH, "blood pressure falls", "FDA label of sildenafil, 4: nitrates"),
    (_PDE5, _RIOCIGUAT, HIGH, "blood pressure falls", "FDA label of riociguat, 4: PDE inhibitors"),
    (_RIOCIGUAT, _NITRATES, HIGH, "blood pressure falls", "FDA label of riociguat, 4: nitrates"),
    (_MAOI, _SEROTONERGIC, HIGH, "serotonin syndrome", "FDA label of fluoxetine, 4: MAOIs"),
    (_LINEZOLID, _SEROTONERGIC, HIGH, "serotonin syndrome",
     "FDA label of fluoxetine, 4: MAOIs such as linezolid"),
    (_METHYLENE_BLUE, _SEROTONERGIC, HIGH, "serotonin syndrome",
     "FDA label of fluoxetine, 4: MAOIs such as intravenous methylene blue"),
    (_MAOI, _PETHIDINE, HIGH, "serotonin syndrome, coma", "FDA label of meperidine, 4: MAOIs"),
    (_MAOI, _TRAMADOL, HIGH, "serotonin syndrome, seizures", "FDA label of tramadol, 4: MAOIs"),
    (_MAO_A, _TRIPTANS_BY_MAO, HIGH, "triptan stays, vasospasm",
     "FDA label of sumatriptan, 4: MAO-A"),
    (_TRAMADOL, _SEROTONERGIC, MODERATE, "serotonin syndrome, seizures",
     "FDA label of tramadol, 5: serotonin syndrome"),
    (_OPIOIDS, _BENZODIAZEPINES, HIGH, "sedation, respiratory depression, death",
     "FDA boxed warning of opioids and of benzodiazepines (2016)"),
    (_CLOPIDOGREL, _OMEPRAZOLE, MODERATE, "clopidogrel does not work",
     "FDA label of clopidogrel, 7: omeprazole or esomeprazole"),
    (_DIGOXIN, _AMIODARONE, HIGH, "digoxin rises", "FDA label of digoxin, 7: amiodarone"),
    (_DIGOXIN, _QUINIDINE, HIGH, "digoxin rises", "FDA label of digoxin, 7: quinidine"),
    (_DIGOXIN, _VERAPAMIL, MODERATE, "digoxin rises", "FDA label of digoxin, 7: verapamil"),
    (_VERAPAMIL, _BETA_BLOCKERS, HIGH, "bradycardia, heart block, heart failure",
     "FDA label of verapamil, drug interactions: beta-blockers"),
    (_LITHIUM, _NSAIDS, HIGH, "lithium rises", "FDA label of lithium, 7: NSAIDs"),
    (_LITHIUM, _ACE_INHIBITORS, HIGH, "lithium rises", "FDA label of lithium, 7: ACE inhibitors"),
    (_LITHIUM, _THIAZIDES, HIGH, "lithium rises", "FDA label of lithium, 7: diuretics"),
    (_ACE_INHIBITORS, _POTASSIUM_SPARING, MODERATE, "potassium rises",
     "FDA label of spironolactone, 7: drugs that increase potassium"),
    (_ACE_INHIBITORS, _POTASSIUM, MODERATE, "potassium rises",
     "FDA label of potassium chloride, 7: inhibitors of the renin-angiotensin system"),
    (_POTASSIUM_SPARING, _POTASSIUM, HIGH, "potassium rises",
     "FDA label of spironolactone, 7: potassium supplementation"),
    (_SACUBITRIL, _ACE_INHIBITORS, HIGH, "angioedema", "FDA label of sacubitril/valsartan, 4"),
    (_COLCHICINE, _CYP3A4, HIGH, "colchicine toxicity, deaths",
     "FDA label of colchicine, 7: strong CYP3A4 inhibitors"),
    (_COLCHICINE, _CICLOSPORIN, HIGH, "colchicine toxicity, deaths",
     "FDA label of colchicine, 7: P-gp inhibitors"),
    (_AZATHIOPRINE, _ALLOPURINOL, HIGH, "bone marrow suppression",
     "FDA label of azathioprine, drug interactions: allopurinol"),
    (_AZATHIOPRINE, _FEBUXOSTAT, HIGH, "bone marrow suppression", "FDA label of febuxostat, 4"),
    (_TIZANIDINE, _CIPROFLOXACIN, HIGH, "blood pressure falls, sedation",
     "FDA label of tizanidine, 4"),
    (_TIZANIDINE, _FLUVOXAMINE, HIGH, "blood pressure falls, sedation",
     "FDA label of tizanidine, 4"),
    (_THEOPHYLLINE, _CIPROFLOXACIN, HIGH, "theophylline rises: seizures, deaths",
     "FDA label of ciprofloxacin, 5: theophylline"),
    (_ONDANSETRON, _QT, MODERATE, "QT prolongation", "FDA label of ondansetron, 5: QT"),
    (_CITALOPRAM, _QT, HIGH, "QT prolongation", "FDA label of citalopram, 5: QT"),
    (_VALPROATE, _CARBAPENEMS, HIGH, "valproate falls: seizures",
     "FDA label of meropenem, 7: valproic acid"),
    (_KETOROLAC, _OTHER_NSAIDS, HIGH, "gut and kidney toxicity, bleeding",
     "FDA label of ketorolac, contraindications: aspirin or NSAIDs"),
    (_KETOROLAC, _PROBENECID, HIGH, "ketorolac rises",
     "FDA label of ketorolac, contraindications: probenecid"),
    (_DOFETILIDE, _DOFETILIDE_FOES, HIGH, "torsade de pointes",
     "FDA label of dofetilide, contraindications"),
    (_ERGOTS, _CYP3A4, HIGH, "ischaemia of limbs and brain",
     "FDA label of ergotamine, boxed warning: CYP3A4 inhibitors"),
    (_ERGOTS, _TRIPTANS, HIGH, "vasospasm", "FDA label of sumatriptan, 4: ergotamine"),
)  # fmt: skip

INTERACTIONS: tuple[Interaction, ...] = tuple(Interaction(*row) for row in _ROWS)
_WORST = tuple(WarningSeverity)


def interaction(drug: Substance, running: Substance) -> DrugWarning | None:
    """The worst that is known of the two together, in whichever order; None: nothing is."""
    found = [
        each
        for each in INTERACTIONS
        if (each.one.hold(drug) and each.other.hold(running))
        or (each.other.hold(drug) and each.one.hold(running))
    ]
    if not found:
        return None
    worst = min(found, key=lambda each: _WORST.index(each.severity))
    return DrugWarning(
        WarningKind.INTERACTION,
        worst.severity,
        f"{worst.one.name} with {worst.other.name}: {worst.effect}",
        worst.source,
    )
