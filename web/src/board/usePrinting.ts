import { useSyncExternalStore } from "react";

const print = window.matchMedia("print");
let asked = false;

function subscribe(listener: () => void): () => void {
  const before = () => {
    asked = true;
    listener();
  };
  const after = () => {
    asked = false;
    listener();
  };
  window.addEventListener("beforeprint", before);
  window.addEventListener("afterprint", after);
  print.addEventListener("change", listener);
  return () => {
    window.removeEventListener("beforeprint", before);
    window.removeEventListener("afterprint", after);
    print.removeEventListener("change", listener);
  };
}

/** True while the page is put on paper: what is only for paper is drawn then, and not beside all that changes live. */
export function usePrinting(): boolean {
  return useSyncExternalStore(subscribe, () => asked || print.matches);
}
