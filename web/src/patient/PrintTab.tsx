import { Button, Group, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { LabPanelsDocument, OrdersOfPatientDocument, type LabPanel } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive, useMay } from "../live/Live";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { isOpen } from "./doses";
import { usePatientFile } from "./file";
import { panelGrid } from "./panels";
import { PanelTable } from "./PanelTable";
import { asked } from "./range";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";
import { VitalsTable } from "./VitalsTable";
import { useDosage } from "./useDosage";

const PANELS: readonly LabPanel[] = ["CMP", "CBC"];
const SETS = 24;
/** So many collections are as wide as a sheet. */
const COLLECTIONS = 6;

function Panel({ panel }: { readonly panel: LabPanel }) {
  const { t } = useTranslation("patient");
  const { patient, pulse } = usePatientFile();
  const { data, problem, again } = useFileQuery(LabPanelsDocument, { id: patient.id, panel, first: COLLECTIONS }, pulse);
  const collected = data?.patient?.labPanels;
  return (
    <Section title={t(`labs.panel.${panel}`)}>
      <ProblemNote problem={problem} onAgain={again} />
      {collected?.length === 0 && <Text>{t("labs.noPanel")}</Text>}
      {collected && collected.length > 0 && <PanelTable label={t(`labs.panel.${panel}`)} grid={panelGrid(collected)} />}
    </Section>
  );
}

function Medication() {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, pulse } = usePatientFile();
  const dosage = useDosage();
  const { data, problem, again } = useFileQuery(OrdersOfPatientDocument, { id: patient.id, first: 200 }, pulse);
  const orders = (data?.patient?.medications?.nodes ?? []).filter(isOpen);
  return (
    <Section title={t("tabs.medication")}>
      <ProblemNote problem={problem} onAgain={again} />
      {data && orders.length === 0 && <Text>{t("medication.none")}</Text>}
      <ul>
        {orders.map((order) => (
          <li key={order.id}>
            <strong>{order.drug}</strong> {dosage(order)} {order.times.join(", ")}
            {order.asNeeded && ` – ${t("order.asNeeded", { reason: order.asNeededReason ?? "–" })}`} (
            {t(`clinical:medicationStatus.${order.status}`)})
          </li>
        ))}
      </ul>
    </Section>
  );
}

/** The chart as it goes onto paper: all of it on one page, and nothing to press. */
export function PrintTab() {
  const { t } = useTranslation(["patient", "app"]);
  const { viewer } = useLive();
  const format = useFormat();
  const now = useNow();
  const may = { vitals: useMay("vitals:read"), labs: useMay("lab:read"), medication: useMay("medication:read") };
  const unseen = [!may.vitals && t("tabs.vitals"), !may.labs && t("tabs.labs"), !may.medication && t("tabs.medication")].filter(
    (name) => name !== false,
  );
  return (
    <Column>
      <Group justify="space-between">
        <Text size="sm">{t("print.stamp", { time: format.dateTime(now), by: viewer.displayName })}</Text>
        <Button onClick={() => window.print()}>
          {t("app:word.print")}
        </Button>
      </Group>
      {may.vitals && <VitalsTable asked={asked({ preset: "all" }, now)} first={SETS} />}
      {may.labs && PANELS.map((panel) => <Panel key={panel} panel={panel} />)}
      {may.medication && <Medication />}
      {unseen.length > 0 && <Refused what={unseen.join(", ")} />}
    </Column>
  );
}
