"""Rules against a second telling of them: whatever is added, changed and retired, in whatever
order, versions count on, one of a key is in force, and which rule judges a result is never an
accident of how rules are called. `FUZZ_EXAMPLES=500` takes longer, and other examples each time."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import product
from typing import Any, ClassVar

import asyncpg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

import models
from models.rules.critical_rules import CriticalRule
from models.rules.critical_values import Observation, judge
from models.rules.patients import Sex
from models.rules.roles import Role
from resolvers import critical_rules
from resolvers.critical_rule_versions import (
    add_critical_rule,
    change_critical_rule,
    retire_critical_rule,
)
from resolvers.errors import Conflict, NotFound
from tests.resolvers.conftest import House, founded
from tests.resolvers.test_critical_rule_versions import Rule

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
SETTINGS = settings(
    max_examples=EXAMPLES or 8,
    stateful_step_count=40,
    phases=[Phase.explicit, Phase.generate],
    deadline=None,
    derandomize=not EXAMPLES,
    database=None,
    suppress_health_check=list(HealthCheck),
)
CODE = "2276-4"
KEYS = ("a", "b", "c", "d")
KEY = st.sampled_from(KEYS)
EDGES = (None, 24, 48, 72)
RULES = st.builds(
    lambda young, old, sex, specimen, ward: Rule(
        high=Decimal(1),
        min_age_hours=young if young is None or old is None or young < old else None,
        max_age_hours=old,
        sex=sex,
        specimen=specimen,
        ward=ward,
    ),
    st.sampled_from(EDGES),
    st.sampled_from(EDGES),
    st.sampled_from([None, None, "FEMALE"]),
    st.sampled_from([None, None, "CSF"]),
    st.sampled_from([None, None, "MED"]),
)
OFF = st.sampled_from([0, 0, 0, 0, -1, 1])


@dataclass
class Told:
    """What the model holds of a key."""

    version: int
    rule: Rule | None
    """None: retired."""


class Rules(RuleBasedStateMachine):
    """Its rules run in the loop of the test, one after the other."""

    did: ClassVar[Counter[str]] = Counter()
    refused: ClassVar[Counter[str]] = Counter()

    def __init__(self, loop: asyncio.AbstractEventLoop, pool: asyncpg.Pool[Any]) -> None:
        super().__init__()
        self.loop = loop
        self.pool = pool

    def do(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    @initialize()
    def begin(self) -> None:
        self.house: House = self.do(founded(self.pool))
        self.model: dict[str, Told] = {}

    # -- what is asked -----------------------------------------------------------------------------

    @rule(key=KEY, given=RULES)
    def add(self, key: str, given: Rule) -> None:
        told = self.model.get(key)
        stands = told is not None and told.rule is not None
        done = self._try("add", add_critical_rule, key, given, fails=stands, key=key, rule=given)
        if done:
            self.model[key] = Told(1 if told is None else told.version + 1, given)
        self.do(self._compare())

    @rule(key=KEY, given=RULES, off=OFF)
    def change(self, key: str, given: Rule, off: int) -> None:
        told = self.model.get(key)
        version = (told.version if told else 1) + off
        fails = told is None or told.rule is None or off != 0
        done = self._try(
            "change",
            change_critical_rule,
            key,
            given,
            fails=fails,
            key=key,
            version=version,
            rule=given,
        )
        if done:
            self.model[key] = Told(version + 1, given)
        self.do(self._compare())

    @rule(key=KEY, off=OFF)
    def retire(self, key: str, off: int) -> None:
        told = self.model.get(key)
        version = (told.version if told else 1) + off
        fails = told is None or told.rule is None or off != 0
        done = self._try(
            "retire",
            retire_critical_rule,
            key,
            None,
            fails=fails,
            key=key,
            version=version,
            reason="why",
        )
        if done:
            self.model[key] = Told(version, None)
        self.do(self._compare())

    # -- what must come of it ----------------------------------------------------------------------

    def _try(
        self, name: str, resolver: Any, own: str, given: Rule | None, *, fails: bool, **asked: Any
    ) -> bool:
        """Ask for it. It is refused where the model says so, and where the rule that is given would
        leave it to chance which of two judges; it is done otherwise."""
        self.house.later(minutes=1)
        if not fails and given is not None:
            fails = any(
                crossing(told.rule, given) or accidents(_as_rules({key: told.rule, own: given}))
                for key, told in self.model.items()
                if told.rule is not None and key != own
            )
        refusal = None
        try:
            self.do(self._asked(resolver, **asked))
        except (Conflict, NotFound) as refused:
            refusal = refused.message
        assert (refusal is not None) is fails, (name, refusal)
        (self.refused if fails else self.did)[name] += 1
        return not fails

    async def _asked(self, resolver: Any, **asked: Any) -> None:
        async with self.house.begin() as tx:
            await resolver(tx, self.house.actor(Role.ADMIN), **asked)

    async def _compare(self) -> None:
        async with self.house.begin() as tx:
            found = await critical_rules.in_force(tx, [CODE])
        assert {one.key: one.version for one in found} == {
            key: told.version for key, told in self.model.items() if told.rule is not None
        }
        for one in found:
            given = self.model[one.key].rule
            assert given is not None
            assert (one.min_age_hours, one.max_age_hours) == (
                given.min_age_hours,
                given.max_age_hours,
            )
            assert (one.sex, one.specimen, one.ward is not None) == (
                given.sex,
                given.specimen,
                given.ward is not None,
            )
        assert not accidents(found)
        rows = await self.pool.fetch(
            "SELECT key, count(*) AS versions, max(version) AS newest,"
            " count(*) FILTER (WHERE retired_at IS NULL) AS standing FROM critical_rules"
            " WHERE hospital_id = $1 AND codes @> $2 GROUP BY key",
            self.house.id,
            [CODE],
        )
        for row in rows:
            told = self.model[row["key"]]
            assert row["versions"] == row["newest"] == told.version
            assert row["standing"] == (told.rule is not None)


def _as_rules(given: dict[str, Rule]) -> list[CriticalRule]:
    """The rules that inputs mean; the ward has an id of the test's own."""
    return [
        CriticalRule(
            key,
            one.test,
            one.codes,
            one.unit,
            one.source,
            high=one.high,
            min_age_hours=one.min_age_hours,
            max_age_hours=one.max_age_hours,
            sex=None if one.sex is None else Sex(one.sex),
            specimen=one.specimen,
            ward=None if one.ward is None else WARD,
            id=models.new_id(),
        )
        for key, one in given.items()
    ]


