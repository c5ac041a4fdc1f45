import { Anchor, Box, Group, Loader, SimpleGrid, Stack, Text } from "@mantine/core";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";

import { useNow } from "../app/clock";
import { paths } from "../app/paths";
import { AcknowledgeButton } from "../critical/AcknowledgeButton";
import { finding } from "../format/result";
import { millis } from "../format/time";
import { OrdersOfPatientDocument, PatientOverviewDocument, type CriticalOfChartFragment } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useMay } from "../live/Live";
import { Ago } from "../ui/Ago";
import { News2Badge } from "../ui/News2Badge";
import { ProblemNote } from "../ui/Problem";
import { Refused } from "../ui/Refused";
import { Column } from "./Column";
import { DOSE_TONE, standingOf, waiting } from "./doses";
import { usePatientFile } from "./file";
import classes from "./OverviewTab.module.css";
import { openOnes } from "./openOnes";
import { ResultValue } from "./ResultValue";
import { Section } from "./Section";
import { StaysTab } from "./StaysTab";
import { useFileQuery } from "./useFileQuery";
import { VitalsReadings } from "./VitalsReadings";
import { useDosage } from "./useDosage";

const DUE_WITHIN_MS = 12 * 3_600_000;
const MOST = 10;

function More({ tab }: { readonly tab: "vitals" | "labs" | "medication" }) {
  const { t } = useTranslation("patient");
  const { patient } = usePatientFile();
  return (
    <Anchor component={Link} href={paths.patient(patient.id, tab)} size="sm">
      {t(`overview.more.${tab}`)}
    </Anchor>
  );
}

function OpenCritical({ critical }: { readonly critical: CriticalOfChartFragment }) {
  const { t } = useTranslation(["patient", "clinical"]);
  const format = useFormat();
  const { patient } = usePatientFile();
  return (
    <li className={classes.critical} data-tone="critical">
      <div>
        <Text fw={700}>
          <span aria-hidden="true">⚠ </span>
          <bdi>{finding(critical, format.decimal) ?? t("overview.notForRole")}</bdi>
        </Text>
        <Text size="sm">
          {t(`clinical:urgency.${critical.urgency}`)} · <Ago at={critical.raisedAt} />
          {critical.escalationLevel > 0 && ` · ${t("overview.level", { level: critical.escalationLevel })}`}
        </Text>
      </div>
      <AcknowledgeButton critical={{ ...critical, patient }} size="sm" color="red" />
    </li>
  );
}

function NewestVitals() {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient } = usePatientFile();
  const vitals = patient.latestVitals;
  return (
    <Section title={t("overview.vitals")} aside={<More tab="vitals" />}>
      {vitals ? (
        <Stack gap="xs">
          <Group gap="sm">
            <News2Badge score={vitals.news2} size="lg" />
            <Text size="sm" c="dimmed">
              <Ago at={vitals.recordedAt} />
              {vitals.recordedBy && (
                <>
                  {" "}
                  · <bdi>{vitals.recordedBy}</bdi>
                </>
              )}
            </Text>
          </Group>
          <VitalsReadings vitals={vitals} />
        </Stack>
      ) : (
        <Text c="dimmed">{t("overview.noVitals")}</Text>
      )}
    </Section>
  );
}

function DueMedication() {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, pulse } = usePatientFile();
  const format = useFormat();
  const dosage = useDosage();
  const now = useNow();
  const { data, problem, again } = useFileQuery(OrdersOfPatientDocument, { id: patient.id, first: 100 }, pulse);
  const orders = data?.patient?.medications?.nodes;
  const due = waiting(orders ?? [], now + DUE_WITHIN_MS);
  return (
    <Section title={t("overview.due")} aside={<More tab="medication" />}>
      <ProblemNote problem={problem} onAgain={again} />
      {!orders && problem === null && <Loader size="sm" />}
      {orders && due.length === 0 && <Text c="dimmed">{t("overview.nothingDue")}</Text>}
      <ul className={classes.list}>
        {due.slice(0, MOST).map((one) => {
          const { order, dueAt } = one;
          const standing = standingOf(one, now);
          return (
            <li key={`${order.id} ${dueAt}`} className={classes.row}>
              <span>
                <strong>{order.drug}</strong> <bdi>{dosage(order)}</bdi>
                <span className={classes.time}>{format.clock(dueAt, now)}</span>
              </span>
              <span className="flag" data-tone={DOSE_TONE[standing]}>
                {t(`clinical:doseState.${standing}`)}
              </span>
            </li>
          );
        })}
      </ul>
    </Section>
  );
}

