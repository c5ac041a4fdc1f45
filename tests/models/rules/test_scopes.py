import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.roles import Role
from models.rules.scopes import OPENED_BY_EMERGENCY, ROLE_GRANTS, Reach, Scope, rights

CLINICAL = {
    Scope.ALLERGY_READ,
    Scope.ALLERGY_CORRECT,
    Scope.ALLERGY_RECORD,
    Scope.VITALS_READ,
    Scope.VITALS_RECORD,
    Scope.LAB_READ,
    Scope.LAB_RECORD,
    Scope.CRITICAL_RESULT_READ,
    Scope.CRITICAL_RESULT_ACKNOWLEDGE,
    Scope.MEDICATION_READ,
    Scope.MEDICATION_ORDER,
    Scope.MEDICATION_HOLD,
    Scope.MEDICATION_DISCONTINUE,
    Scope.ADMINISTRATION_RECORD,
}
role_sets = st.frozensets(st.sampled_from(Role))


def reaches(*roles: Role) -> dict[Scope, frozenset[Reach]]:
    held = rights(frozenset(roles))
    return {scope: held.reaches(scope) for scope in Scope if held.reaches(scope)}


def test_every_role_has_its_row() -> None:
    assert set(ROLE_GRANTS) == set(Role)


def test_an_admin_may_everything_in_the_hospital() -> None:
    assert reaches(Role.ADMIN) == {scope: frozenset({Reach.HOSPITAL}) for scope in Scope}


def test_no_role_grants_nothing() -> None:
    nobody = rights(frozenset())
    assert nobody.scopes == ()
    assert all(nobody.reaches(scope) == frozenset() for scope in Scope)


@pytest.mark.parametrize("role", [Role.CLERK, Role.AUDITOR])
def test_clerks_and_auditors_touch_nothing_clinical(role: Role) -> None:
    assert not CLINICAL & set(reaches(role))


def test_an_auditor_sees_everybody_and_nothing_clinical_nor_a_way_to_reach_them() -> None:
    held = reaches(Role.AUDITOR)
    assert set(held.values()) == {frozenset({Reach.HOSPITAL})}
    assert {scope for scope in held if not scope.endswith(":read")} == {
        Scope.EMERGENCY_ACCESS_END,
        Scope.EMERGENCY_ACCESS_REVIEW,
    }
    assert {
        Scope.ADMISSION_REASON_READ,
        Scope.PATIENT_CONTACT_READ,
        Scope.PATIENT_IDENTIFIERS_READ,
    }.isdisjoint(held)


EMERGENCY = {
    Scope.PATIENT_BREAK_GLASS: frozenset({Reach.HOSPITAL}),
    Scope.EMERGENCY_ACCESS_READ: frozenset({Reach.AUTHORED}),
    Scope.EMERGENCY_ACCESS_END: frozenset({Reach.AUTHORED}),
}


@pytest.mark.parametrize(
    ("role", "reach"),
    [
        (Role.DOCTOR, Reach.TREATMENT),
        (Role.NURSE, Reach.WARDS),
        (Role.CHARGE_NURSE, Reach.WARDS),
    ],
)
def test_nurses_reach_their_wards_and_doctors_whom_they_treat(role: Role, reach: Reach) -> None:
    held = reaches(role)
    assert {scope: held.pop(scope) for scope in EMERGENCY} == EMERGENCY
    # By what values they are called is of no patient.
    assert held.pop(Scope.CRITICAL_RULE_READ) == {Reach.HOSPITAL}
    assert set(held.values()) == {frozenset({reach})}


def test_who_is_called_or_audits_reads_by_what_values_and_two_roles_set_them() -> None:
    readers = {role for role in Role if Scope.CRITICAL_RULE_READ in ROLE_GRANTS[role]}
    assert readers == set(Role) - {Role.CLERK, Role.INTEGRATOR, Role.PATIENT}
    writers = {role for role in Role if Scope.CRITICAL_RULE_WRITE in ROLE_GRANTS[role]}
    assert writers == {Role.ADMIN, Role.LAB}


def test_only_the_bedside_breaks_the_glass() -> None:
    entitled = {role for role in Role if Scope.PATIENT_BREAK_GLASS in ROLE_GRANTS[role]}
    assert entitled == {Role.ADMIN, Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE}


def test_treatment_holds_the_wards() -> None:
    assert rights(frozenset({Role.DOCTOR, Role.NURSE})) is rights(frozenset({Role.DOCTOR}))


