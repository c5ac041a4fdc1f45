/**
 * Which tab of a machine sounds, where several show the same ward: the one that holds the lock. A tab that comes into
 * view takes it, because browsers slow hidden ones down. Two wards are two locks: neither may fall silent for the other.
 */
export class Turn {
  private holding = false;
  private release: () => void = () => undefined;
  private waiting = new AbortController();
  private running = false;

  constructor(
    private readonly name: string,
    /** Absent where the page came without TLS: then every tab sounds, which is too much, but never too little. */
    private readonly locks: Pick<LockManager, "request"> | undefined,
    private readonly page: Pick<Document, "visibilityState" | "addEventListener" | "removeEventListener">,
  ) {}

  get mine(): boolean {
    return this.running && (this.locks === undefined || this.holding);
  }

  start(): void {
    if (this.running) return;
    this.running = true;
    this.page.addEventListener("visibilitychange", this.seen);
    void this.take(this.page.visibilityState === "visible");
  }

  stop(): void {
    this.running = false;
    this.page.removeEventListener("visibilitychange", this.seen);
    this.waiting.abort();
    this.release();
  }

  private readonly seen = (): void => {
    if (this.page.visibilityState === "visible" && !this.holding) void this.take(true);
  };

  private async take(steal: boolean): Promise<void> {
    this.waiting.abort();
    const waiting = (this.waiting = new AbortController());
    try {
      await this.locks?.request(this.name, steal ? { steal } : { signal: waiting.signal }, () => {
        if (waiting.signal.aborted) return undefined;
        this.holding = true;
        return new Promise<void>((resolve) => (this.release = resolve));
      });
      this.lost(waiting);
    } catch {
      // Another tab came into view and took it: it comes back when that one closes.
      if (this.lost(waiting) && this.running) void this.take(false);
    }
  }

  /** True where it was this request that held: a later one may hold by now. */
  private lost(waiting: AbortController): boolean {
    if (waiting !== this.waiting) return false;
    this.holding = false;
    return true;
  }
}
