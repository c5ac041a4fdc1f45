import type { Client } from "@urql/core";
import { useEffect, useState, useSyncExternalStore } from "react";

import { CriticalResults } from "../critical/CriticalResults";
import type { LiveChannel } from "../live/channel";
import { LiveWarning } from "../live/LiveStatus";
import { BedCard } from "./BedCard";
import { BoardStore } from "./store";

interface BoardPageProps {
  readonly ward: string;
  readonly client: Client;
  readonly channel: LiveChannel;
  readonly mayAcknowledge: boolean;
}

/** Mounted anew for every ward (by its key). */
export function BoardPage({ ward, client, channel, mayAcknowledge }: BoardPageProps) {
  const [store] = useState(() => new BoardStore(ward, client, channel));
  useEffect(() => {
    store.start();
    return () => store.stop();
  }, [store]);
  const { status, board, refused, failure, announcement, closing } = useSyncExternalStore(
    store.subscribe,
    store.snapshot,
  );

  const open = board?.criticalTotal ?? 0;
  useEffect(() => {
    document.title = `${open > 0 ? `(${open}) ` : ""}${ward} · Wardline`;
  }, [open, ward]);

  return (
    <main>
      {/* Always there, since a live region speaks only of what changes in it. */}
      <div aria-live="assertive" className="only-spoken">
        <p key={announcement.number}>{announcement.text}</p>
      </div>
      <LiveWarning channel={channel} />
      {failure !== null && (
        <p role="alert" className="notice notice-error">
          {failure} {board ? "What you see may be old." : ""}
        </p>
      )}
      {status === "loading" && <p className="waiting">Reading the board…</p>}
      {status === "absent" && <p className="notice">There is no ward {ward}, or it is not open to you.</p>}
      {board && (
        <>
          <h1>
            {board.ward.name} <span className="quiet">{board.ward.code}</span>
          </h1>
          <CriticalResults
            client={client}
            criticals={board.criticals}
            total={board.criticalTotal}
            closing={closing}
            mayAcknowledge={mayAcknowledge}
            bedOf={(critical) => store.bedOf(critical)}
            onAcknowledged={(critical) => store.acknowledged(critical)}
          />
          <section aria-labelledby="beds-heading">
            <h2 id="beds-heading">Beds</h2>
            <ul className="beds">
              {board.beds.map((bed) => (
                <BedCard key={bed.id} bed={bed} refused={refused} criticals={board.criticals} />
              ))}
            </ul>
          </section>
        </>
      )}
    </main>
  );
}
