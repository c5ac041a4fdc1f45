import { useEffect, useEffectEvent } from "react";

/** A key that does something on the page that is open. */
export interface Shortcut {
  /** As `KeyboardEvent.key` gives it: "/", "?", "a". */
  readonly key: string;
  /** In the reader's language, for the list behind "?". */
  readonly does: string;
}

const open = new Map<symbol, Shortcut>();

/** The shortcuts of now, in the order in which they came. */
export function shortcuts(): readonly Shortcut[] {
  return [...open.values()];
}

function typing(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** Runs on the key, except where somebody types or answers a dialog, or with a key of the browser's beside it. */
export function useShortcut(key: string, does: string, run: () => void): void {
  const latest = useEffectEvent(run);

  useEffect(() => {
    const id = Symbol(key);
    open.set(id, { key, does });
    const pressed = (event: KeyboardEvent) => {
      // With caps lock on, a letter comes as a capital.
      if (event.key.toLowerCase() !== key || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
      // What lies under it must not change, and what is filled in there must not be lost.
      if (document.querySelector("[role=dialog]") !== null) return;
      event.preventDefault();
      latest();
    };
    document.addEventListener("keydown", pressed);
    return () => {
      open.delete(id);
      document.removeEventListener("keydown", pressed);
    };
  }, [key, does]);
}
