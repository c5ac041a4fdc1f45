/**
 * Whether the pieces of this page can still be had. After a deployment it asks for some whose names are gone; and one
 * that was asked for on a connection that is gone never comes, as a browser gives it up after minutes alone. The page
 * is then begun anew, once, and never from under the hands of somebody.
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

/** What is wrong where a reload would help and was not made. */
export type Fault = "outdated" | "late";

export class Build {
  private outdated = false;
  private awaited = 0;
  private shown: Fault | null = null;
  private readonly listeners = new Set<() => void>();

  constructor(private readonly around: Surroundings) {}

  readonly fault = (): Fault | null => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** A piece of this page could not be loaded: because there is a newer one? */
  async look(): Promise<void> {
    const entry = await this.served();
    if (entry === null || entry === this.around.entry || this.beginAnew()) return;
    this.outdated = true;
    this.show();
  }

  /** A piece of this page does not come: said until `came`, and begun anew where the server is there all the same. */
  async late(): Promise<void> {
    this.awaited++;
    this.show();
    if ((await this.served()) !== null && this.awaited > 0) this.beginAnew();
  }

  came(): void {
    this.awaited--;
    this.show();
  }

  /** The script with which the server begins the page now; null where it does not answer. */
  private async served(): Promise<string | null> {
    return ENTRY.exec((await this.around.served()) ?? "")?.[1] ?? null;
  }

  private beginAnew(): boolean {
    if (this.around.inHand() || this.hasReloaded()) return false;
    this.around.storage.setItem(KEY, String(Date.now()));
    this.around.reload();
    return true;
  }

  private hasReloaded(): boolean {
    return Math.abs(Date.now() - Number(this.around.storage.getItem(KEY))) < ONCE_IN_MS;
  }

  private show(): void {
    const late = this.awaited > 0 ? "late" : null;
    const fault = this.outdated ? "outdated" : late;
    if (this.shown === fault) return;
    this.shown = fault;
    this.listeners.forEach((listener) => listener());
  }
}
