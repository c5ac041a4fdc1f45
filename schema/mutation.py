"""Mutation: each names its resolver and what it requires; the answer is read through the plan."""

import strawberry

from models.rules.scopes import Scope
from resolvers import (
    administrations,
    admissions,
    allergies,
    arrivals,
    beds,
    cancellations,
    care_teams,
    critical_results,
    critical_rule_trials,
    critical_rule_versions,
    emergency_access,
    escalation_chains,
    isolations,
    labs,
    labs_proposals,
    leaves,
    medication_moves,
    medications,
    patients,
    pregnancies,
    spo2_scales,
    swaps,
    vitals,
    vitals_errata,
)
from schema.administration import Administration
from schema.administrations import (
    MarkAdministrationEnteredInErrorInput,
    MarkAdministrationEnteredInErrorPayload,
    RecordAdministrationInput,
    RecordAdministrationPayload,
)
from schema.admissions import (
    AdmitPatientInput,
    AdmitPatientPayload,
    DischargePatientInput,
    DischargePatientPayload,
    TransferPatientInput,
    TransferPatientPayload,
)
from schema.allergies import (
    MarkAllergyEnteredInErrorInput,
    MarkAllergyEnteredInErrorPayload,
    RecordAllergyInput,
    RecordAllergyPayload,
)
from schema.arrivals import FindArrivingPatientInput, FindArrivingPatientPayload
from schema.beds import (
    EquipBedInput,
    EquipBedPayload,
    ReleaseReservationInput,
    ReleaseReservationPayload,
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
from schema.critical_rules import (
    AddCriticalRuleInput,
    AddCriticalRulePayload,
    ChangeCriticalRuleInput,
    ChangeCriticalRulePayload,
    DryRunCriticalRuleInput,
    DryRunCriticalRulePayload,
    RetireCriticalRuleInput,
    RetireCriticalRulePayload,
)
from schema.emergency_access import (
    BreakGlassInput,
    BreakGlassPayload,
    EndEmergencyAccessInput,
    EndEmergencyAccessPayload,
    ReviewEmergencyAccessInput,
    ReviewEmergencyAccessPayload,
)
from schema.escalation import (
    ResetEscalationChainInput,
    ResetEscalationChainPayload,
    SetEscalationChainInput,
    SetEscalationChainPayload,
)
from schema.fields import mutation
from schema.isolations import (
    EndIsolationInput,
    EndIsolationPayload,
    SetIsolationInput,
    SetIsolationPayload,
)
from schema.labs import RecordLabResultsInput, RecordLabResultsPayload
from schema.medication_moves import (
    CompleteMedicationInput,
    CompleteMedicationPayload,
    DiscontinueMedicationInput,
    DiscontinueMedicationPayload,
    HoldMedicationInput,
    HoldMedicationPayload,
    MarkMedicationEnteredInErrorInput,
    MarkMedicationEnteredInErrorPayload,
    ResumeMedicationInput,
    ResumeMedicationPayload,
    StartMedicationInput,
    StartMedicationPayload,
)
from schema.medications import OrderMedicationInput, OrderMedicationPayload
from schema.patients import RegisterPatientInput, RegisterPatientPayload
from schema.pregnancies import (
    EndPregnancyInput,
    EndPregnancyPayload,
    RecordPregnancyInput,
    RecordPregnancyPayload,
)
from schema.spo2_scales import SetSpo2ScaleInput, SetSpo2ScalePayload
from schema.stay_changes import (
    CancelAdmissionInput,
    CancelAdmissionPayload,
    CancelDischargeInput,
    CancelDischargePayload,
    CancelTransferInput,
    CancelTransferPayload,
    EndLeaveInput,
    EndLeavePayload,
    StartLeaveInput,
    StartLeavePayload,
    SwapBedsInput,
    SwapBedsPayload,
)
from schema.vitals import (
    MarkVitalsEnteredInErrorInput,
    MarkVitalsEnteredInErrorPayload,
    RecordVitalsInput,
    RecordVitalsPayload,
)


@strawberry.type(
    description="What can be done. One mutation is one transaction, its answer included."
)
class Mutation(Administration):
    """One mutation is one transaction, its answer included. What is no patient's is in
    schema/administration."""

    register_patient: RegisterPatientPayload = mutation(
        patients.register_patient, input=RegisterPatientInput, requires=Scope.PATIENT_REGISTER
    )
    record_allergy: RecordAllergyPayload = mutation(
        allergies.record_allergy, input=RecordAllergyInput, requires=Scope.ALLERGY_RECORD
    )
    mark_allergy_entered_in_error: MarkAllergyEnteredInErrorPayload = mutation(
        allergies.mark_allergy_entered_in_error,
        input=MarkAllergyEnteredInErrorInput,
        requires=Scope.ALLERGY_CORRECT,
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
    set_escalation_chain: SetEscalationChainPayload = mutation(
        escalation_chains.set_escalation_chain,
        input=SetEscalationChainInput,
        requires=Scope.ESCALATION_CHAIN_WRITE,
    )
    reset_escalation_chain: ResetEscalationChainPayload = mutation(
        escalation_chains.reset_escalation_chain,
        input=ResetEscalationChainInput,
        requires=Scope.ESCALATION_CHAIN_WRITE,
    )
    add_critical_rule: AddCriticalRulePayload = mutation(
        critical_rule_versions.add_critical_rule,
        input=AddCriticalRuleInput,
        requires=Scope.CRITICAL_RULE_WRITE,
    )
    change_critical_rule: ChangeCriticalRulePayload = mutation(
        critical_rule_versions.change_critical_rule,
        input=ChangeCriticalRuleInput,
        requires=Scope.CRITICAL_RULE_WRITE,
    )
    retire_critical_rule: RetireCriticalRulePayload = mutation(
        critical_rule_versions.retire_critical_rule,
        input=RetireCriticalRuleInput,
        requires=Scope.CRITICAL_RULE_WRITE,
    )
    dry_run_critical_rule: DryRunCriticalRulePayload = mutation(
        critical_rule_trials.dry_run_critical_rule,
        input=DryRunCriticalRuleInput,
        requires=Scope.CRITICAL_RULE_WRITE,
    )
    find_arriving_patient: FindArrivingPatientPayload = mutation(
        arrivals.find_arriving_patient,
        input=FindArrivingPatientInput,
        requires=Scope.PATIENT_ADMIT,
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
    swap_beds: SwapBedsPayload = mutation(
        swaps.swap_beds, input=SwapBedsInput, requires=Scope.PATIENT_TRANSFER
    )
    start_leave: StartLeavePayload = mutation(
        leaves.start_leave, input=StartLeaveInput, requires=Scope.LEAVE_RECORD
    )
    end_leave: EndLeavePayload = mutation(
        leaves.end_leave, input=EndLeaveInput, requires=Scope.LEAVE_RECORD
    )
    cancel_admission: CancelAdmissionPayload = mutation(
        cancellations.cancel_admission, input=CancelAdmissionInput, requires=Scope.PATIENT_ADMIT
    )
    cancel_transfer: CancelTransferPayload = mutation(
        cancellations.cancel_transfer, input=CancelTransferInput, requires=Scope.PATIENT_TRANSFER
    )
    cancel_discharge: CancelDischargePayload = mutation(
        cancellations.cancel_discharge,
        input=CancelDischargeInput,
        requires=Scope.PATIENT_DISCHARGE,
    )
    set_isolation: SetIsolationPayload = mutation(
        isolations.set_isolation, input=SetIsolationInput, requires=Scope.ISOLATION_SET
    )
    end_isolation: EndIsolationPayload = mutation(
        isolations.end_isolation, input=EndIsolationInput, requires=Scope.ISOLATION_END
    )
    equip_bed: EquipBedPayload = mutation(
        beds.equip_bed, input=EquipBedInput, requires=Scope.BED_EQUIP
    )
    release_reservation: ReleaseReservationPayload = mutation(
        beds.release_reservation, input=ReleaseReservationInput, requires=Scope.BED_RESERVE
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
    start_medication: StartMedicationPayload = mutation(
        medication_moves.start_medication,
        input=StartMedicationInput,
        requires=Scope.MEDICATION_ORDER,
    )
    hold_medication: HoldMedicationPayload = mutation(
        medication_moves.hold_medication,
        input=HoldMedicationInput,
        requires=Scope.MEDICATION_HOLD,
    )
    resume_medication: ResumeMedicationPayload = mutation(
        medication_moves.resume_medication,
        input=ResumeMedicationInput,
        requires=Scope.MEDICATION_HOLD,
    )
    discontinue_medication: DiscontinueMedicationPayload = mutation(
        medication_moves.discontinue_medication,
        input=DiscontinueMedicationInput,
        requires=Scope.MEDICATION_DISCONTINUE,
    )
    complete_medication: CompleteMedicationPayload = mutation(
        medication_moves.complete_medication,
        input=CompleteMedicationInput,
        requires=Scope.MEDICATION_DISCONTINUE,
    )
    mark_medication_entered_in_error: MarkMedicationEnteredInErrorPayload = mutation(
        medication_moves.mark_medication_entered_in_error,
        input=MarkMedicationEnteredInErrorInput,
        requires=Scope.MEDICATION_DISCONTINUE,
    )
    mark_administration_entered_in_error: MarkAdministrationEnteredInErrorPayload = mutation(
        administrations.mark_administration_entered_in_error,
        input=MarkAdministrationEnteredInErrorInput,
        requires=Scope.ADMINISTRATION_RECORD,
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
