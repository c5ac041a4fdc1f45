"""Reports as CSV: what `criticalResultReport` answers, as a table to download.

They are the same operations, asked for by the same person: rights, cost, budget and audit are those
of the schema, and there is nothing here that it would not answer.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from app.credentials import Credentials
from app.graphql_http import merged
from app.http_errors import JSON, error_body
from app.settings import Settings
from resolvers.critical_result_episodes import MOST_EPISODES
from resolvers.reading.documents import GraphQLRequest
from schema.answers import Answer
from schema.execution import Engine
from subscriptions.feeds import Authenticate

PARAMETERS = frozenset({"from", "to", "ward"})
FIGURES = (
    *("episodes", "raised", "reopened", "acknowledged", "withdrawn", "open", "breached"),
    *("readBacksRefused", "repeated", "worsened", "corrected"),
    *("medianMinutes", "p90Minutes", "p99Minutes", "shareReadBack"),
    *("within15Minutes", "within30Minutes", "within60Minutes"),
)
GROUPS = ("whole", "byKind", "byRule", "byWard", "byHour")
EPISODE = (
    *("criticalResultId", "kind", "ward", "rule", "beganAt", "reopened", "outcome", "endedAt"),
    *("minutes", "endedBy", "station", "readBackGiven", "escalationLevel", "breached"),
    *("readBacksRefused", "repeated", "worsened", "corrected"),
)
PERIOD = ("fromAt", "toAt", "timeZone")

_ASKED = "($from: DateTime!, $to: DateTime!, $ward: String)"
_GIVEN = "(from: $from, to: $to, ward: $ward)"
_OF_GROUP = f"{{ name {' '.join(FIGURES)} escalations {{ level episodes }} }}"
REPORT = f"""query CriticalResultReport{_ASKED} {{
  report: criticalResultReport{_GIVEN} {{
    {" ".join(PERIOD)}
    {" ".join(f"{group} {_OF_GROUP}" for group in GROUPS)}
  }}
}}"""
EPISODES = f"""query CriticalResultEpisodes{_ASKED[:-1]}, $first: Int, $skip: Int) {{
  report: criticalResultReport{_GIVEN} {{
    episodes(first: $first, skip: $skip) {{ {" ".join(EPISODE)} }}
  }}
}}"""

STATUS = {
    "UNAUTHENTICATED": 401,
    "FORBIDDEN": 403,
    "BAD_USER_INPUT": 400,
    "BUDGET_EXHAUSTED": 429,
    "UNAVAILABLE": 503,
    "TIMEOUT": 503,
}
"""Of an answer that is no report; anything else is a fault of ours."""

HEADERS = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "vary": "Cookie, Authorization, Origin",
}

_FORMULA = re.compile(r"[=+\-@\t\r]")
_NUMBER = re.compile(r"-?\d+(\.\d+)?")

Table = list[Sequence[Any]]


class Refused(Exception):
    """The answer that came instead of a report."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status)
        self.response = Response(body, status, {**HEADERS, **(headers or {})}, JSON)


class Reports:
    """Asks the engine for reports, as whoever holds the credentials of a request."""

    def __init__(self, settings: Settings, engine: Engine, authenticate: Authenticate) -> None:
        self._credentials = Credentials(settings)
        self._engine = engine
        self._authenticate = authenticate

    async def figures(self, request: Request) -> Table:
        """A row for the whole, and for each kind, rule, ward and hour."""
        report = await self._report(request, REPORT)
        groups = [
            (group, one)
            for group in GROUPS
            for one in (report[group] if group != "whole" else [report[group]])
        ]
        levels = range(1, 1 + max(len(one["escalations"]) for _, one in groups))
        heading = [*PERIOD, "group", "name", *FIGURES, *(f"escalated{level}" for level in levels)]
        period = [report[name] for name in PERIOD]
        rows: Table = [heading]
        for group, one in groups:
            reached = {each["level"]: each["episodes"] for each in one["escalations"]}
            figures = [one[name] for name in FIGURES]
            counts = [reached.get(level, 0) for level in levels]
            rows.append([*period, group, one["name"], *figures, *counts])
        return rows

    async def episodes(self, request: Request) -> Table:
        """A row for each episode that was counted. A page of them is an operation, which gathers
        all of the report: of most hospitals there is one."""
        rows: Table = [EPISODE]
        while True:
            page = {"first": MOST_EPISODES, "skip": len(rows) - 1}
            found = (await self._report(request, EPISODES, **page))["episodes"]
            rows += [[one[name] for name in EPISODE] for one in found]
            if len(found) < MOST_EPISODES:
                return rows

    async def _report(self, request: Request, document: str, **more: Any) -> dict[str, Any]:
        """What is answered under `report`. Raises Refused."""
        address = request.client.host if request.client else ""
        token = self._credentials.token("GET", merged(request.scope["headers"]))
        actor = None if token is None else await self._authenticate(token, address)
        asked = GraphQLRequest(document, None, {**_parameters(request), **more})
        answer = await self._engine.answer(asked, actor, address, read_only=True)
        found = orjson.loads(answer.body)
        if "errors" in found:
            raise _refused(answer, found["errors"][0]["extensions"]["code"])
        report: dict[str, Any] | None = found["data"]["report"]
        if report is None:
            error = {"message": "there is no such ward", "extensions": {"code": "NOT_FOUND"}}
            raise Refused(404, orjson.dumps({"errors": [error]}))
        return report


def _refused(answer: Answer, code: str) -> Refused:
    again = answer.retry_after
    headers = None if again is None else {"retry-after": str(again)}
    return Refused(STATUS.get(code, 500), answer.body, headers)


def _parameters(request: Request) -> dict[str, str]:
    try:
        query = request.scope["query_string"].decode("ascii")
        pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
    except ValueError:
        raise Refused(400, error_body("the address is no text in UTF-8")) from None
    found = {name: value for name, value in pairs if name in PARAMETERS}
    if len(found) != len(pairs):
        raise Refused(400, error_body("the parameters are from, to and ward, each once"))
    return found


def written(rows: Iterable[Sequence[Any]]) -> bytes:
    """The rows as CSV (RFC 4180). What a spreadsheet would take for a formula is text in it."""
    text = io.StringIO()
    csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    cell = str(value)
    if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell):
        return f"'{cell}"
    return cell


async def critical_results(request: Request) -> Response:
    """The figures of a period."""
    reports: Reports = request.app.state.reports
    return await _answered(reports.figures, request, "critical-results")


async def critical_result_episodes(request: Request) -> Response:
    """What they were counted from."""
    reports: Reports = request.app.state.reports
    return await _answered(reports.episodes, request, "critical-result-episodes")


async def _answered(rows: Any, request: Request, name: str) -> Response:
    try:
        body = written(await rows(request))
    except Refused as refused:
        return refused.response
    named = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(body, 200, HEADERS | named, "text/csv; charset=utf-8; header=present")


def routes() -> list[BaseRoute]:
    """The tables."""
    return [
        Route("/reports/critical-results.csv", critical_results),
        Route("/reports/critical-result-episodes.csv", critical_result_episodes),
    ]
