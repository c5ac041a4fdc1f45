import { Box, Button, Card, Group, SegmentedControl, Stack, Text } from "@mantine/core";
import { useEffect, useMemo, useState } from "react";
import { useTranslation } from "react-i18next";

import { patientName } from "../format/patient";
import { millis } from "../format/time";
import {
  EmergencyAccessesDocument,
  EmergencyAccessesFeedDocument,
  type EmergencyAccessesQuery,
} from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive } from "../live/Live";
import { Pulse } from "../live/pulse";
import { feedOf } from "../live/spec";
import { Listing } from "../ui/Listing";
import { usePages } from "../ui/usePages";
import { EmergencyReview } from "./EmergencyReview";

export type Access = NonNullable<EmergencyAccessesQuery["emergencyAccesses"]>["nodes"][number];

/** Tells when somebody opens a patient in an emergency, or reviews it. */
function useAccessPulse(): Pulse {
  const { channel } = useLive();
  const pulse = useMemo(
    () =>
      new Pulse(channel, (beat) => [
        feedOf({
          name: "emergencyAccesses",
          document: EmergencyAccessesFeedDocument,
          variables: {},
          pick: (data) => data.emergencyAccesses,
          onMessage: ({ events }) => {
            if (events.length > 0) beat();
          },
          onGap: beat,
        }),
      ]),
    [channel],
  );
  useEffect(() => {
    pulse.start();
    return () => pulse.stop();
  }, [pulse]);
  return pulse;
}

/** Patients who were opened in an emergency: somebody says of each whether it was for good reason. */
export function EmergencyAccesses() {
  const { t } = useTranslation("admin");
  const { viewer } = useLive();
  const [reviewed, setReviewed] = useState(false);
  const [open, setOpen] = useState<Access | null>(null);
  const list = usePages({
    query: EmergencyAccessesDocument,
    variables: { reviewed },
    pick: (data) => data.emergencyAccesses,
    pulse: useAccessPulse(),
  });
  return (
    <Stack gap="sm" maw={900}>
      <div>
        <SegmentedControl
          aria-label={t("emergency.which")}
          value={reviewed ? "reviewed" : "waiting"}
          data={[
            { value: "waiting", label: t("emergency.waiting") },
            { value: "reviewed", label: t("emergency.reviewed") },
          ]}
          onChange={(value) => setReviewed(value === "reviewed")}
        />
      </div>
      <Text role="status" size="sm" c="dimmed" mih="1.5em">
        {list.nodes && t("emergency.count", { count: list.total })}
      </Text>
      <Listing
        list={list}
        none={t(reviewed ? "emergency.noneReviewed" : "emergency.none")}
        noneText={t("emergency.noneText")}
      >
        {list.nodes?.map((one) => (
          <AccessCard key={one.id} access={one} own={one.userId === viewer.id} onReview={() => setOpen(one)} />
        ))}
      </Listing>
      {open && (
        <EmergencyReview
          access={open}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null);
            list.again();
          }}
        />
      )}
    </Stack>
  );
}

interface AccessCardProps {
  readonly access: Access;
  readonly own: boolean;
  readonly onReview: () => void;
}

function AccessCard({ access, own, onReview }: AccessCardProps) {
  const { t } = useTranslation(["admin", "clinical"]);
  const format = useFormat();
  const [from, until, at] = [access.openedAt, access.endedAt ?? access.expiresAt, access.reviewedAt].map(millis);
  return (
    <Card withBorder component="article">
      <Group justify="space-between" align="start">
        <Box flex="1 1 16rem">
          {access.patient && (
            <Text fw={600}>
              <bdi>{patientName(access.patient)}</bdi> · {t("clinical:word.mrn")} <bdi>{access.patient.mrn}</bdi>
            </Text>
          )}
          <Text size="sm" c="dimmed">
            <bdi>{access.openedBy}</bdi>
            {from != null && until != null && ` · ${t("emergency.span", { from: format.dateTime(from), to: format.clock(until, from) })}`}
          </Text>
          <Text mt={4}>
            <bdi>{access.reason}</bdi>
          </Text>
          {access.outcome && (
            <Text size="sm" mt={4}>
              <span className="flag" data-tone={access.outcome === "JUSTIFIED" ? "low" : "critical"}>
                {t(`emergency.${access.outcome}`)}
              </span>{" "}
              <bdi>{access.reviewedBy}</bdi>, {at != null && format.dateTime(at)} <bdi>{access.reviewNote}</bdi>
            </Text>
          )}
          {!access.reviewedAt && own && (
            <Text size="sm" mt={4}>
              {t("emergency.own")}
            </Text>
          )}
        </Box>
        {!access.reviewedAt && !own && <Button onClick={onReview}>{t("emergency.review")}</Button>}
      </Group>
    </Card>
  );
}
