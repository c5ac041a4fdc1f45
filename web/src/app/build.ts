/**
 * Whether this page is of another build than the server has by now: after a deployment it asks for pieces whose names
 * are gone. It is then begun anew, once, and never from under the hands of somebody.
 */

/** What of the browser it takes to see that. */
export interface Surroundings {
  /** The page as the server sends it now; null while it does not. */
  readonly served: () => Promise<string | null>;
  /** The script with which this page began. */
  readonly entry: string;
  /** True where somebody would lose what they are in the middle of. */
  readonly inHand: () => boolean;
  readonly reload: () => void;
  readonly storage: Pick<Storage, "getItem" | "setItem">;
}

const KEY = "wardline.begun-anew";

/** Two servers of two builds behind one name must not send a page back and forth. */
const ONCE_IN_MS = 10 * 60_000;

/** index.html as Vite builds it: what anything between here and the server sends in its place has no such script. */
const ENTRY = /<script type="module"[^>]* src="([^"]+)"/;

export class Build {
  private shown = false;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly around: Surroundings) {}

  /** True where a reload is needed and was not made. */
  readonly outdated = (): boolean => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A piece of this page could not be loaded: because there is a newer one? */
  async look(): Promise<void> {
    const entry = ENTRY.exec((await this.around.served()) ?? "")?.[1];
    if (entry === undefined || entry === this.around.entry) return;
    if (this.around.inHand() || this.hasReloaded()) {
      this.show();
      return;
    }
    this.around.storage.setItem(KEY, String(Date.now()));
    this.around.reload();
  }

  private hasReloaded(): boolean {
    return Math.abs(Date.now() - Number(this.around.storage.getItem(KEY))) < ONCE_IN_MS;
  }

  private show(): void {
    if (this.shown) return;
    this.shown = true;
    this.listeners.forEach((listener) => listener());
  }
}
