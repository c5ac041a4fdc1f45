import { Loader, Table, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";

import { millis } from "../format/time";
import { StaysOfPatientDocument, type StaysOfPatientQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { usePatientFile } from "./file";
import { ScrollTable } from "./ScrollTable";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";

type Stay = NonNullable<NonNullable<StaysOfPatientQuery["patient"]>["admissions"]>["nodes"][number];

function Admission({ stay }: { readonly stay: Stay }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const time = (at: string | null) => {
    const known = millis(at);
    return known === null ? null : format.dateTime(known);
  };
  const title = `${time(stay.admittedAt) ?? ""} – ${time(stay.dischargedAt) ?? t("stays.now")}`;
  return (
    <Section title={title} aside={<Text size="sm">{t(`clinical:admissionStatus.${stay.status}`)}</Text>}>
      {stay.reason && <Text mb="xs">{stay.reason}</Text>}
      {stay.leaveSince && (
        <Text mb="xs" size="sm">
          {t("stays.leave", { since: time(stay.leaveSince), until: time(stay.leaveUntil) ?? t("stays.open") })}
        </Text>
      )}
      {stay.cancelReason && (
        <Text mb="xs" size="sm">
          {t("stays.cancelled", { reason: stay.cancelReason })}
        </Text>
      )}
      <ScrollTable label={t("stays.beds", { time: title })}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th scope="col">{t("stays.bed")}</Table.Th>
            <Table.Th scope="col">{t("stays.from")}</Table.Th>
            <Table.Th scope="col">{t("stays.to")}</Table.Th>
            <Table.Th scope="col">{t("labs.note")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {stay.stays.map((one) => (
            <Table.Tr key={`${one.bed.id} ${one.startedAt}`}>
              <Table.Th scope="row">
                {one.bed.ward.code} · {one.bed.code}
              </Table.Th>
              <Table.Td>{time(one.startedAt)}</Table.Td>
              <Table.Td>{time(one.endedAt) ?? (one.cancelledAt ? "–" : t("stays.now"))}</Table.Td>
              <Table.Td>
                {[one.cancelledAt && t("stays.takenBack", { time: time(one.cancelledAt) }), one.overrideReason].filter(Boolean).join("; ")}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </ScrollTable>
    </Section>
  );
}

/** Each admission with the beds the patient lay in, newest first. */
export function StaysTab() {
  const { t } = useTranslation("patient");
  const { patient, pulse } = usePatientFile();
  const { data, refused, problem, again } = useFileQuery(StaysOfPatientDocument, { id: patient.id }, pulse);
  const stays = data?.patient?.admissions?.nodes;
  if (data === undefined && problem === null) return <Loader m="xl" />;
  return (
    <Column>
      <ProblemNote problem={problem} onAgain={again} />
      {stays?.length === 0 && <Empty title={t("stays.none")}>{t("stays.noneText")}</Empty>}
      {stays?.map((stay) => (
        <Admission key={stay.id} stay={stay} />
      ))}
      {[...refused].some((path) => path.endsWith(".reason")) && <Refused what={t("what.reasons")} />}
    </Column>
  );
}
