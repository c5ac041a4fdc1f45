import { overdue, type Critical } from "./open";
import { sounded, type CriticalStore, type Sounded } from "./store";

/** What a screen reader is told: of one critical result, or how many stand open when the page comes up. */
export type Word = { readonly n: number } & (Sounded | { readonly kind: "STANDING"; readonly count: number });

/** The level up to which each was told of. */
type Told = Map<string, number>;

const MOST_WORDS = 5;

/** What is open and was not told of, by the difference alone: after a long break there are no events to go by. */
export function untold(told: ReadonlyMap<string, number>, open: readonly Critical[]): readonly Sounded[] {
  return open.flatMap((critical): Sounded[] => {
    const level = told.get(critical.id);
    if (level === undefined) return [{ kind: "RAISED", critical }];
    if (level >= critical.escalationLevel) return [];
    return [{ kind: overdue(critical) ? "BREACHED" : "ESCALATED", critical }];
  });
}

/** Tells of each critical result once for each thing that happened to it, from events and from snapshots. */
export class Herald {
  private told: Told | null = null;
  private words: readonly Word[] = [];
  private count = 0;
  private planned = false;
  private undo: readonly (() => void)[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(private readonly criticals: Pick<CriticalStore, "snapshot" | "subscribe" | "onEvent">) {}

  start(): void {
    this.undo = [
      this.criticals.onEvent((event) => {
        const news = sounded(event);
        if (news !== null) this.event(news);
      }),
      // The event behind a change comes right after it, and has the better word.
      this.criticals.subscribe(() => {
        if (this.planned) return;
        this.planned = true;
        queueMicrotask(() => this.look());
      }),
    ];
    this.look();
  }

  stop(): void {
    this.undo.forEach((undo) => undo());
    this.undo = [];
  }

  readonly snapshot = (): readonly Word[] => this.words;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  private event(news: Sounded): void {
    const { kind, critical } = news;
    // Not of this ward any more, or not read yet: what is open then is told of as it stands.
    if (!this.open()?.some((one) => one.id === critical.id)) return;
    const level = this.told?.get(critical.id);
    if (this.told === null || (kind !== "WORSENED" && level !== undefined && level >= critical.escalationLevel)) return;
    this.told.set(critical.id, critical.escalationLevel);
    this.say(news);
  }

  private look(): void {
    this.planned = false;
    const open = this.open();
    if (open === null) return;
    if (this.told === null) {
      if (open.length > 0) this.say({ kind: "STANDING", count: open.length });
    } else {
      untold(this.told, open).forEach((news) => this.say(news));
    }
    this.told = new Map(open.map((one) => [one.id, one.escalationLevel]));
  }

  private open(): readonly Critical[] | null {
    return this.criticals.snapshot().state?.open ?? null;
  }

  private say(news: Sounded | { readonly kind: "STANDING"; readonly count: number }): void {
    this.words = [...this.words, { ...news, n: ++this.count }].slice(-MOST_WORDS);
    this.listeners.forEach((listener) => listener());
  }
}
