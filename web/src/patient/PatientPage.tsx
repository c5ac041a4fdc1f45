import { Loader } from "@mantine/core";
import { useEffect, useMemo } from "react";
import { useTranslation } from "react-i18next";

import { useTitle } from "../app/title";
import { PatientHeadOfDocument } from "../generated/graphql";
import { useLive, useMay } from "../live/Live";
import { Pulse } from "../live/pulse";
import { ProblemNote } from "../ui/Problem";
import { Column } from "./Column";
import { EmergencyAccess } from "./EmergencyAccess";
import { feedsOfPatient } from "./feeds";
import { PatientFileContext } from "./file";
import { PatientHeader } from "./PatientHeader";
import "./print.css";
import { PatientTab } from "./PatientTab";
import { PatientTabs } from "./PatientTabs";
import { Unseen } from "./Unseen";
import { useFileQuery } from "./useFileQuery";

/** What tells of changes to this chart. The pulse is there before the patient: it then beats with the clock alone. */
function usePulse(id: string, found: boolean, ward: string | null): Pulse {
  const { channel, criticals } = useLive();
  const vitals = useMay("vitals:read");
  const beds = useMay("ward:read");
  const pulse = useMemo(
    () => new Pulse(channel, (beat) => (found ? feedsOfPatient({ id, ward: beds ? ward : null, vitals, beat }) : [])),
    [channel, id, found, ward, vitals, beds],
  );

  useEffect(() => {
    pulse.start();
    const deaf = criticals.onEvent((event) => {
      if (event.criticalResult?.patient?.id === id) pulse.beat();
    });
    return () => {
      deaf();
      pulse.stop();
    };
  }, [pulse, criticals, id]);
  return pulse;
}

export default function PatientPage({ id, tab }: { readonly id: string; readonly tab: string }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const head = useFileQuery(PatientHeadOfDocument, { id }, null);
  const patient = head.data?.patient ?? null;
  const pulse = usePulse(id, patient !== null, patient?.admission?.ward?.code ?? null);
  const { again } = head;
  useEffect(() => pulse.onBeat(again), [pulse, again]);
  // By the bed: a browser keeps the titles of what it has shown, and no name may be among them.
  const bed = patient?.admission?.bed?.code;
  useTitle(bed === undefined ? t("title") : `${t("clinical:word.bed")} ${bed}`);
  const file = useMemo(() => (patient === null ? null : { patient, pulse, again }), [patient, pulse, again]);

  if (head.data === undefined) {
    return head.problem === null ? <Loader m="xl" /> : <ProblemNote problem={head.problem} onAgain={again} />;
  }
  if (file === null) return <Unseen id={id} refused={head.refused.has("patient")} onOpened={again} />;
  return (
    <PatientFileContext value={file}>
      <Column>
        <PatientHeader refused={head.refused} />
        <PatientTabs tab={tab} />
        <ProblemNote problem={head.problem} onAgain={again} />
        <EmergencyAccess />
        <PatientTab tab={tab} />
      </Column>
    </PatientFileContext>
  );
}
