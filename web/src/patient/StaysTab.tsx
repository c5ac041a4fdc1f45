import { Button, Group, Loader, Table, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";

import { useNow } from "../app/clock";
import { millis } from "../format/time";
import { StaysOfPatientDocument, type StaysOfPatientQuery } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive } from "../live/Live";
import { RecordDialog } from "../record/RecordDialog";
import { TakeBackForm } from "../record/TakeBackForm";
import { SCOPE_TO_TAKE_BACK, takingsBack, type TakingBack } from "../record/takingBack";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { usePatientFile } from "./file";
import { ScrollTable } from "./ScrollTable";
import { Section } from "./Section";
import { useFileQuery } from "./useFileQuery";

type Stay = NonNullable<NonNullable<StaysOfPatientQuery["patient"]>["admissions"]>["nodes"][number];

interface TakeBackProps {
  readonly stay: Stay;
  /** The patient has come no other time since. */
  readonly newest: boolean;
  readonly onDone: () => void;
}

/** The way to take back what of a stay was never meant; not there where the role may not, or where there is nothing. */
function TakeBack({ stay, newest, onDone }: TakeBackProps) {
  const { t } = useTranslation("record");
  const { viewer } = useLive();
  const now = useNow();
  const [open, setOpen] = useState<TakingBack | null>(null);
  const close = () => setOpen(null);
  const standing = stay.stays.filter((one) => one.cancelledAt === null);
  const last = standing.reduce((one, other) => ((millis(other.startedAt) ?? 0) > (millis(one?.startedAt) ?? 0) ? other : one), standing[0]);
  const offered = takingsBack(stay, newest, now).filter((one) => viewer.scopes.includes(SCOPE_TO_TAKE_BACK[one]));
  if (offered.length === 0 && open === null) return null;
  return (
    <Group gap="xs" mt="sm">
      {offered.map((one) => (
        <Button key={one} size="xs" variant="default" aria-haspopup="dialog" onClick={() => setOpen(one)}>
          {t(`doing.${one}`)}
        </Button>
      ))}
      {open && (
        <RecordDialog title={t(`doing.${open}`)} onClose={close}>
          <TakeBackForm
            kind={open}
            admissionId={stay.id}
            bedId={last?.bed.id ?? ""}
            onBack={close}
            onDone={() => {
              close();
              onDone();
            }}
          />
        </RecordDialog>
      )}
    </Group>
  );
}

function Admission(props: TakeBackProps) {
  const { stay } = props;
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
      <TakeBack {...props} />
    </Section>
  );
}

/** Each admission with the beds the patient lay in, newest first. */
export function StaysTab() {
  const { t } = useTranslation("patient");
  const { patient, pulse, again: readHead } = usePatientFile();
  const { data, refused, problem, again } = useFileQuery(StaysOfPatientDocument, { id: patient.id }, pulse);
  const stays = data?.patient?.admissions?.nodes;
  const newest = patient.admission?.id ?? stays?.find((stay) => stay.status !== "CANCELLED")?.id;

  function done() {
    again();
    readHead();
  }

  if (data === undefined && problem === null) return <Loader m="xl" />;
  return (
    <Column>
      <ProblemNote problem={problem} onAgain={again} />
      {stays?.length === 0 && <Empty title={t("stays.none")}>{t("stays.noneText")}</Empty>}
      {stays?.map((stay) => (
        <Admission key={stay.id} stay={stay} newest={stay.id === newest} onDone={done} />
      ))}
      {[...refused].some((path) => path.endsWith(".reason")) && <Refused what={t("what.reasons")} />}
    </Column>
  );
}
