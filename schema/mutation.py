"""Mutation: each names its resolver and what it requires; the answer is read through the plan."""

import strawberry

from models.rules.scopes import Scope
from resolvers import (
    administrations,
    admissions,
    allergies,
    beds,
    care_teams,
    critical_results,
    emergency_access,
    labs,
    labs_proposals,
    medications,
    patients,
    pregnancies,
    sessions,
    spo2_scales,
    vitals,
    vitals_errata,
)
from schema.administrations import RecordAdministrationInput, RecordAdministrationPayload
from schema.admissions import (
    AdmitPatientInput,
    AdmitPatientPayload,
    DischargePatientInput,
    DischargePatientPayload,
    TransferPatientInput,
    TransferPatientPayload,
)
from schema.allergies import RecordAllergyInput, RecordAllergyPayload
from schema.beds import (
    ReserveBedInput,
    ReserveBedPayload,
    SetBedStatusInput,
    SetBedStatusPayload,
)
from schema.care_teams import (
    AssignCareTeamMemberInput,
    AssignCareTeamMemberPayload,
    EndCareTeamMembershipInput,
    EndCareTeamMembershipPayload,
)
from schema.critical_results import (
    AcknowledgeCriticalResultInput,
    AcknowledgeCriticalResultPayload,
)
from schema.emergency_access import (
    BreakGlassInput,
    BreakGlassPayload,
    EndEmergencyAccessInput,
    EndEmergencyAccessPayload,
    ReviewEmergencyAccessInput,
    ReviewEmergencyAccessPayload,
)
from schema.fields import AUTHENTICATED, PUBLIC, mutation
from schema.labs import RecordLabResultsInput, RecordLabResultsPayload
from schema.medications import (
    DiscontinueMedicationInput,
    DiscontinueMedicationPayload,
    OrderMedicationInput,
    OrderMedicationPayload,
)
from schema.patients import RegisterPatientInput, RegisterPatientPayload
from schema.pregnancies import (
    EndPregnancyInput,
    EndPregnancyPayload,
    RecordPregnancyInput,
    RecordPregnancyPayload,
)
from schema.spo2_scales import SetSpo2ScaleInput, SetSpo2ScalePayload
from schema.viewers import SignInInput, SignInPayload, SignOutPayload
from schema.vitals import (
    MarkVitalsEnteredInErrorInput,
    MarkVitalsEnteredInErrorPayload,
    RecordVitalsInput,
    RecordVitalsPayload,
)


@strawberry.type(
    description="What can be done. One mutation is one transaction, its answer included."
)
class Mutation:
    """One mutation is one transaction, its answer included."""

    sign_in: SignInPayload = mutation(sessions.sign_in, input=SignInInput, requires=PUBLIC)
    sign_out: SignOutPayload = mutation(sessions.sign_out, requires=AUTHENTICATED)
    register_patient: RegisterPatientPayload = mutation(
        patients.register_patient, input=RegisterPatientInput, requires=Scope.PATIENT_REGISTER
    )
    record_allergy: RecordAllergyPayload = mutation(
        allergies.record_allergy, input=RecordAllergyInput, requires=Scope.ALLERGY_RECORD
    )
    record_vitals: RecordVitalsPayload = mutation(
        vitals.record_vitals, input=RecordVitalsInput, requires=Scope.VITALS_RECORD
    )
    mark_vitals_entered_in_error: MarkVitalsEnteredInErrorPayload = mutation(
        vitals_errata.mark_vitals_entered_in_error,
        input=MarkVitalsEnteredInErrorInput,
        requires=Scope.VITALS_CORRECT,
    )
    set_spo2_scale: SetSpo2ScalePayload = mutation(
        spo2_scales.set_spo2_scale, input=SetSpo2ScaleInput, requires=Scope.SPO2_SCALE_SET
    )
    record_pregnancy: RecordPregnancyPayload = mutation(
        pregnancies.record_pregnancy, input=RecordPregnancyInput, requires=Scope.PREGNANCY_RECORD
    )
    end_pregnancy: EndPregnancyPayload = mutation(
        pregnancies.end_pregnancy, input=EndPregnancyInput, requires=Scope.PREGNANCY_RECORD
    )
    record_lab_results: RecordLabResultsPayload = mutation(
        labs.record_lab_results,
        input=RecordLabResultsInput,
        requires=Scope.LAB_RECORD,
        propose=labs_proposals.propose_lab_results,
    )
    acknowledge_critical_result: AcknowledgeCriticalResultPayload = mutation(
        critical_results.acknowledge_critical_result,
        input=AcknowledgeCriticalResultInput,
        requires=Scope.CRITICAL_RESULT_ACKNOWLEDGE,
    )
    admit_patient: AdmitPatientPayload = mutation(
        admissions.admit_patient, input=AdmitPatientInput, requires=Scope.PATIENT_ADMIT
    )
    transfer_patient: TransferPatientPayload = mutation(
        admissions.transfer_patient, input=TransferPatientInput, requires=Scope.PATIENT_TRANSFER
    )
    discharge_patient: DischargePatientPayload = mutation(
        admissions.discharge_patient,
        input=DischargePatientInput,
        requires=Scope.PATIENT_DISCHARGE,
    )
    reserve_bed: ReserveBedPayload = mutation(
        beds.reserve_bed, input=ReserveBedInput, requires=Scope.BED_RESERVE
    )
    set_bed_status: SetBedStatusPayload = mutation(
        beds.set_bed_status, input=SetBedStatusInput, requires=Scope.BED_STATUS_SET
    )
    order_medication: OrderMedicationPayload = mutation(
        medications.order_medication,
        input=OrderMedicationInput,
        requires=Scope.MEDICATION_ORDER,
    )
    discontinue_medication: DiscontinueMedicationPayload = mutation(
        medications.discontinue_medication,
        input=DiscontinueMedicationInput,
        requires=Scope.MEDICATION_DISCONTINUE,
    )
    record_administration: RecordAdministrationPayload = mutation(
        administrations.record_administration,
        input=RecordAdministrationInput,
        requires=Scope.ADMINISTRATION_RECORD,
    )
    assign_care_team_member: AssignCareTeamMemberPayload = mutation(
        care_teams.assign_care_team_member,
        input=AssignCareTeamMemberInput,
        requires=Scope.CARE_TEAM_ASSIGN,
    )
    end_care_team_membership: EndCareTeamMembershipPayload = mutation(
        care_teams.end_care_team_membership,
        input=EndCareTeamMembershipInput,
        requires=Scope.CARE_TEAM_ASSIGN,
    )
    break_glass: BreakGlassPayload = mutation(
        emergency_access.break_glass,
        input=BreakGlassInput,
        requires=Scope.PATIENT_BREAK_GLASS,
    )
    end_emergency_access: EndEmergencyAccessPayload = mutation(
        emergency_access.end_emergency_access,
        input=EndEmergencyAccessInput,
        requires=Scope.EMERGENCY_ACCESS_END,
    )
    review_emergency_access: ReviewEmergencyAccessPayload = mutation(
        emergency_access.review_emergency_access,
        input=ReviewEmergencyAccessInput,
        requires=Scope.EMERGENCY_ACCESS_REVIEW,
    )
