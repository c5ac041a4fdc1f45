import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.roles import Role
from models.rules.scopes import ROLE_GRANTS, Reach, Scope, rights

CLINICAL = {
    Scope.ALLERGY_READ,
    Scope.ALLERGY_RECORD,
    Scope.VITALS_READ,
    Scope.VITALS_RECORD,
    Scope.LAB_READ,
    Scope.LAB_RECORD,
    Scope.CRITICAL_RESULT_READ,
    Scope.CRITICAL_RESULT_ACKNOWLEDGE,
    Scope.MEDICATION_READ,
    Scope.MEDICATION_ORDER,
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


def test_an_auditor_reads_the_audit_alone() -> None:
    assert reaches(Role.AUDITOR) == {Scope.AUDIT_READ: frozenset({Reach.HOSPITAL})}


@pytest.mark.parametrize("role", [Role.DOCTOR, Role.NURSE, Role.CHARGE_NURSE])
def test_bedside_roles_reach_their_wards_alone(role: Role) -> None:
    assert set(reaches(role).values()) == {frozenset({Reach.WARDS})}


def test_a_charge_nurse_is_a_nurse_with_beds_and_stays() -> None:
    assert set(reaches(Role.CHARGE_NURSE)) - set(reaches(Role.NURSE)) == {
        Scope.BED_STATUS_SET,
        Scope.BED_RESERVE,
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
    reading = {scope for scope in held if scope.endswith(":read")} - {Scope.WARD_READ}
    assert {held[scope] for scope in reading} == {frozenset({Reach.AUTHORED})}
    assert {held[scope] for scope in set(held) - reading} == {frozenset({Reach.HOSPITAL})}


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
