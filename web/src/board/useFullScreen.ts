import { useEffect, useEffectEvent } from "react";

function enter(): void {
  // Refused without a click of just now, as for a screen that starts with the wall: it has the board without the frame.
  document.documentElement.requestFullscreen().catch(() => undefined);
}

function leave(): void {
  if (document.fullscreenElement !== null) document.exitFullscreen().catch(() => undefined);
}

/** The whole screen while `on`; `onLeave` when Escape ends it, which the browser hears before the page does. */
export function useFullScreen(on: boolean, onLeave: () => void): void {
  const left = useEffectEvent(onLeave);

  useEffect(() => {
    if (!on) return undefined;
    if (document.fullscreenEnabled) enter();
    const pressed = (event: KeyboardEvent) => {
      // A window that lies over the wall is closed first.
      const inside = event.target instanceof Element && event.target.closest('[role="dialog"]') !== null;
      if (event.key === "Escape" && !event.defaultPrevented && !inside) left();
    };
    const changed = () => {
      if (document.fullscreenElement === null) left();
    };
    document.addEventListener("keydown", pressed);
    document.addEventListener("fullscreenchange", changed);
    return () => {
      document.removeEventListener("keydown", pressed);
      document.removeEventListener("fullscreenchange", changed);
      leave();
    };
  }, [on]);
}
