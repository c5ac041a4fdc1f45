import { NotFound } from "../app/NotFound";
import { useTranslation } from "react-i18next";

import { useLive } from "../live/Live";
import { Refused } from "../ui/Refused";
import { LabsTab } from "./LabsTab";
import { MedicationTab } from "./MedicationTab";
import { OverviewTab } from "./OverviewTab";
import { PrintTab } from "./PrintTab";
import { StaysTab } from "./StaysTab";
import { TimelineTab } from "./TimelineTab";
import { VitalsTab } from "./VitalsTab";
import { TABS, isTab } from "./tabs";

const CONTENT = {
  overview: OverviewTab,
  vitals: VitalsTab,
  labs: LabsTab,
  medication: MedicationTab,
  stays: StaysTab,
  timeline: TimelineTab,
} as const;

/** The tab that is open; one that the role does not have says so. */
export function PatientTab({ tab }: { readonly tab: string }) {
  const { t } = useTranslation("patient");
  const { viewer } = useLive();
  if (tab === "print") return <PrintTab />;
  if (!isTab(tab)) return <NotFound />;
  const scope = TABS[tab];
  if (scope !== null && !viewer.scopes.includes(scope)) return <Refused what={t(`tabs.${tab}`)} />;
  const Content = CONTENT[tab];
  return <Content />;
}
