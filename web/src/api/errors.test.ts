import { CombinedError } from "@urql/core";
import { expect, it } from "vitest";

import { hasCode, problemOf, problemOfSent, refusedPaths, retryAfter } from "./errors";

function failure(...graphQLErrors: { message: string; path?: (string | number)[]; extensions?: Record<string, unknown> }[]): CombinedError {
  return new CombinedError({ graphQLErrors });
}

it("names the refused fields without list positions", () => {
  const error = failure(
    { message: "no", path: ["ward", "beds", 0, "admission"], extensions: { code: "FORBIDDEN" } },
    { message: "no", path: ["criticalResults"], extensions: { code: "FORBIDDEN" } },
    { message: "broken", path: ["viewer"], extensions: { code: "INTERNAL_SERVER_ERROR" } },
  );
  expect([...refusedPaths(error)]).toEqual(["ward.beds.admission", "criticalResults"]);
  expect(refusedPaths(undefined).size).toBe(0);
});

it("asks a throttled caller to wait as long as the server says", () => {
  expect(retryAfter(failure({ message: "slow", extensions: { code: "THROTTLED", retryAfter: 12.2 } }))).toBe(13);
  expect(retryAfter(failure({ message: "slow", extensions: { code: "THROTTLED" } }))).toBe(60);
  expect(retryAfter(failure({ message: "no", extensions: { code: "FORBIDDEN", retryAfter: 5 } }))).toBeNull();
});

it("tells apart what a person can do something about", () => {
  expect(problemOf(new CombinedError({ networkError: new Error("refused") }))).toEqual({ key: "unreachable" });
  const broken = failure({ message: "x", extensions: { code: "INTERNAL_SERVER_ERROR", correlationId: "c-1" } });
  expect(problemOf(broken)).toEqual({ key: "internal", id: "c-1" });
  expect(problemOf(failure({ message: "wait", extensions: { code: "THROTTLED", retryAfter: 7 } }))).toEqual({
    key: "throttled",
    seconds: 7,
  });
  const refused = failure({ message: "heartRate: at most 400", extensions: { code: "BAD_USER_INPUT", field: "heartRate" } });
  expect(problemOf(refused)).toEqual({ key: "refused", message: "heartRate: at most 400", field: "heartRate" });
  expect(problemOf(undefined)).toEqual({ key: "unknown" });
  expect(hasCode(broken, "INTERNAL_SERVER_ERROR")).toBe(true);
  expect(hasCode(broken, "FORBIDDEN")).toBe(false);
});

it("does not say of what was sent under a key that it was not done, where nobody knows", () => {
  const unanswered = new CombinedError({ networkError: new Error("lost") });
  expect(problemOfSent(unanswered)).toEqual({ key: "unanswered" });
  const other = failure({ message: "used", extensions: { code: "CONFLICT", field: "idempotencyKey" } });
  expect(problemOfSent(other)).toEqual({ key: "wentThrough" });
});
