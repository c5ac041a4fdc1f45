"""Settings of the live channel's limits: docs/limits.md has them in order."""

from __future__ import annotations

from dataclasses import replace

from pydantic import Field, PositiveInt
from pydantic_settings import BaseSettings

from subscriptions.limits import DEFAULT_LIMITS, Limits


class SocketLimits(BaseSettings):
    """A part of `Settings`. Each process counts for itself."""

    limit_sockets: PositiveInt = Field(
        DEFAULT_LIMITS.sockets, description="Sockets that are open at once."
    )
    limit_sockets_of_address: PositiveInt = Field(
        DEFAULT_LIMITS.sockets_of_address,
        description="The same of one address (of IPv6 one /64).",
    )
    limit_sockets_of_user: PositiveInt = Field(
        DEFAULT_LIMITS.sockets_of_user, description="The same of one user."
    )
    limit_stranger_sockets: PositiveInt = Field(
        DEFAULT_LIMITS.stranger_sockets,
        description="Sockets that are open at once and not signed in.",
    )
    limit_stranger_sockets_of_address: PositiveInt = Field(
        DEFAULT_LIMITS.stranger_sockets_of_address, description="The same of one address."
    )
    limit_socket_messages: PositiveInt = Field(
        DEFAULT_LIMITS.socket_messages,
        description="Messages of a socket in a second; ten times as many at once after a silence.",
    )
    limit_stranger_socket_messages: PositiveInt = Field(
        DEFAULT_LIMITS.stranger_socket_messages,
        description="The same of a socket that is not signed in.",
    )
    limit_wrong_tokens: PositiveInt = Field(
        DEFAULT_LIMITS.wrong_tokens,
        description="Wrong tokens of one address in a minute before its sockets are let in one "
        "after the other, ten a second.",
    )
    limit_socket_operations: PositiveInt = Field(
        DEFAULT_LIMITS.operations, description="Operations that are open at once on one socket."
    )
    limit_socket_message_bytes: PositiveInt = Field(
        DEFAULT_LIMITS.message_bytes, description="A message that a client sends."
    )


def socket_limits_of(settings: SocketLimits) -> Limits:
    """The limits that the live channel is given."""
    return replace(
        DEFAULT_LIMITS,
        sockets=settings.limit_sockets,
        sockets_of_address=settings.limit_sockets_of_address,
        sockets_of_user=settings.limit_sockets_of_user,
        stranger_sockets=settings.limit_stranger_sockets,
        stranger_sockets_of_address=settings.limit_stranger_sockets_of_address,
        socket_messages=settings.limit_socket_messages,
        stranger_socket_messages=settings.limit_stranger_socket_messages,
        wrong_tokens=settings.limit_wrong_tokens,
        operations=settings.limit_socket_operations,
        message_bytes=settings.limit_socket_message_bytes,
    )
