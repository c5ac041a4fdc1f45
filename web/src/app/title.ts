import { useEffect } from "react";

let title = "";
let waiting = 0;

function show(): void {
  document.title = `${waiting > 0 ? `(${waiting}) ` : ""}${title === "" ? "" : `${title} · `}Wardline`;
}

/** The title of the browser's tab while a page is open. */
export function useTitle(of: string): void {
  useEffect(() => {
    title = of;
    show();
  }, [of]);
}

/** How many open critical results the tab's title tells of: "(2) MED1 · Wardline". */
export function useTitleCount(count: number): void {
  useEffect(() => {
    waiting = count;
    show();
    return () => {
      waiting = 0;
      show();
    };
  }, [count]);
}
