/** What of a patient's orders is due, out of the orders alone. */
import { millis } from "../format/time";
import type { OrderOfChartFragment } from "../generated/graphql";

export type Order = OrderOfChartFragment;
export type Dose = NonNullable<Order["doses"]>[number];

export interface DueDose {
  readonly order: Order;
  readonly dose: Dose;
  readonly dueAt: number;
}

const WAITING: readonly Dose["state"][] = ["DUE", "LATE", "HELD"];

/** The doses that wait and are due before `until`, the earliest first. */
export function waiting(orders: readonly Order[], until: number): readonly DueDose[] {
  return orders
    .flatMap((order) =>
      (order.doses ?? []).flatMap((dose): DueDose[] => {
        const dueAt = millis(dose.dueAt);
        if (dueAt === null || dueAt >= until || !WAITING.includes(dose.state)) return [];
        return [{ order, dose, dueAt }];
      }),
    )
    .sort((a, b) => a.dueAt - b.dueAt || a.order.drug.localeCompare(b.order.drug));
}

/** Further ahead the API refuses to have it given, and says from when on. */
const SOON_MS = 3_600_000;

/** A dose of this evening waits like one of now, and must not be read as one. */
export function standingOf({ dose, dueAt }: DueDose, now: number): Dose["state"] | "PLANNED" {
  return dose.state === "DUE" && dueAt - now > SOON_MS ? "PLANNED" : dose.state;
}

export const DOSE_TONE = { PLANNED: "none", DUE: "single", LATE: "medium", HELD: "single", GIVEN: "low", NOT_GIVEN: "none" } as const;

const OPEN: readonly Order["status"][] = ["ACTIVE", "ON_HOLD", "DRAFT"];

export function isOpen(order: Order): boolean {
  return OPEN.includes(order.status);
}

/** What may be done with an order in its state; whether the viewer may is for the page. */
export function actionsOf(order: Order): readonly OrderAction[] {
  switch (order.status) {
    case "DRAFT":
      return ["start", "stop"];
    case "ACTIVE":
      return ["hold", "stop"];
    case "ON_HOLD":
      return ["resume", "stop"];
    default:
      return [];
  }
}

export type OrderAction = "start" | "hold" | "resume" | "stop";
