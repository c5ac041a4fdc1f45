/** The steps of the first tour, by their words in locales/<language>/app.json. */
export const STEPS = ["board", "critical", "live", "keys"] as const;

function key(viewerId: string): string {
  return `wardline.tour.${viewerId}`;
}

export function tourIsDue(viewerId: string): boolean {
  return localStorage.getItem(key(viewerId)) === null;
}

export function rememberTour(viewerId: string): void {
  localStorage.setItem(key(viewerId), "seen");
}

export function forgetTour(viewerId: string): void {
  localStorage.removeItem(key(viewerId));
}
