"""Engine: one request in, the bytes of its answer out.

A query is one statement. A mutation is one transaction: the resolver writes, the plan reads the
payload's selection inside it. A subscription becomes a FeedPlan, which the hub asks for frames.
Introspection is answered by graphql-core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, Literal, TypeAlias
from uuid import UUID

from graphql import GraphQLError, GraphQLObjectType, VariableNode
from graphql.execution.values import get_argument_values

from models.rules.scopes import Rights
from resolvers import audit, faults, idempotency, sessions
from resolvers.actors import Actor
from resolvers.budgets import Budget, Unlimited
from resolvers.errors import BadInput, BudgetExhausted, Refusal
from resolvers.idempotency import Claim
from resolvers.labs_memory import Memory
from resolvers.policy import Policy
from resolvers.proposals import OVERTAKEN, Proposal
from resolvers.reading.documents import Documents, GraphQLRequest, Prepared, RequestError
from resolvers.reading.fields import Collector, Selected, arguments
from resolvers.reading.limits import DEFAULT_LIMITS, Limits
from resolvers.reading.overlay import Writing
from resolvers.reading.places import object_type
from resolvers.reading.sources import Access, Requires
from resolvers.reading.statements import Plan, encoded, plan_payload
from resolvers.transaction import Ledger, Overtaken, transaction
from schema.answers import (
    STOPPED,
    Answer,
    body_of,
    error_of,
    refused,
    stopped,
    with_cost,
)
from schema.catalogue import CATALOGUE, CORE, listening_of, work_of
from schema.feeds import FeedPlan
from schema.inputs import input_of
from schema.plans import Plans
from schema.queries import Pool, Queries, Reading, Renew, stranger
from schema.tags import Tags

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


class Engine:
    """Executes requests of one schema against one database.

    `pool` is for writing, `reading` for queries (whose audit rows may be committed a moment after
    the answer is sent); `ring` is told of a hospital whose log has grown. `renew` looks an actor up
    anew: without it, actors are taken for what they were when they were given.
    """

    def __init__(
        self,
        pool: Pool,
        reading: Reading,
        policy: Policy,
        ring: Callable[[UUID], None],
        *,
        limits: Limits = DEFAULT_LIMITS,
        budget: Budget | None = None,
        renew: Renew | None = None,
    ) -> None:
        self._pool = pool
        self._reading = reading
        self._policy = policy
        self._ring = ring
        self._notes: set[asyncio.Task[None]] = set()
        self._limits = limits
        self._budget = budget or Unlimited()
        self._documents = Documents(CORE, sources=CATALOGUE.sources, limits=limits)
        self._queries = Queries(reading, policy, renew)
        self._tags = Tags(reading, policy)
        self._renew = renew
        self._plans: Plans[Plan] = Plans()
        self._memory = Memory()

    def operation_kind(
        self, request: GraphQLRequest
    ) -> Literal["query", "mutation", "subscription"]:
        """The kind of the operation that the request names; RequestError if it is not valid."""
        return self._documents.prepare(request).kind.value

    def check(self, text: str) -> None:
        """Parse and validate a document, and keep it; RequestError if it is not valid."""
        self._documents.read(text)

    async def execute(
        self, request: GraphQLRequest, actor: Actor | None, address: str = ""
    ) -> bytes:
        """The body of the answer."""
        return (await self.answer(request, actor, address)).body

    async def answer(
        self, request: GraphQLRequest, actor: Actor | None, address: str, read_only: bool = False
    ) -> Answer:
        """Execute a query or a mutation. Never raises: a fault of ours is reported and masked."""
        account = (actor.user_id if actor is not None else None) or address
        try:
            self._budget.check(account)
            prepared = self._documents.prepare(request)
            balance = self._budget.spend(account, prepared.cost)
            match prepared.kind.value:
                case "query":
                    answer = Answer(await self._queries.answer(prepared, actor))
                case "mutation" if not read_only:
                    answer = await self._mutation(prepared, actor, address)
                case kind:
                    message = f"a {kind} cannot be executed this way"
                    code = "METHOD_NOT_ALLOWED"
                    return refused([{"message": message, "extensions": {"code": code}}])
            return (
                with_cost(answer, prepared.cost, self._limits, balance) if request.cost else answer
            )
        except RequestError as error:
            # Nothing was read, but looking at it took about as long as a row takes a character.
            self._budget.note(account, len(request.query))
            return refused(error.errors)
        except BudgetExhausted as exhausted:
            return replace(refused([error_of(exhausted, [])]), retry_after=exhausted.retry_after)
        except Refusal as refusal:
            return refused([error_of(refusal, [])])
        except STOPPED as error:
            return Answer(
                body_of(None, [error_of(stopped(error, self._limits, writing=False), [])])
            )
        except Exception as error:  # noqa: BLE001 (the last line before the client)
            return Answer(body_of(None, faults.report(error)))

    async def tag(self, request: GraphQLRequest, actor: Actor | None) -> str | None:
        """What stands for the answer as it would be now (schema/tags); None where nothing does.

        It is asked for before the answer. Never raises: what is wrong is told by the answer.
        """
        if actor is None or request.cost:
            return None
        try:
            self._budget.check(actor.user_id or "")
            return await self._tags.of(self._documents.prepare(request), actor)
        except (RequestError, Refusal, *faults.TRANSIENT):
            return None
        except Exception as error:  # noqa: BLE001 (the answer does without)
            faults.report(error)
            return None

    # -- mutations ---------------------------------------------------------------------------------

    async def _mutation(self, prepared: Prepared, actor: Actor | None, address: str) -> Answer:
        """Root fields one after the other, each in a transaction of its own; the first that is
        refused ends it, and as every payload is non-null the answer then has no data."""
        done: list[bytes] = []
        errors: list[dict[str, Any]] = []
        session: sessions.SignedIn | None = None
        signed_out = False
        for root in self._roots(prepared, CORE.mutation_type):
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
                fault = faults.report(error)[0]
                return Answer(body_of(None, [{**fault, "path": [root.key]}]))
            done.append(encoded(root.key) + b":" + data)
        body = body_of(b"{" + b",".join(done) + b"}", errors)
        return Answer(body, session=session, signed_out=signed_out)

    async def _work(self, prepared: Prepared, root: Selected, actor: Actor | None) -> Worked:
        """Do it: outright, if there is a way, and otherwise in a transaction."""
        work = work_of(root.name)
        actor = _allowed(await self._renewed(actor), work.requires)
        given, sent = _input(prepared, root)
        key = given.pop("idempotency_key", None)
        now = _now()
        claim = None if key is None else Claim.of(actor, root.name, key, sent, now)
        if work.propose is not None:
            make = partial(work.propose, self._pool, self._memory, **given)
            done = await self._outright(prepared, root, actor, make, claim, now)
            if done is not None:
                return done
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
        make: Callable[..., Awaitable[Proposal | None]],
        claim: Claim | None,
        now: datetime,
    ) -> Worked | None:
        """Write and answer in one statement; None: that cannot be, and nothing was written."""
        for _ in range(MOST_PROPOSALS):
            ledger = Ledger(actor.hospital_id, now, self._policy)
            proposal = await make(ledger, actor, claim)
            if proposal is None:
                return None
            plan = self._payload(prepared, actor.rights, root, writing=proposal.writing)
            produced, writing = _rows(proposal.produced), proposal.values()
            try:
                async with self._pool.acquire() as connection:
                    data = await plan.attempt(
                        connection, prepared.variables, (actor,), now, produced, writing
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
        plan = self._payload(prepared, actor.rights, root)
        await plan.audited.keep(self._pool)
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
                    plan = self._payload(prepared, actor.rights, root, replayed=True)
                data = await plan.run(
                    tx.connection, prepared.variables, (actor,), now, _rows(produced)
                )
        except Refusal as refusal:
            if refusal.keeps:
                self._ring(actor.hospital_id)
            raise
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
        plan = self._payload(prepared, signed_in.actor.rights, root)
        values = {"token": signed_in.token, "expires_at": signed_in.expires_at}
        async with self._reading.acquire() as connection:
            data = await plan.run(connection, prepared.variables, (signed_in.actor,), now, values)
        return data, signed_in, plan.errors

    # -- subscriptions -----------------------------------------------------------------------------

    def subscription(self, request: GraphQLRequest, actor: Actor | None) -> FeedPlan:
        """The plan of a subscription; RequestError where it cannot be had."""
        prepared = self._documents.prepare(request)
        if actor is not None and actor.user_id is not None:
            try:
                self._budget.spend(actor.user_id, prepared.cost)
            except BudgetExhausted as exhausted:
                raise RequestError([error_of(exhausted, [])]) from None
        roots = self._roots(prepared, CORE.subscription_type)
        root = roots[0]
        if prepared.kind.value != "subscription" or root.name == "__typename":
            raise RequestError.of("this is no subscription", "BAD_USER_INPUT")
        listening = listening_of(root.name)
        try:
            actor = _allowed(actor, listening.requires)
        except Refusal as refusal:
            self._note(audit.attempted(self._pool, prepared, root, actor, refusal, _now()))
            raise RequestError([error_of(refusal, [root.key])]) from None
        getters = arguments(root, prepared.variables)
        given = {name: getter(prepared.variables) for name, getter in getters.items()}
        plan = self._payload(prepared, actor.rights, root)
        payload = Collector(CORE, prepared).collect(object_type(root), root.selections)
        asked = {"ward": given.get("ward"), "patient_id": given.get("patientId")}
        return FeedPlan(
            feed=listening.feed,
            scope=listening.requires,
            arguments={**asked, "after": given.get("after")},
            key=(plan, encoded(_without_after(prepared, root))),
            root_key=root.key,
            plan=plan,
            variables=prepared.variables,
            quiet=tuple((one.key, one.name) for one in payload),
        )

    def _note(self, entry: Coroutine[Any, Any, None]) -> None:
        """Write an entry of the audit behind an answer that waits for nothing."""
        noted = asyncio.create_task(_reported(entry), name="audit")
        self._notes.add(noted)
        noted.add_done_callback(self._notes.discard)

    # -- plans -------------------------------------------------------------------------------------

    def _roots(self, prepared: Prepared, type_: GraphQLObjectType | None) -> list[Selected]:
        assert type_ is not None
        return Collector(CORE, prepared).collect(type_, [prepared.operation.selection_set])

    def _payload(
        self,
        prepared: Prepared,
        rights: Rights,
        root: Selected,
        *,
        replayed: bool = False,
        writing: Writing | None = None,
    ) -> Plan:
        operation = (prepared.document, prepared.name, prepared.shape)

        def make() -> Plan:
            return plan_payload(
                CATALOGUE, prepared, rights, root, replayed=replayed, writing=writing
            )

        return self._plans.get((operation, rights, root.key, replayed, writing), make)


async def _reported(entry: Coroutine[Any, Any, None]) -> None:
    try:
        await entry
    except Exception as error:  # noqa: BLE001 (nobody waits for it)
        faults.report(error)


def _now() -> datetime:
    return datetime.now(UTC)


def _allowed(actor: Actor | None, requires: Requires) -> Actor:
    """The actor, who must be signed in and hold what is required."""
    if actor is None:
        raise stranger()
    if not isinstance(requires, Access):
        actor.reaches(requires)
    return actor


def _input(prepared: Prepared, root: Selected) -> tuple[dict[str, Any], Any]:
    """The input's fields by Python name, and the input as it was sent (coerced)."""
    convert = input_of(root.name)
    if convert is None:
        return {}, {}
    sent = _sent(prepared, root)
    key = {"idempotencyKey"}
    return (
        dict(vars(convert(sent))),
        {name: part for name, part in sent.items() if name not in key},
    )


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


def _without_after(prepared: Prepared, root: Selected) -> dict[str, Any]:
    """The variables that shape frames: all but the one that only says where to begin."""
    begins = {
        argument.value.name.value
        for argument in root.nodes[0].arguments or ()
        if argument.name.value == "after" and hasattr(argument.value, "name")
    }
    coerced = prepared.variables.coerced
    return {name: value for name, value in coerced.items() if name not in begins}
