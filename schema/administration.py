"""The mutations that are about no patient: sessions, users, wards and beds."""

import strawberry

from models.rules.scopes import Scope
from resolvers import passwords, sessions, user_changes, users, ward_changes
from schema.fields import AUTHENTICATED, PUBLIC, mutation
from schema.users import (
    ChangePasswordInput,
    ChangePasswordPayload,
    ChangeUserInput,
    ChangeUserPayload,
    CreateUserInput,
    CreateUserPayload,
    DisableUserInput,
    DisableUserPayload,
    EnableUserInput,
    EnableUserPayload,
    SetUserPasswordInput,
    SetUserPasswordPayload,
)
from schema.viewers import SignInInput, SignInPayload, SignOutPayload
from schema.ward_changes import (
    AddBedInput,
    AddBedPayload,
    AddWardInput,
    AddWardPayload,
    ChangeBedInput,
    ChangeBedPayload,
    ChangeWardInput,
    ChangeWardPayload,
    RetireBedInput,
    RetireBedPayload,
    RetireWardInput,
    RetireWardPayload,
)


@strawberry.type
class Administration:
    """The first fields of Mutation."""

    sign_in: SignInPayload = mutation(sessions.sign_in, input=SignInInput, requires=PUBLIC)
    sign_out: SignOutPayload = mutation(sessions.sign_out, requires=AUTHENTICATED)
    change_password: ChangePasswordPayload = mutation(
        user_changes.change_password,
        input=ChangePasswordInput,
        requires=AUTHENTICATED,
        before=user_changes.looked_at,
    )
    create_user: CreateUserPayload = mutation(
        users.create_user,
        input=CreateUserInput,
        requires=Scope.USER_WRITE,
        before=passwords.hashed,
    )
    change_user: ChangeUserPayload = mutation(
        user_changes.change_user, input=ChangeUserInput, requires=Scope.USER_WRITE
    )
    disable_user: DisableUserPayload = mutation(
        user_changes.disable_user, input=DisableUserInput, requires=Scope.USER_WRITE
    )
    enable_user: EnableUserPayload = mutation(
        user_changes.enable_user, input=EnableUserInput, requires=Scope.USER_WRITE
    )
    set_user_password: SetUserPasswordPayload = mutation(
        user_changes.set_user_password,
        input=SetUserPasswordInput,
        requires=Scope.USER_WRITE,
        before=passwords.hashed,
    )
    add_ward: AddWardPayload = mutation(
        ward_changes.add_ward, input=AddWardInput, requires=Scope.WARD_WRITE
    )
    change_ward: ChangeWardPayload = mutation(
        ward_changes.change_ward, input=ChangeWardInput, requires=Scope.WARD_WRITE
    )
    retire_ward: RetireWardPayload = mutation(
        ward_changes.retire_ward, input=RetireWardInput, requires=Scope.WARD_WRITE
    )
    add_bed: AddBedPayload = mutation(
        ward_changes.add_bed, input=AddBedInput, requires=Scope.WARD_WRITE
    )
    change_bed: ChangeBedPayload = mutation(
        ward_changes.change_bed, input=ChangeBedInput, requires=Scope.WARD_WRITE
    )
    retire_bed: RetireBedPayload = mutation(
        ward_changes.retire_bed, input=RetireBedInput, requires=Scope.WARD_WRITE
    )