/** What matters now: what is open, how the patient is, what is due. */
export function OverviewTab() {
  const { t } = useTranslation(["patient", "clinical"]);
  const { patient, pulse } = usePatientFile();
  const format = useFormat();
  const now = useNow();
  const may = { labs: useMay("lab:read"), vitals: useMay("vitals:read"), medication: useMay("medication:read") };
  const mayStays = useMay("admission:read");
  const mayHear = useMay("critical-result:read");
  const { data, refused, problem, again } = useFileQuery(PatientOverviewDocument, { id: patient.id }, pulse);
  const found = data?.patient;
  const abnormal = found?.abnormal?.nodes ?? [];
  const open = openOnes([...abnormal, ...(found?.vitals?.nodes ?? [])]);
  const unseen = [
    !may.vitals && t("tabs.vitals"),
    !may.labs && t("tabs.labs"),
    !may.medication && t("tabs.medication"),
    !mayHear && t("what.criticals"),
    refused.has("patient.careTeam") && t("what.careTeam"),
  ].filter((name) => name !== false);

  if (data === undefined && problem === null) return <Loader m="xl" />;
  return (
    <Column>
      <ProblemNote problem={problem} onAgain={again} />
      {patient.admission?.reason && (
        <Text>
          <strong>
            <bdi>{patient.admission.reason}</bdi>
          </strong>{" "}
          <Text span c="dimmed" size="sm">
            {t("overview.since", { time: format.dateTime(millis(patient.admission.admittedAt) ?? now) })}
          </Text>
        </Text>
      )}
      {open.length > 0 && (
        <Section title={t("overview.criticals", { count: open.length })}>
          <ul className={classes.list}>
            {open.map((critical) => (
              <OpenCritical key={critical.id} critical={critical} />
            ))}
          </ul>
        </Section>
      )}
      <SimpleGrid cols={{ base: 1, md: 2, lg: 3 }}>
        {may.vitals && <NewestVitals />}
        {may.medication && <DueMedication />}
        {may.labs && (
          <Section title={t("overview.abnormal")} aside={<More tab="labs" />}>
            {abnormal.length === 0 && <Text c="dimmed">{t("overview.nothingAbnormal")}</Text>}
            <ul className={classes.list}>
              {abnormal.slice(0, MOST).map((result) => (
                <li key={result.id} className={classes.row}>
                  <span>
                    <bdi>{result.display}</bdi>
                    <span className={classes.time}>{format.clock(millis(result.observedAt) ?? now, now)}</span>
                  </span>
                  <span className={classes.value}>
                    <ResultValue result={result} />
                  </span>
                </li>
              ))}
            </ul>
          </Section>
        )}
      </SimpleGrid>
      {patient.allergies && patient.allergies.length > 0 && (
        <Box hiddenFrom="sm">
          <Section title={t("allergies.label")}>
            <ul className={classes.list}>
              {patient.allergies.map((allergy) => (
                <li key={allergy.id}>
                  <strong>{allergy.substance}</strong> ({t(`allergies.${allergy.criticality}`)}) {allergy.reaction}
                </li>
              ))}
            </ul>
          </Section>
        </Box>
      )}
      {found?.careTeam && found.careTeam.length > 0 && (
        <Section title={t("overview.careTeam")}>
          <ul className={classes.list}>
            {found.careTeam.map((member) => (
              <li key={member.id}>
                <bdi>{member.name}</bdi> · {t(`careTeam.${member.role}`)}
              </li>
            ))}
          </ul>
        </Section>
      )}
      {mayStays && !may.vitals && !may.labs && !may.medication && <StaysTab />}
      {unseen.length > 0 && <Refused what={unseen.join(", ")} />}
    </Column>
  );
}
