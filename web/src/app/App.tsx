import { useSyncExternalStore } from "react";

import { BoardPage } from "../board/BoardPage";
import type { Session } from "../session/session";
import { SignIn } from "../session/SignIn";
import { WardsPage } from "../wards/WardsPage";
import { Header } from "./Header";
import { useRoute } from "./route";

export function App({ session }: { readonly session: Session }) {
  const state = useSyncExternalStore(session.subscribe, session.snapshot);
  const route = useRoute();

  if (state.status === "unknown") return <p className="waiting">Opening Wardline…</p>;
  if (state.status === "unreachable") {
    return (
      <p className="waiting" role="alert">
        {state.why} Trying again…
      </p>
    );
  }
  if (state.status === "signed-out") {
    return (
      <SignIn client={session.client} ended={state.ended} onSignedIn={(viewer) => session.signedIn(viewer)} />
    );
  }
  const ward = route.page === "board" ? route.ward : null;
  return (
    <>
      <Header session={session} viewer={state.viewer} channel={state.channel} ward={ward} />
      {ward === null ? (
        <WardsPage client={session.client} viewer={state.viewer} />
      ) : (
        <BoardPage
          key={ward}
          ward={ward}
          client={session.client}
          channel={state.channel}
          mayAcknowledge={state.viewer.scopes.includes("critical-result:acknowledge")}
        />
      )}
    </>
  );
}
