/**
 * What the memory of this tab keeps beside the page is one person's: whom a bed is being chosen for, what was typed into
 * a search. It is forgotten when that person leaves, so that the next one in this tab finds nothing of it.
 */
const kept = new Set<() => void>();

export function onLeaving(forget: () => void): void {
  kept.add(forget);
}

export function leave(): void {
  kept.forEach((forget) => forget());
}
