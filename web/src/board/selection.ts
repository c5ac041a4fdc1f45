/** Which beds of a ward are shown, and in which order, without the page: what is shown stands in its address. */
import { pressing, type Critical } from "../critical/open";
import { namesakes } from "../format/namesakes";
import { byRisk, news2 } from "../format/vitals";
import type { Due } from "./due";
import { partOf } from "./occupancy";
import type { Bed } from "./reduce";

/** A bed with all that a card says. */
export interface Place {
  readonly bed: Bed;
  /** Most pressing first. */
  readonly criticals: readonly Critical[];
  readonly due: Due | null;
  /** Another patient of the ward has the same family name. */
  readonly namesake: boolean;
}

export const SHOWS = ["all", "occupied", "free", "risk", "critical", "due"] as const;
export type Show = (typeof SHOWS)[number];

export const SORTS = ["bed", "risk"] as const;
export type Sort = (typeof SORTS)[number];

export function isShow(word: string | null): word is Show {
  return (SHOWS as readonly (string | null)[]).includes(word);
}

export function isSort(word: string | null): word is Sort {
  return (SORTS as readonly (string | null)[]).includes(word);
}

export function placesOf(
  beds: readonly Bed[],
  open: readonly Critical[],
  due: ReadonlyMap<string, Due>,
): readonly Place[] {
  const criticals = new Map<string, Critical[]>();
  for (const one of open) {
    const id = one.patient?.id;
    if (id !== undefined) criticals.set(id, [...(criticals.get(id) ?? []), one]);
  }
  const alike = namesakes(beds.flatMap((bed) => bed.admission?.patient ?? []));
  return beds.map((bed) => {
    const id = bed.admission?.patient?.id;
    if (id === undefined) return { bed, criticals: [], due: null, namesake: false };
    return { bed, criticals: criticals.get(id) ?? [], due: due.get(id) ?? null, namesake: alike.has(id) };
  });
}

/** NEWS2 asks that somebody looks: 5 and more, or a single 3. */
function atRisk({ bed }: Place): boolean {
  const { tone } = news2(bed.admission?.patient?.latestVitals?.news2 ?? null);
  return tone === "high" || tone === "medium" || tone === "single";
}

const IS: Readonly<Record<Show, (place: Place) => boolean>> = {
  all: () => true,
  occupied: ({ bed }) => partOf(bed) === "occupied",
  free: ({ bed }) => partOf(bed) === "available",
  risk: atRisk,
  critical: ({ criticals }) => criticals.length > 0,
  due: ({ due }) => due !== null,
};

/** How many beds each choice would show. */
export function counts(places: readonly Place[]): Readonly<Record<Show, number>> {
  const count = (show: Show) => places.filter(IS[show]).length;
  return {
    all: places.length,
    occupied: count("occupied"),
    free: count("free"),
    risk: count("risk"),
    critical: count("critical"),
    due: count("due"),
  };
}

/** Open critical results before all scores; empty beds last; equals in the order of the ward, so that nothing flickers. */
function worseFirst(one: Place, other: Place): number {
  const [a, b] = [one.criticals[0], other.criticals[0]];
  if (a !== undefined && b !== undefined) return pressing(a, b);
  if (a !== undefined || b !== undefined) return a === undefined ? 1 : -1;
  const [patient, neighbour] = [one.bed.admission?.patient, other.bed.admission?.patient];
  if (!patient || !neighbour) return Number(!patient) - Number(!neighbour);
  return byRisk(patient.latestVitals?.news2 ?? null, neighbour.latestVitals?.news2 ?? null);
}

/** `places` are in the order of the ward. */
export function selected(places: readonly Place[], show: Show, sort: Sort): readonly Place[] {
  const chosen = places.filter(IS[show]);
  return sort === "risk" ? chosen.sort(worseFirst) : chosen;
}

/** The rest of `places`, in their order. */
export function withoutOnes(places: readonly Place[], ones: readonly Place[]): readonly Place[] {
  const these = new Set(ones);
  return places.filter((place) => !these.has(place));
}

/** `places` in an order that was shown before; who was not there then comes at the end. */
export function inOrder(places: readonly Place[], ids: readonly string[]): readonly Place[] {
  const at = new Map(ids.map((id, index) => [id, index]));
  const rank = ({ bed }: Place) => at.get(bed.id) ?? ids.length;
  return [...places].sort((one, other) => rank(one) - rank(other));
}