# -- an emergency access ---------------------------------------------------------------------------


def test_an_emergency_access_adds_a_reach_to_what_the_role_may_do_and_no_scope() -> None:
    for role in (Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE):
        before, after = rights(frozenset({role})), rights(frozenset({role}), opened=True)
        assert after is not before
        assert after.scopes == before.scopes
        for scope in map(Scope, before.scopes):
            more = {Reach.OPENED} if scope in OPENED_BY_EMERGENCY else set()
            assert after.reaches(scope) == before.reaches(scope) | more


def test_an_emergency_access_moves_nobody_and_lasts_in_no_care_team() -> None:
    assert OPENED_BY_EMERGENCY.isdisjoint(
        {
            Scope.PATIENT_ADMIT,
            Scope.PATIENT_TRANSFER,
            Scope.PATIENT_DISCHARGE,
            Scope.CARE_TEAM_ASSIGN,
            Scope.BED_RESERVE,
            Scope.PATIENT_IDENTIFIERS_READ,
        }
    )


@given(role_sets)
def test_no_access_opens_anything_to_who_is_not_entitled(roles: frozenset[Role]) -> None:
    entitled = roles & {Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE}
    if not entitled or Role.ADMIN in roles:
        assert rights(roles, opened=True) is rights(roles)
    for scope in Scope:
        plain = rights(roles).reaches(scope)
        assert rights(roles, opened=True).reaches(scope) - {Reach.OPENED} == plain


def test_a_charge_nurse_is_a_nurse_with_beds_and_stays() -> None:
    assert set(reaches(Role.CHARGE_NURSE)) - set(reaches(Role.NURSE)) == {
        Scope.BED_STATUS_SET,
        Scope.BED_RESERVE,
        Scope.CARE_TEAM_ASSIGN,
        Scope.CRITICAL_RESULT_REPORT_READ,
        Scope.ISOLATION_END,
        Scope.ISOLATION_OVERRIDE,
        Scope.PATIENT_ADMIT,
        Scope.PATIENT_TRANSFER,
        Scope.PATIENT_DISCHARGE,
    }


def test_a_doctor_orders_but_records_no_laboratory_result() -> None:
    held = reaches(Role.DOCTOR)
    assert {Scope.MEDICATION_ORDER, Scope.MEDICATION_DISCONTINUE} <= set(held)
    assert {Scope.LAB_RECORD, Scope.PATIENT_IDENTIFIERS_READ}.isdisjoint(held)


def test_an_integrator_writes_everywhere_and_reads_back_its_own() -> None:
    held = reaches(Role.INTEGRATOR)
    own = {scope for scope in held if scope.endswith((":read", ":correct"))} - {Scope.WARD_READ}
    assert {held[scope] for scope in own} == {frozenset({Reach.AUTHORED})}
    assert {held[scope] for scope in set(held) - own} == {frozenset({Reach.HOSPITAL})}


def test_a_patient_only_reads_and_only_the_own_record() -> None:
    held = reaches(Role.PATIENT)
    assert set(held.values()) == {frozenset({Reach.OWN})}
    assert all(scope.endswith(":read") for scope in held)
    assert Scope.CRITICAL_RESULT_READ not in held


def test_a_clerk_who_nurses_reads_clinical_data_on_the_own_wards_alone() -> None:
    held = reaches(Role.CLERK, Role.NURSE)
    assert {held[scope] for scope in CLINICAL & set(held)} == {frozenset({Reach.WARDS})}
    assert held[Scope.PATIENT_READ] == frozenset({Reach.HOSPITAL})


def test_reaches_of_two_roles_stand_side_by_side() -> None:
    assert reaches(Role.NURSE, Role.PATIENT)[Scope.LAB_READ] == {Reach.WARDS, Reach.OWN}


@given(role_sets)
def test_scopes_are_sorted_and_are_what_is_reached(roles: frozenset[Role]) -> None:
    held = rights(roles)
    assert list(held.scopes) == sorted(scope for scope in Scope if held.reaches(scope))


@given(role_sets, role_sets)
def test_another_role_never_takes_a_scope_away(
    some: frozenset[Role], more: frozenset[Role]
) -> None:
    assert set(rights(some).scopes) <= set(rights(some | more).scopes)


def test_equal_rights_are_one_object() -> None:
    assert rights(frozenset({Role.ADMIN, Role.NURSE})) is rights(frozenset({Role.ADMIN}))
    assert rights(frozenset({Role.NURSE})) is not rights(frozenset({Role.CHARGE_NURSE}))
