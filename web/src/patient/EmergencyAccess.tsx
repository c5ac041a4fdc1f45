import { Alert, Button, Group } from "@mantine/core";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMutation } from "urql";

import { problemOf, type Problem } from "../api/errors";
import { useNow } from "../app/clock";
import { millis } from "../format/time";
import { EndEmergencyAccessDocument, OwnEmergencyAccessDocument } from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive, useMay } from "../live/Live";
import { ProblemNote } from "../ui/Problem";
import { usePatientFile } from "./file";
import { useFileQuery } from "./useFileQuery";

/** Says that this chart is open in an emergency, until when, and lets it be closed before. */
export function EmergencyAccess() {
  const { t } = useTranslation("patient");
  const { patient, pulse, again } = usePatientFile();
  const { viewer } = useLive();
  const mayRead = useMay("emergency-access:read");
  const now = useNow();
  const format = useFormat();
  const { data } = useFileQuery(OwnEmergencyAccessDocument, { id: patient.id }, pulse, !mayRead);
  const [{ fetching }, end] = useMutation(EndEmergencyAccessDocument);
  const [problem, setProblem] = useState<Problem | null>(null);
  const open = data?.emergencyAccesses?.nodes.find(
    (one) => one.username === viewer.username && one.endedAt === null && (millis(one.expiresAt) ?? 0) > now,
  );
  if (!open) return null;
  const until = millis(open.expiresAt) ?? now;

  async function close(id: string) {
    const { error } = await end({ input: { emergencyAccessId: id } });
    setProblem(error ? problemOf(error) : null);
    if (!error) again();
  }

  return (
    <Alert color="orange" title={t("glass.running", { time: format.clock(until, now) })} role="status">
      <Group justify="space-between" gap="xs">
        {t("glass.runningText", { left: format.lasting(until - now) })}
        <Button size="xs" variant="default" loading={fetching} onClick={() => void close(open.id)}>
          {t("glass.end")}
        </Button>
      </Group>
      <ProblemNote problem={problem} />
    </Alert>
  );
}
