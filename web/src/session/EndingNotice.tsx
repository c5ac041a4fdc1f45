import { lazy, Suspense } from "react";

import { useNow } from "../app/clock";
import { patiently } from "../app/patiently";
import { useLive } from "../live/Live";

const RenewForm = lazy(() => patiently(() => import("./RenewForm")));

/** So long before the end somebody has time to finish a sentence and to find the password. */
const WARN_BEFORE_MS = 10 * 60_000;

/** The session is about to end. */
export function EndingNotice() {
  const { endsAt } = useLive();
  const now = useNow();
  const soon = endsAt !== null && endsAt - now < WARN_BEFORE_MS;
  return (
    <div role="status">
      {soon && (
        <Suspense fallback={null}>
          <RenewForm endsAt={endsAt} />
        </Suspense>
      )}
    </div>
  );
}
