import type { Problem } from "./errors";

/**
 * A key for one thing that is done, kept across its retries: a double click or a lost answer records once.
 *
 * Not `crypto.randomUUID`: that is missing on a closed network without TLS.
 */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The key of what is sent next. One that stands for something that was done is not used for another thing; one whose
 * fate is not known is kept, also where the form was edited: the server then says that the first was done.
 */
export function keyAfter(key: string, problem: Problem | null): string {
  return problem?.key === "wentThrough" ? newKey() : key;
}
