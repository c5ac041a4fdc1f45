import type { Client } from "@urql/core";

import { makeClient } from "../api/client";
import { hasCode, problemOf, type Problem } from "../api/errors";
import { millis } from "../format/time";
import { SessionDocument, SignOutDocument, type ViewerOfSessionFragment } from "../generated/graphql";
import { LiveChannel } from "../live/channel";

export type Viewer = ViewerOfSessionFragment;

export type SessionState =
  | { readonly status: "unknown" }
  | { readonly status: "unreachable"; readonly why: Problem }
  | { readonly status: "signed-out"; readonly ended: boolean }
  | {
      readonly status: "signed-in";
      readonly viewer: Viewer;
      readonly channel: LiveChannel;
      /** When the session ends, used or not; milliseconds. Null where the server does not say. */
      readonly endsAt: number | null;
    };

const TRY_AGAIN_MS = 5_000;

/** The socket alone is no use of a session, and an unused one ends (15 minutes by default): a page in view says so. */
const IN_USE_EVERY_MS = 60_000;

function socketUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/graphql`;
}

/** Who is signed in on this page, and the socket that lives as long as the sign-in. The token stays in its cookie. */
export class Session {
  readonly client: Client = makeClient(
    () => this.end(true),
    () => this.state.status === "signed-in" && this.state.channel.isWhole(),
  );
  private state: SessionState = { status: "unknown" };
  private readonly listeners = new Set<() => void>();
  private inUse: ReturnType<typeof setInterval> | undefined;
  /** The pages of one browser share its cookie: who signs in or out on one of them does so on all. */
  private readonly others = new BroadcastChannel("wardline.session");

  constructor() {
    this.others.onmessage = () => void this.look();
    void this.look();
  }

  readonly snapshot = (): SessionState => this.state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Somebody has just signed in on this page: for the first time, or again before the session ends. */
  signedIn(viewer: Viewer): void {
    this.stand(viewer);
    this.others.postMessage("signed in");
  }

  /** True where the server ended the session; where it cannot be reached the sign-in is still open there. */
  async signOut(): Promise<boolean> {
    const { error } = await this.client.mutation(SignOutDocument, {}).toPromise();
    if (error && !hasCode(error, "UNAUTHENTICATED")) return false;
    this.end(false);
    this.others.postMessage("signed out");
    return true;
  }

  /** Asks who is signed in; the client ends the session by itself where the answer is UNAUTHENTICATED. */
  private async look(): Promise<void> {
    const { data, error } = await this.client.query(SessionDocument, {}).toPromise();
    if (data) {
      this.found(data.viewer);
    } else if (this.state.status === "signed-in") {
      return;
    } else if (hasCode(error, "UNAUTHENTICATED")) {
      if (this.state.status !== "signed-out") this.set({ status: "signed-out", ended: false });
    } else {
      this.set({ status: "unreachable", why: problemOf(error) });
      setTimeout(() => void this.look(), TRY_AGAIN_MS);
    }
  }

  private found(viewer: Viewer): void {
    const { state } = this;
    const same = state.status === "signed-in" && state.viewer.id === viewer.id;
    // Of another session of the same person the socket is still that of the one before, which ends.
    if (!same || state.viewer.session?.signedInAt !== viewer.session?.signedInAt) this.stand(viewer);
  }

  private stand(viewer: Viewer): void {
    const endsAt = millis(viewer.session?.endsAt);
    const { state } = this;
    // Whoever signs in again goes on with what they have open.
    if (state.status === "signed-in" && state.viewer.id === viewer.id && state.channel.renew()) {
      this.set({ ...state, viewer, endsAt });
      return;
    }
    this.leave();
    const channel = new LiveChannel({
      url: socketUrl(),
      wake: window,
      onSignedOut: () => this.end(true),
      onTrouble: () => void this.look(),
    });
    this.inUse = setInterval(() => {
      if (document.visibilityState === "visible") void this.look();
    }, IN_USE_EVERY_MS);
    this.set({ status: "signed-in", viewer, channel, endsAt });
  }

  private leave(): void {
    clearInterval(this.inUse);
    if (this.state.status === "signed-in") this.state.channel.close();
  }

  private end(ended: boolean): void {
    if (this.state.status !== "signed-in") return;
    this.leave();
    this.set({ status: "signed-out", ended });
  }

  private set(state: SessionState): void {
    this.state = state;
    this.listeners.forEach((listener) => listener());
  }
}
