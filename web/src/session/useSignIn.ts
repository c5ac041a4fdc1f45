import type { CombinedError } from "@urql/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { hasCode, problemOf, retryAfter } from "../api/errors";
import { useSeconds } from "../app/clock";
import { SignInDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useProblem } from "../ui/Problem";
import type { Session } from "./session";

interface SigningIn {
  readonly busy: boolean;
  /** Why it was refused, in the reader's language; null before an attempt. */
  readonly refusal: string | null;
  /** True while the server takes no attempt at all. */
  readonly throttled: boolean;
  /** True where it succeeded; the session then has the viewer. */
  readonly signIn: (username: string, password: string) => Promise<boolean>;
}

/** Signing in with what the server says to it, the wait after too many attempts counted down. */
export function useSignIn(session: Session): SigningIn {
  const { t } = useTranslation("app");
  const say = useProblem();
  const format = useFormat();
  const now = useSeconds();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<CombinedError | "unknown" | null>(null);
  const [until, setUntil] = useState(0);
  const throttled = until > now;

  async function signIn(username: string, password: string): Promise<boolean> {
    setBusy(true);
    setError(null);
    const { data, error: refused } = await session.client
      .mutation(SignInDocument, { input: { username, password } })
      .toPromise();
    setBusy(false);
    if (data) {
      session.signedIn(data.signIn.viewer);
      return true;
    }
    const seconds = retryAfter(refused);
    setUntil(seconds === null ? 0 : Date.now() + seconds * 1_000);
    setError(refused ?? "unknown");
    return false;
  }

  function refusal(): string | null {
    if (error === null) return null;
    if (error === "unknown") return say({ key: "unknown" });
    if (retryAfter(error) !== null) {
      // After the wait there is nothing to say: one may try again.
      return throttled
        ? `${t("signIn.throttled", { time: format.lasting(until - now) })} ${t("signIn.throttledWhy")}`
        : null;
    }
    return hasCode(error, "UNAUTHENTICATED") ? t("signIn.wrong") : say(problemOf(error));
  }

  return { busy, refusal: refusal(), throttled, signIn };
}
