import { useSyncExternalStore } from "react";

import { useNow } from "../app/clock";
import { clock, lasting } from "../format/time";
import type { LiveChannel } from "./channel";
import type { Phase } from "./phase";

function text(phase: Phase, now: number): string {
  switch (phase.name) {
    case "live":
      return "Live";
    case "connecting":
      return "Connecting…";
    case "reconnecting":
      return `Reconnecting, ${lasting(phase.since, now)}`;
    case "stale":
      return `No news for ${lasting(phase.since, now)}`;
    case "not-permitted":
      return "Live feed not permitted";
    case "signed-out":
      return "Signed out";
  }
}

/** The state of the line, always in sight. */
export function LiveStatus({ channel }: { readonly channel: LiveChannel }) {
  const phase = useSyncExternalStore(channel.subscribe, channel.phase);
  const now = useNow();
  return (
    <span className={`live live-${phase.name}`} data-phase={phase.name}>
      <span className="live-dot" aria-hidden="true" />
      {text(phase, now)}
    </span>
  );
}

/** A line that is not up by then is not merely slow. */
const SLOW_MS = 10_000;

/** Said over the board while what it shows may be old. */
export function LiveWarning({ channel }: { readonly channel: LiveChannel }) {
  const phase = useSyncExternalStore(channel.subscribe, channel.phase);
  const now = useNow();
  const old = phase.name === "reconnecting" || phase.name === "stale";
  const slow = phase.name === "connecting" && now - phase.since > SLOW_MS;
  return (
    <div role="alert">
      {old && (
        <p className="notice notice-old">
          <strong>Not live since {clock(phase.since)}.</strong> What you see may be old, and a new critical result may be
          missing. Wardline is reconnecting; until it is live, ask the laboratory by telephone.
        </p>
      )}
      {slow && (
        <p className="notice">
          <strong>The live line is not up yet.</strong> New results do not appear by themselves until it is.
        </p>
      )}
    </div>
  );
}
