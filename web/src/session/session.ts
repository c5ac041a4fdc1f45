import type { Client } from "@urql/core";

import { makeClient } from "../api/client";
import { hasCode, problemOf, type Problem } from "../api/errors";
import { SessionDocument, SignOutDocument, type ViewerOfSessionFragment } from "../generated/graphql";
import { LiveChannel } from "../live/channel";

export type Viewer = ViewerOfSessionFragment;

export type SessionState =
  | { readonly status: "unknown" }
  | { readonly status: "unreachable"; readonly why: Problem }
  | { readonly status: "signed-out"; readonly ended: boolean }
  | { readonly status: "signed-in"; readonly viewer: Viewer; readonly channel: LiveChannel };

const TRY_AGAIN_MS = 5_000;

/** The socket alone is no use of a session, and an unused one ends (15 minutes by default): a page in view says so. */
const IN_USE_EVERY_MS = 60_000;

function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;
}

/** Who is signed in on this page, and the socket that lives as long as the sign-in. The token stays in its cookie. */
export class Session {
  readonly client: Client = makeClient(() => this.end(true));
  private state: SessionState = { status: "unknown" };
  private readonly listeners = new Set<() => void>();
  private inUse: ReturnType<typeof setInterval> | undefined;

  constructor() {
    void this.look();
  }

  readonly snapshot = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  signedIn(viewer: Viewer): void {
    const channel = new LiveChannel({
      url: socketUrl(),
      wake: window,
      onSignedOut: () => this.end(true),
      // The client ends the session by itself where the answer is UNAUTHENTICATED.
      onTrouble: () => void this.client.query(SessionDocument, {}).toPromise(),
    });
    this.inUse = setInterval(() => {
      if (document.visibilityState === "visible") void this.client.query(SessionDocument, {}).toPromise();
    }, IN_USE_EVERY_MS);
    this.set({ status: "signed-in", viewer, channel });
  }

  /** True where the server ended the session; where it cannot be reached the sign-in is still open there. */
  async signOut(): Promise<boolean> {
    const { error } = await this.client.mutation(SignOutDocument, {}).toPromise();
    if (error && !hasCode(error, "UNAUTHENTICATED")) return false;
    this.end(false);
    return true;
  }

  private async look(): Promise<void> {
    const { data, error } = await this.client.query(SessionDocument, {}).toPromise();
    if (data) {
      this.signedIn(data.viewer);
    } else if (error && hasCode(error, "UNAUTHENTICATED")) {
      this.set({ status: "signed-out", ended: false });
    } else {
      this.set({ status: "unreachable", why: problemOf(error) });
      setTimeout(() => void this.look(), TRY_AGAIN_MS);
    }
  }

  private end(ended: boolean): void {
    if (this.state.status !== "signed-in") return;
    clearInterval(this.inUse);
    this.state.channel.close();
    this.set({ status: "signed-out", ended });
  }

  private set(state: SessionState): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}
