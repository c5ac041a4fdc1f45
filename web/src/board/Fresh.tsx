import { useState, type ReactNode } from "react";
import { useTranslation } from "react-i18next";

import { useOfSeconds } from "../app/clock";
import classes from "./Fresh.module.css";

const FLASH_MS = 2_500;
const WORD_MS = 12_000;

interface FreshProps {
  /** What is shown, as one word: when it becomes another one, the part has changed. Null while it is not known. */
  readonly of: string | null;
  readonly className?: string | undefined;
  /** False where there is nothing to show: what has gone leaves no mark. */
  readonly children: ReactNode;
}

/**
 * No animation: one that fades would keep the machine drawing all the time on a ward where much happens, and every
 * one would begin again where cards change their order.
 */
function Mark() {
  const { t } = useTranslation("board");
  const [since] = useState(() => Date.now());
  const age = useOfSeconds((now) => (now - since < FLASH_MS ? "flash" : now - since < WORD_MS ? "word" : null));
  if (age === null) return null;
  return (
    <>
      {age === "flash" && <span className={classes.flash} aria-hidden="true" />}
      <span className={classes.mark} data-fresh="">
        {t("card.fresh")}
      </span>
    </>
  );
}

/** A part of a card that says for a moment that it has just changed: by a flash, and by a word that stays longer. */
export function Fresh({ of, className = "", children }: FreshProps) {
  const [seen, setSeen] = useState({ of, changes: 0 });
  if (seen.of !== of) setSeen({ of, changes: seen.changes + (seen.of === null || of === null ? 0 : 1) });
  if (children === false) return null;
  return (
    <div className={`${classes.part ?? ""} ${className}`}>
      {children}
      {/* A new element for each change, so that it begins again; what was focused beside it stays so. */}
      {seen.changes > 0 && <Mark key={seen.changes} />}
    </div>
  );
}
