import { useCallback } from "react";
import { useRoute, useSearchParams } from "wouter";

const WALL = "wall";

/** The board as a wall screen shows it, without what one clicks on; in the address, so that a screen can start with it. */
export function useWall(): readonly [on: boolean, set: (on: boolean) => void] {
  const [params, setParams] = useSearchParams();
  const [onBoard] = useRoute("/wards/:code");
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
  return [onBoard && params.has(WALL), set];
}
