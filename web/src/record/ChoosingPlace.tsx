import { lazy, Suspense } from "react";

import { patiently } from "../app/patiently";
import { useChoosing } from "./choosing";

const ChoosingBar = lazy(() => patiently(() => import("./ChoosingBar")));

/** The bar above a board while a bed is being chosen on it. */
export function ChoosingPlace({ ward }: { readonly ward: string }) {
  const choosing = useChoosing();
  return <Suspense fallback={null}>{choosing && <ChoosingBar choosing={choosing} ward={ward} />}</Suspense>;
}
