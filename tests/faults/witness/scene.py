"""The scene of a run: who writes about whom, who listens, and who is allowed to hear what.

Everything is asked of the API, before anything is harmed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from tests.faults.witness.verdict import Heard
from tests.faults.witness.writers import STATUSES
from tests.first_light.api import Api, Person
from tests.first_light.process import Server, port_of
from tests.first_light.stays import SET_STATUS

WARDS = ("MED1", "SURG1", "ICU")
SEEN = "{ wards { code } patients(first: 500) { totalCount nodes { id } } }"
ROWS = """query ($ward: String!) { ward(code: $ward) { beds { admission { patient {
  vitals(first: 1) { totalCount } labResults(first: 1) { totalCount }
} } } } }"""
ALARMS = "{ criticalResults(first: 1) { totalCount } }"
STATIONS: Mapping[str, tuple[str, tuple[tuple[str, str | None], ...]]] = {
    "board": ("nurse", (("criticalResults", "MED1"), ("bedChanges", "MED1"))),
    "nurses": ("nurse", (("criticalResults", None), ("vitalSigns", "SURG1"))),
    "rounds": ("doctor", (("criticalResults", None), ("vitalSigns", None))),
    "desk": ("charge", (("criticalResults", "SURG1"), ("bedChanges", None))),
    "laboratory": ("lab", (("criticalResults", None),)),
    "office": ("admin", (("criticalResults", "ICU"),)),
}
"""Name, user, and (feed, ward) of each feed; no ward: every one that the user may hear."""


@dataclass(frozen=True)
class Scene:
    """`patients` and `beds` by ward; by user the patients that are `visible`, and the `wards`."""

    people: Mapping[str, Person]
    patients: Mapping[str, Sequence[str]]
    beds: Mapping[str, Sequence[str]]
    visible: Mapping[str, frozenset[str]]
    wards: Mapping[str, frozenset[str]]

    def writers(
        self, server: Server, *, labs: int, vitals: int, beds: int, every: float = 0.0
    ) -> list[dict[str, Any]]:
        """The writers of a specification: so many of each kind, each with subjects of its own."""
        patients = [one for ward in WARDS for one in self.patients[ward]]
        empty = [one for ward in WARDS for one in self.beds[ward]]
        assert len(empty) >= beds, "there are too few empty beds for so many writers"
        lanes = [
            *(("critical", "integrator", patients[number::labs]) for number in range(labs)),
            *(("vitals", "integrator", patients[number::vitals]) for number in range(vitals)),
            *(("bed", "clerk", empty[number::beds]) for number in range(beds)),
        ]
        return [
            {
                "name": f"{kind}-{number}",
                "port": int(port_of(server)),
                "token": self.people[who].token,
                "kind": kind,
                "subjects": subjects,
                "every": every,
            }
            for number, (kind, who, subjects) in enumerate(lanes)
        ]

    def station(self, name: str, server: Server, **more: Any) -> dict[str, Any]:
        """A station of a specification, at a server; its name begins with what kind it is."""
        who, feeds = STATIONS[name.partition(" ")[0]]
        return {
            "name": name,
            "url": server.sockets,
            "token": self.people[who].token,
            "feeds": [{"feed": feed, "ward": ward} for feed, ward in feeds],
            **more,
        }

    def feeds(self, stations: Sequence[Mapping[str, Any]]) -> list[Heard]:
        """What each feed of these stations is allowed to tell of."""
        return [
            Heard(
                one["name"],
                str(number),
                feed["feed"],
                self._allowed(STATIONS[one["name"].partition(" ")[0]][0], **feed),
            )
            for one in stations
            for number, feed in enumerate(one["feeds"])
        ]

    def _allowed(self, who: str, *, feed: str, ward: str | None) -> frozenset[str]:
        wards = WARDS if ward is None else (ward,)
        if feed == "bedChanges":
            mine = self.wards[who]
            return frozenset(bed for code in wards if code in mine for bed in self.beds[code])
        found = {patient for code in wards for patient in self.patients[code]}
        return self.visible[who] & found


async def scene(client: httpx.AsyncClient) -> Scene:
    """Sign everybody in, and look who is there and who may see them."""
    api = Api(client)
    users = {"admin", "clerk", "integrator", *(who for who, _ in STATIONS.values())}
    people = {user: await api.sign_in(user) for user in sorted(users)}
    patients, beds = {}, {}
    for ward in WARDS:
        found = await people["admin"].beds(ward)
        stays = [bed["admission"] for bed in found]
        patients[ward] = [stay["patient"]["id"] for stay in stays if stay is not None]
        beds[ward] = [
            bed["id"]
            for bed in found
            if bed["admission"] is None and bed["reservedFor"] is None and bed["status"] != "CLOSED"
        ]
        for bed in beds[ward]:
            given = {"bedId": bed, "status": STATUSES[-1]}
            await people["clerk"].run(SET_STATUS, input=given)
    visible, wards = {}, {}
    for user in sorted({who for who, _ in STATIONS.values()}):
        looked = await people[user].run(SEEN)
        wards[user] = frozenset(one["code"] for one in looked["wards"])
        seen = looked["patients"]
        assert seen["totalCount"] == len(seen["nodes"]), (
            "there are more patients than are asked for"
        )
        visible[user] = frozenset(one["id"] for one in seen["nodes"])
    return Scene(people, patients, beds, visible, wards)


async def rows(server: Server, admin: Person) -> Counter[str]:
    """How many of each kind there are of those who are written about, by the API."""
    async with httpx.AsyncClient(base_url=server.url, timeout=60) as client:
        asking = Person(client, admin.token)
        found = Counter(critical=(await asking.run(ALARMS))["criticalResults"]["totalCount"])
        for ward in WARDS:
            for bed in (await asking.run(ROWS, ward=ward))["ward"]["beds"]:
                if bed["admission"] is not None:
                    patient = bed["admission"]["patient"]
                    found["vitals"] += patient["vitals"]["totalCount"]
                    found["results"] += patient["labResults"]["totalCount"]
    return found


def rows_of(written: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """How many rows what was acknowledged must have left: one each."""
    kinds = Counter(line["kind"] for line in written)
    return Counter(critical=kinds["critical"], vitals=kinds["vitals"], results=kinds["critical"])
