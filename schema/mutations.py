"""Mutations: each is done in a statement of its own, if there is a way, or in a transaction.

In a transaction the resolver writes, and the plan reads the payload's selection inside it. A
mutation that makes a proposal writes and answers in one statement (docs/decisions/0011).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias, TypeGuard
from uuid import UUID

from graphql import GraphQLError, VariableNode
from graphql.execution.values import get_argument_values

from models.rules.scopes import Scope
from resolvers import audit, faults, idempotency, sessions
from resolvers.actors import Actor
from resolvers.errors import BadInput, Refusal, Unavailable
from resolvers.idempotency import Claim
from resolvers.labs_memory import Memory
from resolvers.policy import Policy
from resolvers.proposals import OVERTAKEN, Errand, Proposal
from resolvers.reading.documents import Prepared
from resolvers.reading.fields import Selected, roots_of
from resolvers.reading.limits import Limits
from resolvers.reading.sources import Requires
from resolvers.reading.statements import encoded
from resolvers.transaction import Ledger, Overtaken, transaction
from schema.answers import STOPPED, Answer, body_of, error_of, stopped
from schema.catalogue import CORE, work_of
from schema.inputs import input_of
from schema.payloads import Payloads, allowed
from schema.queries import Pool, Reading, Renew
from schema.stations import Presence, stations_for
from schema.viewers import given_of

Worked: TypeAlias = "tuple[bytes, Sequence[dict[str, Any]]]"
"""The JSON of a payload, and the errors of what was refused in it."""

MOST_PROPOSALS = 2
"""How often a mutation is proposed: from what is remembered, then from what was read anew."""
MOST_ATTEMPTS = 5
"""How many transactions a mutation is given in which somebody else may be faster."""


class Once:
    """A mutation's work; `done` says whether it was called, or its key answered for it."""

    def __init__(self, work: Callable[[], Awaitable[dict[str, Any]]]) -> None:
        self._work = work
        self.done = False

    async def __call__(self) -> dict[str, Any]:
        """Do the work."""
        self.done = True
        return await self._work()


class Mutations:
    """Does mutations, see Engine."""

    def __init__(  # noqa: PLR0917 (Engine alone makes it)
        self,
        pool: Pool,
        recording: Reading,
        reading: Reading,
        policy: Policy,
        limits: Limits,
        payloads: Payloads,
        ring: Callable[[UUID], None],
        renew: Renew | None,
        presence: Presence | None,
    ) -> None:
        self._presence = presence
        self._pool = pool
        self._recording = recording
        self._reading = reading
        self._policy = policy
        self._limits = limits
        self._payloads = payloads
        self._ring = ring
        self._renew = renew
        self._memory = Memory()

    async def answer(self, prepared: Prepared, actor: Actor | None, address: str) -> Answer:
        """Root fields one after the other, each in a transaction of its own; the first that is
        refused ends it, and as every payload is non-null the answer then has no data."""
        done: list[bytes] = []
        errors: list[dict[str, Any]] = []
        session: sessions.SignedIn | None = None
        signed_out = False
        for root in roots_of(CORE, prepared):
            try:
                if root.name == "__typename":
                    data: bytes = encoded("Mutation")
                elif root.name == "signIn":
                    data, session, refused = await self._sign_in(prepared, root, address)
                    errors += refused
                else:
                    data, refused = await self._work(prepared, root, actor)
                    errors += refused
                    signed_out = signed_out or root.name == "signOut"
            except Refusal as refusal:
                if not refusal.keeps:
                    await audit.attempted(self._pool, prepared, root, actor, refusal, _now())
                return Answer(body_of(None, [error_of(refusal, [root.key])]))
            except STOPPED as error:
                return Answer(
                    body_of(
                        None, [error_of(stopped(error, self._limits, writing=True), [root.key])]
                    )
                )
            except Exception as error:  # noqa: BLE001 (what was done before is to be told apart)
                if faults.is_transient(error):
                    faults.note(error)
                    unknown = Unavailable(writing=True)
                    return Answer(body_of(None, [error_of(unknown, [root.key])]))
                fault = faults.report(error)[0]
                return Answer(body_of(None, [{**fault, "path": [root.key]}]))
            done.append(encoded(root.key) + b":" + data)
        body = body_of(b"{" + b",".join(done) + b"}", errors)
        return Answer(body, session=session, signed_out=signed_out)

    async def _work(self, prepared: Prepared, root: Selected, actor: Actor | None) -> Worked:
        """Do it: outright, if there is a way, and otherwise in a transaction."""
        work = work_of(root.name)
        given: dict[str, Any] | None = None
        if work.propose is not None and _may(actor, work.requires):
            given, claim, now = _asked(prepared, root, actor)
            make = partial(work.propose, self._pool, self._memory, **given)
            done = await self._outright(prepared, root, actor, make, claim, now)
            if done is not None:
                return done
        actor = allowed(await self._renewed(actor), work.requires)
        if given is None:
            given, claim, now = _asked(prepared, root, actor)
        if work.before is not None:
            given = await work.before(self._pool, actor, now, self._policy, **given)
        for again in reversed(range(MOST_ATTEMPTS)):
            try:
                return await self._in_transaction(prepared, root, actor, given, claim, now)
            except Overtaken:
                if not again:
                    raise
        raise AssertionError

    async def _renewed(self, actor: Actor | None) -> Actor | None:
        """The actor as the session stands now: who writes is not believed from memory."""
        if actor is None or actor.session_id is None or self._renew is None:
            return actor
        return await self._renew(actor)

    async def _outright(  # noqa: PLR0917 (what, who, under which key)
        self,
        prepared: Prepared,
        root: Selected,
        actor: Actor,
        make: Callable[[Errand], Awaitable[Proposal | None]],
        claim: Claim | None,
        now: datetime,
    ) -> Worked | None:
        """Write and answer in one statement; None: that cannot be, and nothing was written.

        The actor may be remembered: the statement asks for the session as well.
        """
        checked = actor.session_id is not None and self._renew is not None
        if checked and not actor.holds(now):
            return None
        for _ in range(MOST_PROPOSALS):
            ledger = Ledger(actor.hospital_id, now, self._policy)
            proposal = await make(Errand(ledger, actor, claim, checked))
            if proposal is None:
                return None
            plan = self._payloads.plan(prepared, actor.rights, root, writing=proposal.writing)
            produced, writing = _rows(proposal.produced), proposal.values()
            produced |= await stations_for(plan, self._presence, actor)
            try:
                async with self._recording.acquire() as connection:
                    data = await plan.attempt(
                        connection, prepared.variables, actor, now, produced, writing
                    )
            except OVERTAKEN:
                return None
            if data is not None:
                self._ring(actor.hospital_id)
                return data, plan.errors
            proposal.forget()
        return None

    async def _in_transaction(  # noqa: PLR0917 (what, who, under which key)
        self,
        prepared: Prepared,
        root: Selected,
        actor: Actor,
        given: dict[str, Any],
        claim: Claim | None,
        now: datetime,
    ) -> Worked:
        plan = self._payloads.plan(prepared, actor.rights, root)
        await plan.audited.keep(self._pool)
        stations = await stations_for(plan, self._presence, actor)
        resolver = work_of(root.name).resolver
        try:
            async with transaction(self._pool, actor.hospital_id, now, self._policy) as tx:
                do = Once(partial(resolver, tx, actor, **given))
                try:
                    produced = await (do() if claim is None else idempotency.once(tx, claim, do))
                except Refusal as refusal:
                    if refusal.keeps:
                        await audit.attempted(tx.connection, prepared, root, actor, refusal, now)
                    raise
                if not do.done:
                    plan = self._payloads.plan(prepared, actor.rights, root, replayed=True)
                data = await plan.run(
                    tx.connection, prepared.variables, actor, now, _rows(produced) | stations
                )
        except Refusal as refusal:
            if refusal.keeps:
                self._ring(actor.hospital_id)
            raise
        for session_id in tx.ended:
            self._ring(session_id)
        self._ring(actor.hospital_id)
        return data, plan.errors

    async def _sign_in(
        self, prepared: Prepared, root: Selected, address: str
    ) -> tuple[bytes, sessions.SignedIn, Sequence[dict[str, Any]]]:
        given, _ = _input(prepared, root)
        now = _now()
        try:
            signed_in = await sessions.sign_in(
                self._pool, **given, address=address, now=now, policy=self._policy
            )
        except Refusal as refusal:
            await audit.failed_sign_in(
                self._pool, prepared, root, given["username"], address, refusal, now
            )
            raise
        plan = self._payloads.plan(prepared, signed_in.actor.rights, root)
        values: dict[str, Any] = {"token": signed_in.token, "expires_at": signed_in.expires_at}
        values |= await stations_for(plan, self._presence, signed_in.actor)
        values |= given_of(self._policy)
        async with self._reading.acquire() as connection:
            data = await plan.run(connection, prepared.variables, signed_in.actor, now, values)
        return data, signed_in, plan.errors


