import type { FC } from "react";

import type { Bed } from "../board/reduce";

/** What can be done with a bed, from its card on the board. */
export const BedActions: FC<{ readonly bed: Bed }> = () => null;
