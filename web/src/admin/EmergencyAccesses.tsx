import { Button, Card, Group, Loader, Modal, Radio, SegmentedControl, Stack, Text, Textarea } from "@mantine/core";
import { useState, type SyntheticEvent } from "react";
import { useTranslation } from "react-i18next";
import { useMutation, useQuery } from "urql";

import { problemOf } from "../api/errors";
import { useRefusal } from "../app/refusal";
import { patientName } from "../format/patient";
import { millis } from "../format/time";
import {
  EmergencyAccessesDocument,
  ReviewEmergencyAccessDocument,
  type EmergencyAccessesQuery,
  type EmergencyAccessOutcome,
} from "../generated/graphql";
import { useFormat } from "../i18n/format";
import { useLive } from "../live/Live";
import { Empty } from "../ui/Empty";
import { ProblemNote } from "../ui/Problem";

type Access = NonNullable<EmergencyAccessesQuery["emergencyAccesses"]>["nodes"][number];

const AT_ONCE = 50;

/** Patients who were opened in an emergency: somebody says of each whether it was for good reason. */
export function EmergencyAccesses() {
  const { t } = useTranslation(["admin", "app"]);
  const { viewer } = useLive();
  const [reviewed, setReviewed] = useState(false);
  const [open, setOpen] = useState<Access | null>(null);
  const [first, setFirst] = useState(AT_ONCE);
  const [{ data, error, fetching }, read] = useQuery({ query: EmergencyAccessesDocument, variables: { reviewed, first } });
  const again = () => read({ requestPolicy: "network-only" });
  const accesses = data?.emergencyAccesses?.nodes ?? [];
  const total = data?.emergencyAccesses?.totalCount ?? 0;
  return (
    <Stack gap="sm" maw={900}>
      <Group>
        <SegmentedControl
          aria-label={t("emergency.which")}
          value={reviewed ? "reviewed" : "waiting"}
          data={[
            { value: "waiting", label: t("emergency.waiting") },
            { value: "reviewed", label: t("emergency.reviewed") },
          ]}
          onChange={(value) => setReviewed(value === "reviewed")}
        />
      </Group>
      <ProblemNote problem={error && !data ? problemOf(error) : null} onAgain={again} />
      {fetching && !data && <Loader />}
      {data && total === 0 && <Empty title={t("emergency.none")}>{t("emergency.noneText")}</Empty>}
      {accesses.map((one) => (
        <AccessCard key={one.id} access={one} own={one.userId === viewer.id} onReview={() => setOpen(one)} />
      ))}
      {accesses.length < total && (
        <div>
          <Button variant="default" loading={fetching} onClick={() => setFirst(first + AT_ONCE)}>
            {t("app:word.more")}
          </Button>
        </div>
      )}
      {open && (
        <Review
          access={open}
          onClose={() => setOpen(null)}
          onDone={() => {
            setOpen(null);
            again();
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
      <Group justify="space-between" align="start" wrap="nowrap">
        <div>
          <Text fw={600}>
            <bdi>{access.openedBy}</bdi>
            {access.patient && (
              <>
                {" → "}
                <bdi>{patientName(access.patient)}</bdi>, {t("clinical:word.mrn")} <bdi>{access.patient.mrn}</bdi>
              </>
            )}
          </Text>
          <Text size="sm" c="dimmed">
            {from != null && until != null && t("emergency.span", { from: format.dateTime(from), to: format.clock(until, from) })}
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
        </div>
        {!access.reviewedAt && !own && <Button onClick={onReview}>{t("emergency.review")}</Button>}
      </Group>
    </Card>
  );
}

interface ReviewProps {
  readonly access: Access;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Review({ access, onClose, onDone }: ReviewProps) {
  const { t } = useTranslation(["admin", "app"]);
  const [outcome, setOutcome] = useState("");
  const [note, setNote] = useState("");
  const refusal = useRefusal(["outcome", "note"]);
  const [{ fetching }, review] = useMutation(ReviewEmergencyAccessDocument);

  async function submit(event: SyntheticEvent) {
    event.preventDefault();
    const { data, error } = await review({
      input: { emergencyAccessId: access.id, outcome: outcome as EmergencyAccessOutcome, note: note.trim() || null },
    });
    if (data) onDone();
    else refusal.set(problemOf(error));
  }

  return (
    <Modal opened onClose={onClose} title={t("emergency.reviewTitle", { name: access.openedBy })} closeButtonProps={{ "aria-label": t("app:word.close") }}>
      <form onSubmit={(event) => void submit(event)}>
        <Stack>
          <Text>
            <bdi>{access.reason}</bdi>
          </Text>
          <Radio.Group label={t("emergency.outcome")} required value={outcome} error={refusal.at("outcome")} onChange={setOutcome}>
            <Stack gap="xs" mt="xs">
              <Radio value="JUSTIFIED" label={t("emergency.JUSTIFIED")} />
              <Radio value="NOT_JUSTIFIED" label={t("emergency.NOT_JUSTIFIED")} />
            </Stack>
          </Radio.Group>
          <Textarea
            label={t("emergency.note")}
            autosize
            minRows={2}
            value={note}
            error={refusal.at("note")}
            onChange={(event) => setNote(event.currentTarget.value)}
          />
          <Text size="sm">{t("emergency.once")}</Text>
          <ProblemNote problem={refusal.general} />
          <Group justify="end">
            <Button variant="default" onClick={onClose}>
              {t("app:word.cancel")}
            </Button>
            <Button type="submit" loading={fetching} disabled={outcome === ""}>
              {t("emergency.decide")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
