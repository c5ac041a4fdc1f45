import itertools

import pytest

from models.rules.administrations import AdministrationStatus, administer
from models.rules.medications import MedicationStatus

M = MedicationStatus
A = AdministrationStatus


@pytest.mark.parametrize(("order", "status"), list(itertools.product(M, A)))
def test_what_may_be_recorded_on_an_order(order: M, status: A) -> None:
    allowed = {
        A.GIVEN: {M.ACTIVE},
        A.NOT_GIVEN: {M.ACTIVE, M.ON_HOLD},
        A.ENTERED_IN_ERROR: set(M) - {M.DRAFT},
    }
    refusal = administer(order, status, "a reason")
    assert (refusal is None) is (order in allowed[status])
    if refusal is not None:
        assert set(refusal.allowed) == {each for each in A if order in allowed[each]}


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_dose_not_given_says_why(reason: str | None) -> None:
    assert administer(M.ACTIVE, A.NOT_GIVEN, reason) is not None
    assert administer(M.ACTIVE, A.GIVEN, reason) is None
