import type { AnyVariables, Client, TypedDocumentNode } from "@urql/core";

import { problemOf, type Problem } from "../api/errors";
import {
  StaysOfPatientDocument,
  TimelineDosesDocument,
  TimelineLabCriticalsDocument,
  TimelineOrdersDocument,
  TimelineResultsDocument,
  TimelineVitalsCriticalsDocument,
  TimelineVitalsDocument,
} from "../generated/graphql";
import { extended, limiting, merged, refreshed, type Entry, type Source, type Sources } from "./timeline";
import {
  doseEntries,
  moveEntries,
  orderEntries,
  resultEntries,
  sourceOf,
  stepEntries,
  vitalsEntries,
  type Given,
  type Ordered,
} from "./timelineContent";

/** The scopes without which a list is not asked for. */
export interface Sight {
  readonly vitals: boolean;
  readonly labs: boolean;
  readonly criticals: boolean;
  readonly medication: boolean;
  readonly stays: boolean;
}

export interface Timeline {
  readonly entries: readonly Entry[];
  readonly loading: boolean;
  /** There is more below. */
  readonly more: boolean;
  readonly problem: Problem | null;
}

type Load = (after: string | null) => Promise<ReadonlyMap<string, Source>>;

/** "Show more" shows at least so many more, or all there is. */
const MORE = 40;

