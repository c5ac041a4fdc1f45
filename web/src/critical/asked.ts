import { onLeaving } from "../app/leaving";

/** Which critical result somebody wants to acknowledge: one dialog for all pages, opened from any of them. */
export class Asked {
  private id: string | null = null;
  private from: Element | null = null;
  private readonly listeners = new Set<() => void>();

  readonly snapshot = (): string | null => this.id;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  ask(id: string): void {
    // A second one does not take the place of one that is being typed.
    if (this.id !== null) return;
    this.from = document.activeElement;
    this.set(id);
  }

  /** Closes the dialog of this one, and puts the focus where the hand goes on. */
  end(id: string): void {
    // The answer to one that was closed meanwhile must not close the next.
    if (this.id !== id) return;
    this.set(null);
    const { from } = this;
    this.from = null;
    requestAnimationFrame(() => {
      const back = from instanceof HTMLElement && from.isConnected && from !== document.body ? from : next();
      back?.focus();
    });
  }

  readonly forget = (): void => {
    this.from = null;
    this.set(null);
  };

  private set(id: string | null): void {
    this.id = id;
    this.listeners.forEach((listener) => listener());
  }
}

/** The button of the most pressing one that is left, or else the page. */
function next(): HTMLElement | null {
  const button = document.querySelector<HTMLElement>("[data-acknowledge]");
  const main = document.querySelector("main");
  if (button !== null || main === null) return button;
  main.tabIndex = -1;
  return main;
}

export const asked = new Asked();
onLeaving(asked.forget);
