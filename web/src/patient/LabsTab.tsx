import { Grid, SegmentedControl, Switch, Text } from "@mantine/core";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { LabListDocument, LabPanelsDocument, type LabPanel } from "../generated/graphql";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Column } from "./Column";
import { usePatientFile } from "./file";
import { LabTrend } from "./LabTrend";
import { panelGrid } from "./panels";
import { PanelTable } from "./PanelTable";
import { ResultsTable } from "./ResultsTable";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";

const PANELS: readonly LabPanel[] = ["CMP", "CBC", "CBC_WITH_DIFFERENTIAL"];
const COLLECTIONS = 12;
const RESULTS = 50;
/** Where nobody has chosen a test yet: potassium, for which wards watch a trend first, and haemoglobin. */
const FIRST_TEST = { CMP: "2823-3", CBC: "718-7", CBC_WITH_DIFFERENTIAL: "718-7" } as const;

export function LabsTab() {
  const { t } = useTranslation("patient");
  const { patient, pulse } = usePatientFile();
  const [panel, setPanel] = useState<LabPanel>("CMP");
  const [code, setCode] = useState<string | null>(null);
  const [abnormal, setAbnormal] = useState(false);
  const [first, setFirst] = useState(RESULTS);
  const panels = useFileQuery(LabPanelsDocument, { id: patient.id, panel, first: COLLECTIONS }, pulse);
  const list = useFileQuery(LabListDocument, { id: patient.id, abnormal: abnormal || null, first }, pulse);
  const collected = panels.data?.patient?.labPanels;
  const grid = useMemo(() => (collected ? panelGrid(collected) : null), [collected]);
  const results = list.data?.patient?.labResults;
  const chosen = code ?? FIRST_TEST[panel];
  const row = grid?.rows.find((one) => one.code === chosen);
  const name = row?.display ?? results?.nodes.find((one) => one.code === chosen)?.display ?? chosen;

  return (
    <Column>
      <Grid gap="md">
        <Grid.Col span={{ base: 12, xl: 7 }}>
          <Section
            title={t("labs.panels")}
            aside={
              <SegmentedControl
                size="xs"
                aria-label={t("labs.panels")}
                value={panel}
                onChange={(next) => {
                  setPanel(PANELS.find((one) => one === next) ?? "CMP");
                  setCode(null);
                }}
                data={PANELS.map((one) => ({ value: one, label: t(`labs.panel.${one}`) }))}
              />
            }
          >
            <ProblemNote problem={panels.problem} onAgain={panels.again} />
            {grid?.columns.length === 0 && <Empty title={t("labs.noPanel")}>{t("labs.noPanelText")}</Empty>}
            {grid && grid.columns.length > 0 && (
              <>
                <PanelTable label={t(`labs.panel.${panel}`)} grid={grid} chosen={chosen} onChoose={(one) => setCode(one.code)} />
                <Text size="xs" c="dimmed" mt="xs">
                  {t("labs.hint")}
                </Text>
              </>
            )}
          </Section>
        </Grid.Col>
        <Grid.Col span={{ base: 12, xl: 5 }}>
          <LabTrend key={chosen} code={chosen} name={name} />
        </Grid.Col>
      </Grid>
      <Section
        title={t("labs.all")}
        aside={<Switch label={t("labs.abnormalOnly")} checked={abnormal} onChange={(event) => setAbnormal(event.currentTarget.checked)} />}
      >
        <ProblemNote problem={list.problem} onAgain={list.again} />
        {results && (
          <ResultsTable
            results={results.nodes}
            total={results.totalCount}
            onMore={() => setFirst(Math.min(500, first + 100))}
            onChoose={(one) => setCode(one)}
          />
        )}
      </Section>
    </Column>
  );
}