def _now() -> datetime:
    return datetime.now(UTC)


def _may(actor: Actor | None, requires: Requires) -> TypeGuard[Actor]:
    """Whether the actor holds the scope, as far as is remembered."""
    return (
        actor is not None and isinstance(requires, Scope) and bool(actor.rights.reaches(requires))
    )


def _asked(
    prepared: Prepared, root: Selected, actor: Actor
) -> tuple[dict[str, Any], Claim | None, datetime]:
    """The input's fields by Python name, the idempotency key that is claimed, and the time."""
    now = _now()
    given, sent = _input(prepared, root)
    key = given.pop("idempotency_key", None)
    return given, None if key is None else Claim.of(actor, root.name, key, sent, now), now


def _input(prepared: Prepared, root: Selected) -> tuple[dict[str, Any], Any]:
    """The input's fields by Python name, and the input as it was sent, coerced, without its key."""
    convert = input_of(root.name)
    if convert is None:
        return {}, {}
    sent = _sent(prepared, root)
    asked = {name: part for name, part in sent.items() if name != "idempotencyKey"}
    return dict(vars(convert(sent))), asked


def _sent(prepared: Prepared, root: Selected) -> dict[str, Any]:
    given = root.nodes[0].arguments
    if given and isinstance(given[0].value, VariableNode):
        # Coerced already, with every default.
        value = prepared.variables.coerced.get(given[0].value.name.value)
        if value is not None:
            found: dict[str, Any] = value
            return found
    assert root.definition is not None
    try:
        values = get_argument_values(root.definition, root.nodes[0], prepared.variables)
    except GraphQLError:
        # The variables are coerced: what is left is a null that the variable's default let through.
        raise BadInput("input must not hold null here", field="input") from None
    sent: dict[str, Any] = values["input"]
    return sent


def _rows(produced: Mapping[str, Any]) -> dict[str, Any]:
    """What a resolver produced, as the plan takes it: lists of plain rows as JSON records."""
    return {
        name: encoded(value) if isinstance(value, list) else value
        for name, value in produced.items()
    }
