/**
 * What the socket tells of the browser's other connections. While it is heard, the network carries; but where one socket
 * was lost, the connections of that time are lost with it, and a browser would still ask on them.
 */

/** The socket says something every ten seconds, as it is asked to (channel.ts). */
const HEARD_WITHIN_MS = 12_000;

/** So long a browser keeps a connection that nothing goes over. */
const KEPT_MS = 5 * 60_000;

export class Hearing {
  private heardAt: number | null = null;
  private lostAt: number | null = null;

  heard(now: number): void {
    this.heardAt = now;
  }

  lost(now: number): void {
    this.heardAt = null;
    this.lostAt = now;
  }

  /** True where a connection that is silent is at work, not gone. */
  isWhole(now: number): boolean {
    if (this.heardAt === null || now - this.heardAt > HEARD_WITHIN_MS) return false;
    return this.lostAt === null || now - this.lostAt > KEPT_MS;
  }
}
