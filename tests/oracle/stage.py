"""The stage: what has to be there before a mutation can be called, put there through the API.

Every call has a patient, a bed and rows of its own, so that roles do not find each other's traces.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from graphql import get_named_type

import models
from models.rules.roles import Role
from resolvers import hospitals, passwords
from resolvers.reading.documents import GraphQLRequest
from tests.oracle.answers import read
from tests.oracle.execution import SCHEMA
from tests.oracle.hospitals import House

REASON = "found unconscious in the lift"
AT = "2026-01-02T03:04:05Z"
KNOWN = "a long enough one"
PLAIN = {"DateTime": AT, "Date": "2026-01-02", "Decimal": "1", "Int": 1}
"""A value of each scalar that is no text."""


@dataclass
class Stage:
    """Prepares; `role` is who will call the mutation, on the ward of the stage."""

    house: House
    role: Role
    ward: str = "MED1"
    made: list[str] = field(default_factory=list)

    async def bed(self) -> str:
        """A free bed."""
        hospital = self.house.hospital
        async with hospital.pool.acquire() as connection:
            made = await hospitals.create_bed(
                connection, hospital.id, hospital.wards[self.ward], f"Z{models.new_id().hex}"
            )
        return hospital.public(models.Bed, made)

    async def do(
        self, name: str, given: dict[str, Any], wanted: str, who: Role | None = None
    ) -> Any:
        """Call a mutation, by default as the administrator; what it answers."""
        actor = self.house.actors[list(Role).index(who or Role.ADMIN)]
        kind = f"{name[0].upper()}{name[1:]}Input"
        text = f"mutation ($i: {kind}!) {{ {name}(input: $i) {wanted} }}"
        raw = await self.house.hospital.engine.execute(
            GraphQLRequest(text, None, {"i": given}), actor
        )
        body = read(raw)
        assert "errors" not in body, body
        return body["data"][name]

    async def user(self) -> str:
        """Somebody of whom nobody else asks."""
        made = await self.house.hospital.user(Role.NURSE, wards=[self.ward])
        assert made.user_id is not None
        return self.house.hospital.public(models.User, made.user_id)

    async def patient(self) -> str:
        return str((await self.newcomer())["id"])

    async def newcomer(self) -> dict[str, Any]:
        """A patient in no bed."""
        given = {"mrn": models.new_id().hex, "givenName": "New", "familyName": "Person"}
        given |= {"sex": "FEMALE", "birthDate": "1950-05-01", "nationalId": "N 1", "phone": "+49 1"}
        # Written by who will call, if they may: an integrator sees what it wrote.
        who = self.role if self.role in (Role.CLERK, Role.INTEGRATOR) else None
        answer = await self.do("registerPatient", given, "{ patient { id mrn birthDate } }", who)
        found: dict[str, Any] = answer["patient"]
        return found

    async def admitted(self) -> tuple[str, str]:
        """A patient in a bed, and the admission."""
        patient = await self.patient()
        given = {"patientId": patient, "bedId": await self.bed(), "reason": "unwell"}
        answer = await self.do("admitPatient", given, "{ admission { id } }")
        return patient, str(answer["admission"]["id"])

    async def critical(self) -> str:
        patient, _ = await self.admitted()
        given = {"results": [self.potassium(patient)]}
        wanted = "{ outcomes { labResult { criticalResult { id } } } }"
        answer = await self.do("recordLabResults", given, wanted)
        return str(answer["outcomes"][0]["labResult"]["criticalResult"]["id"])

    def potassium(self, patient: str) -> dict[str, Any]:
        """A result that is critical."""
        now = self.house.held.at.isoformat()
        return {"patientId": patient, "code": "2823-3", "value": "7.4", "unit": "mmol/L"} | {
            "observedAt": now
        }

    def rule(self) -> dict[str, Any]:
        """A rule for a test that no other speaks of: each is for a specimen of its own."""
        return {"test": "ferritin", "codes": ["2276-4"], "unit": "ug/L", "source": "ours"} | {
            "specimen": models.new_id().hex,
            "high": "1000",
            "highComparator": ">=",
        }

    async def vitals(self) -> str:
        """A set that somebody may take back: an integrator those of its own."""
        patient, _ = await self.admitted()
        given = {"patientId": patient, "recordedAt": AT, "heartRate": 80}
        who = self.role if self.role is Role.INTEGRATOR else None
        answer = await self.do("recordVitals", given, "{ vitals { id } }", who)
        return str(answer["vitals"]["id"])

    async def pregnancy(self) -> str:
        patient, _ = await self.admitted()
        answer = await self.do("recordPregnancy", {"patientId": patient}, "{ pregnancy { id } }")
        return str(answer["pregnancy"]["id"])

    async def isolation(self) -> str:
        patient, _ = await self.admitted()
        given = {"patientId": patient, "kind": "CONTACT", "reason": "MRSA"}
        answer = await self.do("setIsolation", given, "{ isolation { id } }")
        return str(answer["isolation"]["id"])

    async def medication(self, *, draft: bool = False, often: str | None = "BID") -> str:
        patient, _ = await self.admitted()
        given = {"patientId": patient, "drug": "metoprolol", "dose": "5", "doseUnit": "mg"}
        given |= {"frequency": often, "route": "oral", "draft": draft}
        answer = await self.do("orderMedication", given, "{ medication { id } }")
        return str(answer["medication"]["id"])

    async def administration(self) -> str:
        given = {"medicationId": await self.medication(often=None), "status": "GIVEN"}
        answer = await self.do("recordAdministration", given, "{ administration { id } }")
        return str(answer["administration"]["id"])

    async def allergy(self) -> str:
        """An allergy, written by who will call where they see nothing else."""
        patient, _ = await self.admitted()
        given = {"patientId": patient, "substance": "latex", "criticality": "LOW"}
        who = self.role if self.role is Role.INTEGRATOR else None
        answer = await self.do("recordAllergy", given, "{ allergy { id } }", who)
        return str(answer["allergy"]["id"])

    def chain(self) -> dict[str, Any]:
        """An escalation chain of the ward's own."""
        steps = {0: "WARD_NURSE_AND_ORDERING_CLINICIAN", 3: "ON_CALL_DOCTOR", 45: "REPORT"}
        return {"urgency": "CRITICAL", "ward": self.ward} | {
            "steps": [
                {"afterMinutes": minutes, "audience": audience}
                for minutes, audience in steps.items()
            ]
        }

    async def member(self) -> str:
        """A doctor's place on a care team."""
        patient, _ = await self.admitted()
        doctor = self.house.actors[list(Role).index(Role.DOCTOR)]
        given = {"patientId": patient, "role": "CONSULTANT", "username": doctor.username}
        wanted = "{ careTeamMember { id } }"
        answer = await self.do("assignCareTeamMember", given, wanted)
        return str(answer["careTeamMember"]["id"])

    async def access(self, who: Role) -> str:
        patient = await self.patient()
        given = {"patientId": patient, "reason": REASON}
        answer = await self.do("breakGlass", given, "{ emergencyAccess { id } }", who)
        # Tries are counted: this is no test of that.
        await self.house.hospital.pool.execute("DELETE FROM emergency_access_attempts")
        return str(answer["emergencyAccess"]["id"])

    async def input(self, mutation: str) -> dict[str, Any]:  # noqa: C901, PLR0912 (one for each)
        """An input with which the mutation is done."""
        match mutation:
            case "signIn":
                actor = self.house.actors[list(Role).index(self.role)]
                await self.house.hospital.pool.execute(
                    "UPDATE users SET password_hash = $2 WHERE id = $1",
                    actor.user_id,
                    await known(),
                )
                return {"username": actor.username, "password": KNOWN}
            case "signOut":
                return {}
            case "changePassword":
                actor = self.house.actors[list(Role).index(self.role)]
                await self.house.hospital.pool.execute(
                    "UPDATE users SET password_hash = $2 WHERE id = $1",
                    actor.user_id,
                    await known(),
                )
                return {"currentPassword": KNOWN, "newPassword": "quite another one"}
            case "createUser":
                return {"username": models.new_id().hex, "displayName": "New"} | {
                    "password": KNOWN,
                    "roles": ["NURSE", "CLERK"],
                    "wards": [self.ward],
                }
            case "changeUser":
                given = {"userId": await self.user(), "displayName": "Other"}
                return given | {"roles": ["LAB"], "wards": [self.ward, "ICU"]}
            case "disableUser" | "enableUser":
                user = await self.user()
                if mutation == "enableUser":
                    await self.do("disableUser", {"userId": user}, "{ user { id } }")
                return {"userId": user}
            case "setUserPassword":
                return {"userId": await self.user(), "password": KNOWN}
            case "addWard":
                return {"code": models.new_id().hex, "name": "New"}
            case "changeWard" | "retireWard" | "addBed":
                new = {"code": models.new_id().hex, "name": "New"}
                ward = (await self.do("addWard", new, "{ ward { id } }"))["ward"]["id"]
                more = {"changeWard": {"name": "Other"}, "addBed": {"code": "1"}}
                return {"wardId": ward} | more.get(mutation, {"reason": "moved"})
            case "changeBed":
                return {"bedId": await self.bed(), "code": models.new_id().hex}
            case "retireBed":
                return {"bedId": await self.bed(), "reason": "sold"}
            case "registerPatient":
                return {"mrn": models.new_id().hex, "givenName": "A", "familyName": "B"} | {
                    "sex": "OTHER"
                }
            case "recordAllergy":
                patient, _ = await self.admitted()
                return {"patientId": patient, "substance": "latex", "criticality": "LOW"}
            case "recordVitals":
                patient, _ = await self.admitted()
                return {"patientId": patient, "recordedAt": AT, "heartRate": 80}
            case "markVitalsEnteredInError":
                return {"vitalsId": await self.vitals(), "reason": "of the next bed"}
            case "setSpo2Scale":
                patient, _ = await self.admitted()
                return {"patientId": patient, "scale": "SCALE_2", "reason": "hypercapnia"}
            case "recordPregnancy":
                patient, _ = await self.admitted()
                return {"patientId": patient}
            case "endPregnancy":
                return {"pregnancyId": await self.pregnancy()}
            case "recordLabResults":
                patient, _ = await self.admitted()
                unknown = {**self.potassium(patient), "patientId": "nobody"}
                return {"results": [self.potassium(patient), unknown]}
            case "acknowledgeCriticalResult":
                return {"criticalResultId": await self.critical(), "readBack": "7.4"}
            case "addCriticalRule":
                return {"key": f"k-{models.new_id().hex}", "rule": self.rule()}
            case "changeCriticalRule" | "retireCriticalRule":
                key = f"k-{models.new_id().hex}"
                made = {"key": key, "rule": self.rule()}
                await self.do("addCriticalRule", made, "{ __typename }")
                given = {"key": key, "version": 1, "reason": "another device"}
                return given | ({"rule": self.rule()} if mutation[0] == "c" else {})
            case "dryRunCriticalRule":
                await self.critical()
                given = {"codes": ["2823-3"], "unit": "mmol/L", "high": "7", "specimen": None}
                return {"rule": self.rule() | given | {"ward": self.ward}, "days": 365}
            case "setEscalationChain":
                return self.chain()
            case "resetEscalationChain":
                wanted = "{ escalationChain { version } }"
                await self.do("setEscalationChain", self.chain(), wanted)
                return {"urgency": "CRITICAL", "ward": self.ward}
            case "findArrivingPatient":
                newcomer = await self.newcomer()
                return {name: newcomer[name] for name in ("mrn", "birthDate")}
            case "admitPatient":
                return {"patientId": await self.patient(), "bedId": await self.bed()} | {
                    "reason": "unwell"
                }
            case "transferPatient":
                _, admission = await self.admitted()
                return {"admissionId": admission, "bedId": await self.bed()}
            case "dischargePatient":
                _, admission = await self.admitted()
                return {"admissionId": admission}
            case "reserveBed":
                return {"bedId": await self.bed(), "patientId": await self.patient()}
            case "setBedStatus":
                return {"bedId": await self.bed(), "status": "CLOSED", "reason": "broken"}
            case "releaseReservation":
                given = {"bedId": await self.bed(), "patientId": await self.patient()}
                await self.do("reserveBed", given, "{ bed { id } }")
                return {"bedId": given["bedId"]}
            case "equipBed":
                return {"bedId": await self.bed(), "isolationFor": ["AIRBORNE", "CONTACT"]}
            case "swapBeds":
                (_, one), (_, other) = await self.admitted(), await self.admitted()
                return {"admissionId": one, "otherAdmissionId": other}
            case "startLeave" | "endLeave":
                _, admission = await self.admitted()
                if mutation == "endLeave":
                    given = {"admissionId": admission, "until": "2101-01-01T00:00:00Z"}
                    await self.do("startLeave", given, "{ admission { id } }")
                return {"admissionId": admission}
            case "cancelAdmission" | "cancelTransfer" | "cancelDischarge":
                _, admission = await self.admitted()
                given = {"admissionId": admission}
                if mutation == "cancelTransfer":
                    given["bedId"] = await self.bed()
                if mutation != "cancelAdmission":
                    done = mutation.replace("cancel", "").lower()
                    await self.do(f"{done}Patient", given, "{ admission { id } }")
                return {"admissionId": admission, "reason": "the wrong patient"}
            case "setIsolation":
                patient, _ = await self.admitted()
                return {"patientId": patient, "kind": "DROPLET", "reason": "influenza"}
            case "endIsolation":
                return {"isolationId": await self.isolation()}
            case "orderMedication":
                patient, _ = await self.admitted()
                return {"patientId": patient, "drug": "metoprolol", "dose": "5", "doseUnit": "mg"}
            case "markAllergyEnteredInError":
                return {"allergyId": await self.allergy(), "reason": "the sister's"}
            case "startMedication":
                return {"medicationId": await self.medication(draft=True)}
            case "resumeMedication":
                medication = await self.medication()
                held = {"medicationId": medication, "reason": "nausea"}
                await self.do("holdMedication", held, "{ medication { id } }")
                return {"medicationId": medication}
            case "completeMedication":
                return {"medicationId": await self.medication()}
            case "holdMedication" | "markMedicationEnteredInError":
                return {"medicationId": await self.medication(), "reason": "a mistake"}
            case "discontinueMedication":
                return {"medicationId": await self.medication(), "reason": "done"}
            case "recordAdministration":
                return {"medicationId": await self.medication(often=None), "status": "GIVEN"}
            case "markAdministrationEnteredInError":
                return {"administrationId": await self.administration(), "reason": "a mistake"}
            case "assignCareTeamMember":
                patient, _ = await self.admitted()
                doctor = self.house.actors[list(Role).index(Role.DOCTOR)]
                return {"patientId": patient, "role": "ATTENDER", "username": doctor.username}
            case "endCareTeamMembership":
                return {"careTeamMemberId": await self.member()}
            case "breakGlass":
                return {"patientId": await self.patient(), "reason": REASON}
            case "endEmergencyAccess":
                own = self.role in (Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE)
                return {"emergencyAccessId": await self.access(self.role if own else Role.NURSE)}
            case "reviewEmergencyAccess":
                return {"emergencyAccessId": await self.access(Role.NURSE), "outcome": "JUSTIFIED"}
        raise LookupError(f"nobody has said how {mutation} is called")


_HASHES: list[str] = []


async def known() -> str:
    """The hash of KNOWN, made once: it takes a while."""
    if not _HASHES:
        _HASHES.append(await passwords.hash_password(KNOWN))
    return _HASHES[0]


def naming_nothing(name: str) -> dict[str, Any]:
    """An input of a mutation that is valid, and names nothing that is there."""
    input_name = name if name.endswith("Input") else f"{name[0].upper()}{name[1:]}Input"
    type_: Any = SCHEMA.get_type(input_name)
    found: dict[str, Any] = {}
    for key, one in type_.fields.items():
        if not str(one.type).endswith("!"):
            continue
        named: Any = get_named_type(one.type)
        plain = PLAIN.get(named.name, "x")
        value: Any = next(iter(named.values)) if hasattr(named, "values") else plain
        value = naming_nothing(named.name) if hasattr(named, "fields") else value
        found[key] = [] if "[" in str(one.type) else value
    return found