interface DosePage {
  readonly nodes: readonly Given[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** Steps of critical results: they come with the result that raised it, and may be much later than that. */
const LASTING: ReadonlySet<string> = new Set(["lab criticals", "vitals criticals"]);

class Failed extends Error {
  constructor(readonly problem: Problem) {
    super(problem.key);
  }
}

/** The lists of one chart, their pages, and the timeline that they make. */
export class TimelineStore {
  private sources: Sources = new Map();
  private shown: Timeline = { entries: [], loading: true, more: false, problem: null };
  private readonly listeners = new Set<() => void>();
  private readonly loads = new Map<string, Load>();
  /** For lists whose newest page comes with another one. */
  private readonly further = new Map<string, Load>();
  private working: Promise<void> = Promise.resolve();

  constructor(
    private readonly patient: string,
    private readonly client: Client,
    sight: Sight,
  ) {
    if (sight.vitals) this.loads.set("vitals", (after) => this.vitals(after));
    if (sight.labs) this.loads.set("results", (after) => this.results(after));
    if (sight.labs && sight.criticals) this.loads.set("lab criticals", (after) => this.labCriticals(after));
    if (sight.vitals && sight.criticals) this.loads.set("vitals criticals", (after) => this.vitalsCriticals(after));
    if (sight.medication) this.loads.set("orders", () => this.orders());
    if (sight.stays) this.loads.set("stays", () => this.stays());
  }

  readonly snapshot = (): Timeline => this.shown;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Reads the newest page of every list. */
  refresh(): void {
    this.queue(async () => {
      const pages = await Promise.all([...this.loads.values()].map((load) => load(null)));
      const sources = new Map(this.sources);
      for (const [name, page] of pages.flatMap((one) => [...one])) {
        const known = sources.get(name);
        sources.set(name, known === undefined ? page : refreshed(known, page, LASTING.has(name)));
      }
      this.sources = sources;
    });
  }

  more(): void {
    this.queue(async () => {
      const wanted = merged(this.sources).length + MORE;
      for (let names = limiting(this.sources); names.length > 0; names = limiting(this.sources)) {
        await Promise.all(names.map((name) => this.extend(name)));
        if (merged(this.sources).length >= wanted) return;
      }
    });
  }

  private async extend(name: string): Promise<void> {
    const known = this.sources.get(name);
    const load = this.further.get(name) ?? this.loads.get(name);
    if (known === undefined || load === undefined) return;
    const page = (await load(known.cursor)).get(name);
    if (page !== undefined) this.sources = new Map(this.sources).set(name, extended(known, page));
  }

  /** One after the other: a page and a newest page at once would each put back what the other brought. */
  private queue(work: () => Promise<void>): void {
    this.show({ loading: true });
    this.working = this.working.then(async () => {
      try {
        await work();
        this.show({ entries: merged(this.sources), loading: false, more: limiting(this.sources).length > 0, problem: null });
      } catch (error) {
        if (!(error instanceof Failed)) throw error;
        this.show({ loading: false, problem: error.problem });
      }
    });
  }

  private show(change: Partial<Timeline>): void {
    this.shown = { ...this.shown, ...change };
    this.listeners.forEach((listener) => listener());
  }

  private async ask<Data, Variables extends AnyVariables>(query: TypedDocumentNode<Data, Variables>, variables: Variables): Promise<Data> {
    const { data, error } = await this.client.query(query, variables).toPromise();
    if (data === undefined) throw new Failed(problemOf(error));
    return data;
  }

  private async vitals(after: string | null) {
    const { patient } = await this.ask(TimelineVitalsDocument, { id: this.patient, after });
    const page = patient?.vitals;
    if (!page) return new Map();
    return new Map([["vitals", sourceOf(vitalsEntries(page.nodes), page, page.nodes.at(-1)?.recordedAt)]]);
  }

  private async results(after: string | null) {
    const { patient } = await this.ask(TimelineResultsDocument, { id: this.patient, after });
    const page = patient?.labResults;
    if (!page) return new Map();
    return new Map([["results", sourceOf(resultEntries(page.nodes), page, page.nodes.at(-1)?.observedAt)]]);
  }

  private async labCriticals(after: string | null) {
    const { patient } = await this.ask(TimelineLabCriticalsDocument, { id: this.patient, after });
    const page = patient?.labResults;
    if (!page) return new Map();
    const entries = stepEntries(page.nodes.map((one) => one.criticalResult));
    return new Map([["lab criticals", sourceOf(entries, page, page.nodes.at(-1)?.observedAt)]]);
  }

  private async vitalsCriticals(after: string | null) {
    const { patient } = await this.ask(TimelineVitalsCriticalsDocument, { id: this.patient, after });
    const page = patient?.vitals;
    if (!page) return new Map();
    const entries = stepEntries(page.nodes.map((one) => one.criticalResult));
    return new Map([["vitals criticals", sourceOf(entries, page, page.nodes.at(-1)?.recordedAt)]]);
  }

  /** Every order, because an old one may be given today; the doses of one that has many are a list by themselves. */
  private async orders() {
    const sources = new Map<string, Source>();
    let entries: readonly Entry[] = [];
    let after: string | null = null;
    do {
      const { patient }: Awaited<ReturnType<typeof this.orderPage>> = await this.orderPage(after);
      const page = patient?.medications;
      if (!page) break;
      entries = [...entries, ...orderEntries(page.nodes)];
      for (const order of page.nodes) {
        if (order.administrations) this.doses(order, order.administrations, sources);
      }
      after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
    } while (after !== null);
    return sources.set("orders", { entries, horizon: null, cursor: null });
  }

  private orderPage(after: string | null) {
    return this.ask(TimelineOrdersDocument, { id: this.patient, after });
  }

  private doses(order: Ordered, page: DosePage, sources: Map<string, Source>) {
    const name = `doses ${order.id}`;
    sources.set(name, sourceOf(doseEntries(order, page.nodes), page, page.nodes.at(-1)?.givenAt));
    if (!page.pageInfo.hasNextPage) return;
    // Not asked for by itself at a refresh: the orders bring the newest of it.
    this.further.set(name, async (after) => {
      const { node } = await this.ask(TimelineDosesDocument, { order: order.id, after });
      const next = node?.__typename === "MedicationOrder" ? node.administrations : null;
      if (!next) return new Map();
      return new Map([[name, sourceOf(doseEntries(order, next.nodes), next, next.nodes.at(-1)?.givenAt)]]);
    });
  }

  private async stays() {
    const { patient } = await this.ask(StaysOfPatientDocument, { id: this.patient });
    const entries = moveEntries(patient?.admissions?.nodes ?? []);
    return new Map([["stays", { entries, horizon: null, cursor: null }]]);
  }
}
