import { useEffect } from "react";

/** Keeps the screen lit while it is shown, where the browser can. */
export function useAwake(wanted: boolean): void {
  useEffect(() => {
    if (!wanted || !("wakeLock" in navigator)) return undefined;
    let lock: WakeLockSentinel | null = null;
    let over = false;

    async function light() {
      if (document.visibilityState !== "visible") return;
      try {
        const got = await navigator.wakeLock.request("screen");
        if (over) await got.release();
        else lock = got;
      } catch {
        // The machine saves its battery, or its owner has forbidden it: then the screen goes dark as it always did.
      }
    }

    void light();
    // The browser lets go of it whenever the page is out of sight.
    const again = () => void light();
    document.addEventListener("visibilitychange", again);
    return () => {
      over = true;
      document.removeEventListener("visibilitychange", again);
      void lock?.release();
    };
  }, [wanted]);
}
