/** The rows of the API as entries of the timeline. */
import { millis } from "../format/time";
import type {
  ResultOfChartFragment,
  StaysOfPatientQuery,
  StepsOfChartFragment,
  TimelineOrdersQuery,
  VitalsOfChartFragment,
} from "../generated/graphql";
import type { Entry, EntryKind, Source } from "./timeline";

export type Step = StepsOfChartFragment["steps"][number];
type TimelineOrder = NonNullable<NonNullable<TimelineOrdersQuery["patient"]>["medications"]>["nodes"][number];
type OrderStep = NonNullable<TimelineOrder["history"]>[number];
export type Given = NonNullable<TimelineOrder["administrations"]>["nodes"][number];
type Stay = NonNullable<NonNullable<StaysOfPatientQuery["patient"]>["admissions"]>["nodes"][number];

/** An order as far as an entry names it. */
export type Ordered = Pick<TimelineOrder, "id" | "drug" | "dose" | "doseUnit" | "route" | "frequency">;

export type Move = "admitted" | "moved" | "takenBack" | "discharged";

export type Content =
  | { readonly type: "vitals"; readonly vitals: VitalsOfChartFragment }
  | { readonly type: "results"; readonly results: readonly ResultOfChartFragment[] }
  | { readonly type: "step"; readonly critical: StepsOfChartFragment; readonly step: Step }
  | { readonly type: "order"; readonly order: Ordered; readonly step: OrderStep }
  | { readonly type: "dose"; readonly order: Ordered; readonly given: Given }
  | { readonly type: "move"; readonly move: Move; readonly place: string | null; readonly note: string | null };

function entry(kind: EntryKind, id: string, at: string | null, content: Content): readonly Entry[] {
  const time = millis(at);
  return time === null ? [] : [{ id, at: time, kind, content }];
}

export function vitalsEntries(vitals: readonly VitalsOfChartFragment[]): readonly Entry[] {
  return vitals.flatMap((one) => entry("vitals", one.id, one.recordedAt, { type: "vitals", vitals: one }));
}

export function resultEntries(results: readonly ResultOfChartFragment[]): readonly Entry[] {
  return results.flatMap((one) => entry("results", one.id, one.observedAt, { type: "results", results: [one] }));
}

/** Several results may hang on one critical result: its steps are there once. */
export function stepEntries(criticals: readonly (StepsOfChartFragment | null)[]): readonly Entry[] {
  const each = new Map(criticals.flatMap((one) => (one === null ? [] : [[one.id, one] as const])));
  return [...each.values()].flatMap((critical) =>
    critical.steps.flatMap((step) =>
      entry("criticals", `${critical.id} ${step.number}`, step.occurredAt, { type: "step", critical, step }),
    ),
  );
}

export function orderEntries(orders: readonly TimelineOrder[]): readonly Entry[] {
  return orders.flatMap((order) =>
    (order.history ?? []).flatMap((step) =>
      entry("orders", `${order.id} ${step.kind} ${step.occurredAt}`, step.occurredAt, { type: "order", order, step }),
    ),
  );
}

export function doseEntries(order: Ordered, given: readonly Given[]): readonly Entry[] {
  return given.flatMap((one) => entry("doses", one.id, one.givenAt, { type: "dose", order, given: one }));
}

/** The way through the beds: of each stay the first bed is the admission's, each further one a move. */
export function moveEntries(stays: readonly Stay[]): readonly Entry[] {
  return stays.flatMap((stay) => {
    const beds = [...stay.stays].sort((a, b) => a.startedAt.localeCompare(b.startedAt));
    const ways = beds.flatMap((one, number) => {
      const place = `${one.bed.ward.code} · ${one.bed.code}`;
      const move = number === 0 ? "admitted" : "moved";
      const note = number === 0 ? stay.reason : one.overrideReason;
      const id = `${stay.id} ${one.bed.id} ${one.startedAt}`;
      return [
        ...entry("moves", id, one.startedAt, { type: "move", move, place, note }),
        ...entry("moves", `${id} back`, one.cancelledAt, { type: "move", move: "takenBack", place, note: null }),
      ];
    });
    const out: Content = { type: "move", move: "discharged", place: null, note: stay.cancelReason };
    return [...ways, ...entry("moves", `${stay.id} out`, stay.dischargedAt, out)];
  });
}

interface Page {
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor?: string | null };
}

/** What a page tells of its list; `oldest` is by what the list is ordered, of its last row. */
export function sourceOf(entries: readonly Entry[], { pageInfo }: Page, oldest: string | undefined): Source {
  const horizon = pageInfo.hasNextPage ? millis(oldest) : null;
  return { entries, horizon, cursor: horizon === null ? null : (pageInfo.endCursor ?? null) };
}
