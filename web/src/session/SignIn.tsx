import type { Client, CombinedError } from "@urql/core";
import { useState, type SubmitEvent } from "react";

import { hasCode, retryAfter, sentence } from "../api/errors";
import { textOf } from "../app/form";
import { SignInDocument } from "../generated/graphql";
import type { Viewer } from "./session";

interface SignInProps {
  readonly client: Client;
  /** The session ended by itself or from elsewhere, not by the button of this page. */
  readonly ended: boolean;
  readonly onSignedIn: (viewer: Viewer) => void;
}

function refusal(error: CombinedError | undefined): string {
  if (error === undefined) return "Signing in did not succeed. Try again.";
  const seconds = retryAfter(error);
  if (seconds !== null) {
    const wait = seconds > 90 ? `${Math.ceil(seconds / 60)} minutes` : `${seconds} seconds`;
    return `Too many attempts. Wait ${wait}, then try again.`;
  }
  if (hasCode(error, "UNAUTHENTICATED")) return "Username or password is not right.";
  return sentence(error);
}

export function SignIn({ client, ended, onSignedIn }: SignInProps) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  async function signIn(event: SubmitEvent<HTMLFormElement>) {
    event.preventDefault();
    if (busy) return;
    const form = event.currentTarget;
    const values = new FormData(form);
    setBusy(true);
    setProblem(null);
    const { data, error } = await client
      .mutation(SignInDocument, {
        input: { username: textOf(values, "username"), password: textOf(values, "password") },
      })
      .toPromise();
    setBusy(false);
    if (data) {
      onSignedIn(data.signIn.viewer);
    } else {
      setProblem(refusal(error));
      form.querySelector<HTMLInputElement>("#password")?.select();
    }
  }

  return (
    <main className="sign-in">
      <form onSubmit={(event) => void signIn(event)} aria-describedby="sign-in-problem">
        <h1 className="brand">Wardline</h1>
        <p className="quiet">The ward, live. No critical result lost.</p>
        {ended && problem === null && (
          <p className="notice" role="status">
            Your session has ended. Sign in again to go on.
          </p>
        )}
        <label htmlFor="username">Username</label>
        <input id="username" name="username" autoComplete="username" autoCapitalize="none" spellCheck={false} required />
        <label htmlFor="password">Password</label>
        <input id="password" name="password" type="password" autoComplete="current-password" required />
        <div id="sign-in-problem" role="alert">
          {problem !== null && <p className="notice notice-error">{problem}</p>}
        </div>
        <button type="submit" className="primary" disabled={busy}>
          {busy ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
