import type { Client } from "@urql/core";
import { createContext, use, useEffect, useMemo, useState, useSyncExternalStore, type ReactNode } from "react";

import { leave } from "../app/leaving";
import { paths } from "../app/paths";
import { CriticalStore } from "../critical/store";
import type { OpenCriticals } from "../critical/open";
import type { Session, Viewer } from "../session/session";
import type { LiveChannel } from "./channel";
import type { Mirrored } from "./mirror";
import type { Phase } from "./phase";

/** What every page stands on: who looks, the one socket, and the open critical results of this station. */
export interface Live {
  readonly session: Session;
  readonly viewer: Viewer;
  readonly client: Client;
  readonly channel: LiveChannel;
  /** When the session ends, used or not; milliseconds, null where it is not known. */
  readonly endsAt: number | null;
  readonly criticals: CriticalStore;
  /** The ward that this station stands on: that of the board that was opened last; null before the first. */
  readonly ward: string | null;
  readonly standOn: (ward: string) => void;
}

const LiveContext = createContext<Live | null>(null);

/** Per tab: two windows of one desk may show two wards. */
const WARD_KEY = "wardline.ward";

function firstWard(viewer: Viewer): string | null {
  const open = viewer.wards.map((ward) => ward.code);
  // That of the board that the page begins with: the alarm must not be of all wards first, vanish, and come again.
  const named = open.find((code) => location.pathname === paths.ward(code)) ?? sessionStorage.getItem(WARD_KEY);
  if (named !== null && open.includes(named)) return named;
  return open.length === 1 ? (open[0] ?? null) : null;
}

interface LiveProviderProps {
  readonly session: Session;
  readonly viewer: Viewer;
  readonly channel: LiveChannel;
  readonly endsAt: number | null;
  readonly children: ReactNode;
}

export function LiveProvider({ session, viewer, channel, endsAt, children }: LiveProviderProps) {
  const [ward, setWard] = useState(() => firstWard(viewer));
  const criticals = useMemo(() => new CriticalStore(ward, session.client, channel), [ward, session, channel]);

  useEffect(() => {
    criticals.start();
    return () => criticals.stop();
  }, [criticals]);

  // Of a person, not of a socket: this is made anew for each who signs in.
  useEffect(() => leave, []);

  const live = useMemo<Live>(
    () => ({
      session,
      viewer,
      client: session.client,
      channel,
      endsAt,
      criticals,
      ward,
      standOn: (code) => {
        sessionStorage.setItem(WARD_KEY, code);
        setWard(code);
      },
    }),
    [session, viewer, channel, endsAt, criticals, ward],
  );
  return <LiveContext value={live}>{children}</LiveContext>;
}

export function useLive(): Live {
  const live = use(LiveContext);
  if (live === null) throw new Error("useLive outside LiveProvider");
  return live;
}

/** True where the viewer holds the scope, at least in some reach: the server decides row by row. */
export function useMay(scope: string): boolean {
  return useLive().viewer.scopes.includes(scope);
}

export function useCriticals(): Mirrored<OpenCriticals> {
  const { criticals } = useLive();
  return useSyncExternalStore(criticals.subscribe, criticals.snapshot);
}

export function usePhase(): Phase {
  const { channel } = useLive();
  return useSyncExternalStore(channel.subscribe, channel.phase);
}
