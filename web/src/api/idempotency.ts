/**
 * A key for one thing that is done, kept across its retries: a double click or a lost answer records once.
 *
 * Not `crypto.randomUUID`: that is missing on a closed network without TLS.
 */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
