import { lazy, Suspense, useState, type FC } from "react";
import { useTranslation } from "react-i18next";

import { patiently } from "../app/patiently";
import type { Bed } from "../board/reduce";
import { useLive } from "../live/Live";
import classes from "./BedActions.module.css";
import { offerOf, useChoosing } from "./choosing";
import { doings } from "./doings";

// Loaded when somebody does something: the board looks first.
const BedDialog = lazy(() => patiently(() => import("./BedDialog")));
const TakeBedDialog = lazy(() => patiently(() => import("./TakeBedDialog")));

/** What can be done with a bed, from its card on the board; while a bed is being chosen, the way to choose this one. */
export const BedActions: FC<{ readonly bed: Bed }> = ({ bed }) => {
  const { t } = useTranslation("board");
  const { viewer } = useLive();
  const choosing = useChoosing();
  const [open, setOpen] = useState<"bed" | "take" | null>(null);
  const offer = choosing && offerOf(bed, choosing);
  const useless = choosing === null ? doings(bed, viewer.scopes).length === 0 : offer === null;
  const close = () => setOpen(null);
  return (
    <>
      {/* One element for both, so that the focus comes back to it after the choice. */}
      {(!useless || open !== null) && (
        <button
          type="button"
          className={offer === null ? classes.more : classes.here}
          data-offer={offer}
          aria-label={offer === null ? t("actions.open", { code: bed.code }) : t(`actions.${offer}`, { code: bed.code })}
          aria-haspopup="dialog"
          onClick={() => setOpen(choosing === null ? "bed" : "take")}
        >
          <span aria-hidden="true">{offer === null ? "⋯" : t("actions.here")}</span>
        </button>
      )}
      <Suspense fallback={null}>
        {open === "bed" && <BedDialog bed={bed} onClose={close} />}
        {open === "take" && choosing && <TakeBedDialog bed={bed} choosing={choosing} onClose={close} />}
      </Suspense>
    </>
  );
};