WARD = models.new_id()
AGES = (0, 24, 48, 72, 96)


def crossing(one: Rule, other: Rule) -> bool:
    """Whether two rules for the same people have ages in common, and each has some of its own: the
    narrower would judge, which nobody has decided."""
    if (one.sex, one.specimen, one.ward) != (other.sex, other.specimen, other.ward):
        return False
    mine, its = (
        {age for age in AGES if (each.min_age_hours or 0) <= age < (each.max_age_hours or 1_000)}
        for each in (one, other)
    )
    return bool(mine & its) and bool(mine - its) and bool(its - mine)


def accidents(rules: Iterable[CriticalRule]) -> bool:
    """Whether there is a result that another of the rules would judge if they were called the other
    way round."""
    called = list(rules)
    names = sorted(one.key for one in called)
    swapped = dict(zip(names, reversed(names), strict=True))
    turned = [replace(one, key=swapped[one.key]) for one in called]
    wards = {None, *(one.ward for one in called)}
    points = product(AGES, (Sex.FEMALE, Sex.MALE), ("CSF", "Ser"), wards)
    for age, sex, specimen, ward in points:
        observation = Observation(
            CODE,
            Decimal(2),
            unit="ug/L",
            age_hours=age,
            sex=sex,
            specimen=specimen,
            ward=ward,
        )
        one, other = judge(called, observation), judge(turned, observation)
        if (one.rule and one.rule.id) != (other.rule and other.rule.id):
            return True
    return False


async def test_rules_are_what_the_model_says(pool: asyncpg.Pool[Any]) -> None:
    loop = asyncio.get_running_loop()
    Rules.did.clear()
    Rules.refused.clear()
    await asyncio.to_thread(run_state_machine_as_test, lambda: Rules(loop, pool), settings=SETTINGS)
    assert set(Rules.did) == set(Rules.refused) == {"add", "change", "retire"}
    assert min(Rules.did.values()) > 5
    assert min(Rules.refused.values()) > 5
