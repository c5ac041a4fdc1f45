import { useCallback } from "react";
import { useSearchParams } from "wouter";
import { useLocationProperty } from "wouter/use-browser-location";

const WALL = "wall";

function isWall(): boolean {
  return /^\/wards\/[^/]+\/?$/.test(location.pathname) && new URLSearchParams(location.search).has(WALL);
}

/** True on a wall screen. Each name of a page asks, and none is drawn again for another change of the address. */
export function useIsWall(): boolean {
  return useLocationProperty(isWall);
}

/** The board as a wall screen shows it, without what one clicks on; in the address, so that a screen can start with it. */
export function useWall(): readonly [on: boolean, set: (on: boolean) => void] {
  const [, setParams] = useSearchParams();
  const set = useCallback(
    (on: boolean) =>
      setParams(
        (before) => {
          const after = new URLSearchParams(before);
          if (on) after.set(WALL, "");
          else after.delete(WALL);
          return after;
        },
        { replace: true },
      ),
    [setParams],
  );
  return [useIsWall(), set];
}
