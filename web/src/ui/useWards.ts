import { useQuery } from "urql";

import { WardsToChooseDocument, type WardsToChooseQuery } from "../generated/graphql";

export type WardToChoose = WardsToChooseQuery["wards"][number];

const NONE: readonly WardToChoose[] = [];

/** The wards that the viewer may read, to choose one of them. */
export function useWards(): readonly WardToChoose[] {
  const [{ data }] = useQuery({ query: WardsToChooseDocument });
  return data?.wards ?? NONE;
}
