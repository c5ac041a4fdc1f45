"""Engine: one request in, the bytes of its answer out.

A query is one statement (schema/queries). A mutation is one transaction (schema/mutations). A
subscription becomes a FeedPlan, which the hub asks for frames. Introspection is answered by
graphql-core.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import UUID

from graphql import Node, VariableNode, Visitor, visit

from resolvers import audit, faults
from resolvers.actors import Actor
from resolvers.budgets import Account, Budget, Unlimited
from resolvers.errors import BudgetExhausted, Refusal, Unavailable
from resolvers.policy import Policy
from resolvers.reading.documents import Documents, GraphQLRequest, Prepared
from resolvers.reading.fields import Collector, Selected, roots_of, values_of
from resolvers.reading.limits import DEFAULT_LIMITS, Limits
from resolvers.reading.places import object_type
from resolvers.reading.request_errors import RequestError
from resolvers.reading.statements import encoded
from schema.answers import (
    STOPPED,
    Answer,
    body_of,
    error_of,
    refused,
    stopped,
    with_cost,
)
from schema.catalogue import CATALOGUE, CORE, listening_of
from schema.feeds import FeedPlan
from schema.mutations import Mutations
from schema.payloads import Payloads, allowed
from schema.queries import Pool, Queries, Reading, Renew
from schema.stations import Presence
from schema.tags import Tags

OF_TAG = 10
"""To look whether an answer has changed costs this part of reading it."""


ELSEWHERE = {
    "mutation": "a mutation is sent by POST",
    "subscription": "a subscription is answered over a WebSocket (graphql-transport-ws), "
    "or with Accept: text/event-stream",
}
"""What is said of an operation that this way of asking does not carry out."""


class Engine:
    """Executes requests of one schema against one database.

    `pool` is for writing, `reading` for queries (whose audit rows may be committed a moment after
    the answer is sent); `ring` is told of a hospital whose log has grown. `renew` looks an actor up
    anew: without it, actors are taken for what they were when they were given. `recording` are the
    connections for mutations that are one statement; without it, `pool` lends them.
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
        recording: Reading | None = None,
        presence: Presence | None = None,
    ) -> None:
        self._pool = pool
        self._notes: set[asyncio.Task[None]] = set()
        self._limits = limits
        self._budget = budget or Unlimited()
        self._documents = Documents(CORE, sources=CATALOGUE.sources, limits=limits)
        self._presence = presence
        self._queries = Queries(reading, policy, renew, presence)
        self._tags = Tags(reading, policy)
        self._payloads = Payloads()
        self._mutations = Mutations(
            pool,
            recording or pool,
            reading,
            policy,
            limits,
            self._payloads,
            ring,
            renew,
            presence,
        )

    def operation_kind(
        self, request: GraphQLRequest, actor: Actor | None
    ) -> Literal["query", "mutation", "subscription"]:
        """The kind of the operation that the request names; RequestError if it is not valid, or the
        actor, who pays for what is not, has nothing left."""
        account = _account(actor, "")
        try:
            self._budget.check(account)
            return self._documents.prepare(request).kind.value
        except BudgetExhausted as exhausted:
            raise RequestError([error_of(exhausted, [])]) from None
        except RequestError:
            self._budget.note(account, len(request.query))
            raise

    def check(self, text: str, actor: Actor) -> bool:
        """Parse and validate a document, and keep it; RequestError if it is not valid. False where
        the actor, who pays for what is not, has nothing left: then it was not looked at."""
        account = _account(actor, "")
        try:
            self._budget.check(account)
            self._documents.read(text)
        except BudgetExhausted:
            return False
        except RequestError:
            self._budget.note(account, len(text))
            raise
        return True

    async def execute(
        self, request: GraphQLRequest, actor: Actor | None, address: str = ""
    ) -> bytes:
        """The body of the answer."""
        return (await self.answer(request, actor, address)).body

    async def answer(
        self, request: GraphQLRequest, actor: Actor | None, address: str, read_only: bool = False
    ) -> Answer:
        """Execute a query or a mutation. Never raises: a fault of ours is reported and masked."""
        account = _account(actor, address)
        try:
            self._budget.check(account)
            prepared = self._documents.prepare(request)
            balance = self._budget.spend(account, prepared.cost)
            match prepared.kind.value:
                case "query":
                    answer = Answer(await self._queries.answer(prepared, actor))
                case "mutation" if not read_only:
                    answer = await self._mutations.answer(prepared, actor, address)
                case kind:
                    message = ELSEWHERE[kind]
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
            if faults.is_transient(error):
                faults.note(error)
                return Answer(body_of(None, [error_of(Unavailable(writing=False), [])]))
            return Answer(body_of(None, faults.report(error)))

    async def tag(self, request: GraphQLRequest, actor: Actor | None) -> str | None:
        """What stands for the answer as it would be now (schema/tags); None where nothing does.

        It is asked for before the answer. Never raises: what is wrong is told by the answer.
        """
        if actor is None or request.cost:
            return None
        try:
            account = _account(actor, "")
            self._budget.check(account)
            prepared = self._documents.prepare(request)
            tag = await self._tags.of(prepared, actor)
        except (RequestError, Refusal, *faults.TRANSIENT):
            return None
        except Exception as error:  # noqa: BLE001 (the answer does without)
            faults.report(error)
            return None
        if tag is not None:
            self._budget.note(account, max(1, prepared.cost // OF_TAG))
        return tag

    # -- subscriptions -----------------------------------------------------------------------------

    def subscription(
        self, request: GraphQLRequest, actor: Actor | None, *, again: bool = False
    ) -> FeedPlan:
        """The plan of a subscription; RequestError where it cannot be had. Its opening is paid for,
        and not that it is planned `again` because the actor's rights have changed."""
        prepared = self._documents.prepare(request)
        if not again and actor is not None and actor.user_id is not None:
            try:
                self._budget.spend(actor.user_id, prepared.cost)
            except BudgetExhausted as exhausted:
                raise RequestError([error_of(exhausted, [])]) from None
        roots = roots_of(CORE, prepared)
        root = roots[0]
        if prepared.kind.value != "subscription" or root.name == "__typename":
            raise RequestError.of("this is no subscription", "BAD_USER_INPUT")
        listening = listening_of(root.name)
        try:
            actor = allowed(actor, listening.requires)
        except Refusal as refusal:
            self._note(
                audit.attempted(self._pool, prepared, root, actor, refusal, datetime.now(UTC))
            )
            raise RequestError([error_of(refusal, [root.key])]) from None
        given = values_of(root, prepared.variables)
        plan = self._payloads.plan(prepared, actor.rights, root)
        payload = Collector(CORE, prepared).collect(object_type(root), root.selections)
        asked = {"ward": given.get("ward"), "patient_id": given.get("patientId")}
        return FeedPlan(
            feed=listening.feed,
            scope=listening.requires,
            arguments={**asked, "after": given.get("after")},
            key=(plan.key(actor.rights), encoded(_without_after(prepared, root)).decode()),
            root_key=root.key,
            plan=plan,
            variables=prepared.variables,
            presence=self._presence,
            quiet=tuple((one.key, one.name) for one in payload),
        )

    def _note(self, entry: Coroutine[Any, Any, None]) -> None:
        """Write an entry of the audit behind an answer that waits for nothing."""
        noted = asyncio.create_task(_reported(entry), name="audit")
        self._notes.add(noted)
        noted.add_done_callback(self._notes.discard)


def _account(actor: Actor | None, address: str) -> Account:
    return (actor.user_id if actor is not None else None) or address


async def _reported(entry: Coroutine[Any, Any, None]) -> None:
    try:
        await entry
    except Exception as error:  # noqa: BLE001 (nobody waits for it)
        faults.report(error)


def _without_after(prepared: Prepared, root: Selected) -> dict[str, Any]:
    """The variables that shape frames: all but the one that only says where to begin."""
    begins = {
        argument.value.name.value
        for argument in root.nodes[0].arguments or ()
        if argument.name.value == "after" and isinstance(argument.value, VariableNode)
    }
    # One that is the cursor of a page as well shapes what the frames hold.
    begins -= _named_in(root.selections) | _named_in(prepared.document.fragments.values())
    coerced = prepared.variables.coerced
    return {name: value for name, value in coerced.items() if name not in begins}


def _named_in(nodes: Iterable[Node]) -> set[str]:
    """The variables that stand anywhere below."""
    found: set[str] = set()

    class Variables(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.add(node.name.value)

    for node in nodes:
        visit(node, Variables())
    return found
