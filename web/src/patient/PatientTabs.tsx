import { useEffect, useRef } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { paths } from "../app/paths";
import { useLive } from "../live/Live";
import { usePatientFile } from "./file";
import classes from "./PatientTabs.module.css";
import { TABS, isTab } from "./tabs";

/** Links, so that a tab can be opened beside another, and kept. */
export function PatientTabs({ tab }: { readonly tab: string }) {
  const { t } = useTranslation("patient");
  const { patient } = usePatientFile();
  const { viewer } = useLive();
  const open = Object.keys(TABS)
    .filter(isTab)
    .filter((name) => TABS[name] === null || viewer.scopes.includes(TABS[name]));
  const current = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    current.current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [tab]);
  return (
    <nav aria-label={t("tabs.label")} className={classes.tabs}>
      {open.map((name) => (
        <Link
          key={name}
          ref={name === tab ? current : undefined}
          href={paths.patient(patient.id, name === "overview" ? undefined : name)}
          className={classes.tab}
          aria-current={name === tab ? "page" : undefined}
        >
          {t(`tabs.${name}`)}
        </Link>
      ))}
      <Link href={paths.patient(patient.id, "print")} className={classes.tab} data-end="true" aria-current={tab === "print" ? "page" : undefined}>
        {t("tabs.print")}
      </Link>
    </nav>
  );
}
