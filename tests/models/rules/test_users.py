"""An administrator stays, whatever is taken away."""

from __future__ import annotations

import pytest

from models.rules.roles import Role
from models.rules.users import change_roles, disable


@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("administers", [False, True])
def test_who_may_be_disabled(administers: bool, others: int) -> None:
    assert disable(own=True, administers=administers, others=others) is not None
    refused = disable(own=False, administers=administers, others=others)
    assert (refused is not None) is (administers and not others)


@pytest.mark.parametrize("after", [{Role.ADMIN}, {Role.ADMIN, Role.LAB}, {Role.LAB}])
@pytest.mark.parametrize("others", [0, 1])
@pytest.mark.parametrize("administers", [False, True])
def test_which_roles_may_be_taken(after: set[Role], administers: bool, others: int) -> None:
    refused = change_roles(after, administers=administers, others=others)
    assert (refused is not None) is (administers and not others and Role.ADMIN not in after)
