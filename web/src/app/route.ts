import { useSyncExternalStore } from "react";

export type Route = { readonly page: "wards" } | { readonly page: "board"; readonly ward: string };

export function routeOf(pathname: string): Route {
  const ward = /^\/wards\/([^/]+)\/?$/.exec(pathname)?.[1];
  if (ward === undefined) return { page: "wards" };
  try {
    return { page: "board", ward: decodeURIComponent(ward) };
  } catch {
    return { page: "wards" };
  }
}

export function wardPath(code: string): string {
  return `/wards/${encodeURIComponent(code)}`;
}

export function goTo(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

function onMove(listener: () => void): () => void {
  addEventListener("popstate", listener);
  return () => removeEventListener("popstate", listener);
}

export function useRoute(): Route {
  return routeOf(useSyncExternalStore(onMove, () => location.pathname));
}
