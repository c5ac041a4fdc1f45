import { Button, Group, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { pressure } from "../format/vitals";
import { millis } from "../format/time";
import { VitalsTableDocument, type VitalsOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { News2Badge } from "../ui/News2Badge";
import { ProblemNote } from "../ui/Problem";
import { usePatientFile } from "./file";
import type { Asked } from "./range";
import { ScrollTable } from "./ScrollTable";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";

const PAGE = 25;
const MOST = 500;

function Row({ vitals }: { readonly vitals: VitalsOfChartFragment }) {
  const { t } = useTranslation("clinical");
  const format = useFormat();
  const now = useNow();
  const number = (value: number | string | null) => (value === null ? "–" : format.decimal(value));
  const oxygen = vitals.onOxygen === null ? "–" : t(vitals.onOxygen ? "vital.onOxygen" : "vital.onAir");
  return (
    <Table.Tr>
      <Table.Th scope="row">{format.clock(millis(vitals.recordedAt) ?? 0, now)}</Table.Th>
      <Table.Td>
        <News2Badge score={vitals.news2} />
      </Table.Td>
      <Table.Td>{number(vitals.respiratoryRate)}</Table.Td>
      <Table.Td>{number(vitals.oxygenSaturation)}</Table.Td>
      <Table.Td>{oxygen}</Table.Td>
      <Table.Td>
        <bdi>{pressure(vitals.systolic, vitals.diastolic) ?? "–"}</bdi>
      </Table.Td>
      <Table.Td>{number(vitals.heartRate)}</Table.Td>
      <Table.Td>{vitals.consciousness === null ? "–" : t(`consciousness.${vitals.consciousness}`)}</Table.Td>
      <Table.Td>{number(vitals.temperature)}</Table.Td>
      <Table.Td>
        <bdi>{vitals.recordedBy ?? "–"}</bdi>
      </Table.Td>
    </Table.Tr>
  );
}

interface VitalsTableProps {
  readonly asked: Asked;
  /** On paper there is no button for more. */
  readonly first?: number;
}

/** The sets behind the charts, newest first. */
export function VitalsTable({ asked, first: few = PAGE }: VitalsTableProps) {
  const { t } = useTranslation(["patient", "clinical", "app"]);
  const { patient, pulse } = usePatientFile();
  const [first, setFirst] = useState(few);
  const { data, problem, again } = useFileQuery(VitalsTableDocument, { id: patient.id, ...asked, first }, pulse);
  const vitals = data?.patient?.vitals;
  const left = (vitals?.totalCount ?? 0) - (vitals?.nodes.length ?? 0);
  return (
    <Section title={t("vitals.table")} aside={vitals && <Text size="sm">{t("vitals.sets", { count: vitals.totalCount })}</Text>}>
      <ProblemNote problem={problem} onAgain={again} />
      <ScrollTable label={t("vitals.table")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("word.time")}</Table.Th>
            <Table.Th scope="col">{t("clinical:news2.label")}</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.respiration")} /min</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.saturation")} %</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.oxygen")}</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.pressure")} mmHg</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.pulse")} /min</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.consciousness")}</Table.Th>
            <Table.Th scope="col">{t("clinical:vital.temperature")} °C</Table.Th>
            <Table.Th scope="col">{t("word.by")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {vitals?.nodes.map((one) => (
            <Row key={one.id} vitals={one} />
          ))}
        </Table.Tbody>
      </ScrollTable>
      {left > 0 && first < MOST && few === PAGE && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={() => setFirst(Math.min(MOST, first + 100))}>
            {t("app:word.more")}
          </Button>
        </Group>
      )}
    </Section>
  );
}
