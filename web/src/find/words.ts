import { onLeaving } from "../app/leaving";

/**
 * What was typed into the search last, so that back comes back to it. Not in the address: a browser keeps what it was at,
 * and the name of a patient must not be kept on a station.
 */
let words = "";

onLeaving(() => keepWords(""));

export function keptWords(): string {
  return words;
}

export function keepWords(typed: string): void {
  words = typed;
}
