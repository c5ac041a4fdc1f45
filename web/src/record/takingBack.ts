/** What of a stay can be taken back as never meant (A11, A12, A13), as far as the page knows. The API has the last word. */
import { millis } from "../format/time";
import type { CourseFragment } from "../generated/graphql";

export const TAKINGS_BACK = ["cancelAdmission", "cancelTransfer", "cancelDischarge"] as const;
export type TakingBack = (typeof TAKINGS_BACK)[number];

export const SCOPE_TO_TAKE_BACK: Readonly<Record<TakingBack, string>> = {
  cancelAdmission: "patient:admit",
  cancelTransfer: "patient:transfer",
  cancelDischarge: "patient:discharge",
};

/** Each hospital sets how long it can be done, a day as shipped. What is older than this is not offered any more. */
const OFFERED_FOR_MS = 3 * 24 * 3_600_000;

function recent(at: string | null, now: number): boolean {
  return now - (millis(at) ?? 0) <= OFFERED_FOR_MS;
}

function moved({ stays }: CourseFragment, now: number): boolean {
  const standing = stays.filter((stay) => stay.cancelledAt === null);
  const current = standing.find((stay) => stay.endedAt === null);
  return current !== undefined && recent(current.startedAt, now) && standing.some((stay) => stay.endedAt === current.startedAt);
}

/** `newest`: the patient has come no other time since. */
export function takingsBack(course: CourseFragment, newest: boolean, now: number): readonly TakingBack[] {
  if (!newest) return [];
  const lies = course.status === "IN_PROGRESS" || course.status === "ON_LEAVE";
  return TAKINGS_BACK.filter((one) => {
    switch (one) {
      case "cancelAdmission":
        return course.status === "IN_PROGRESS" && recent(course.admittedAt, now);
      case "cancelTransfer":
        return lies && moved(course, now);
      case "cancelDischarge":
        return course.status === "FINISHED" && recent(course.dischargedAt, now);
    }
  });
}
